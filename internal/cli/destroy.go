package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/grue-ecs/grue/internal/network"
	"github.com/grue-ecs/grue/internal/runtime/docker"
	"github.com/grue-ecs/grue/internal/runtime/oci"
)

// removeTasks kills the tasks of whichever runtime had some here, and removes
// their file systems, control groups, logs and volumes.
func (d *downRun) removeTasks() {
	d.removeContained()
	dir := filepath.Join(d.data, "docker")
	if !docker.Used(dir) {
		return // the Engine need not even be there
	}
	if err := docker.Destroy(docker.Options{Dir: dir}); err != nil {
		d.fail("remove what is in Docker", err)
		return
	}
	d.say("removed tasks, images and the network in Docker")
}

// removeContained removes the tasks of the oci runtime.
func (d *downRun) removeContained() {
	dir := filepath.Join(d.data, "oci")
	tasks, _ := os.ReadDir(filepath.Join(dir, "tasks"))
	if err := oci.Destroy(oci.Options{Dir: dir}); err != nil {
		d.fail("remove tasks", err)
		return
	}
	if len(tasks) > 0 {
		d.say(fmt.Sprintf("removed what was left of %d tasks", len(tasks)))
	}
}

// removeNetwork deletes namespaces, bridge, addresses and packet filter rules.
func (d *downRun) removeNetwork() {
	dir := filepath.Join(d.data, "network")
	bridge := bridgeOf(dir)
	if err := network.Destroy(network.Options{Dir: dir}); err != nil {
		d.fail("remove the network", err)
		return
	}
	if bridge != "" {
		d.say("removed the network " + bridge)
	}
}

// bridgeOf is the bridge that the network wrote down; "" = none is left.
func bridgeOf(dir string) string {
	var network struct{ Bridge string }
	text, err := os.ReadFile(filepath.Join(dir, "network.json"))
	if err != nil || json.Unmarshal(text, &network) != nil {
		return ""
	}
	if _, err := os.Stat("/sys/class/net/" + network.Bridge); err != nil {
		return ""
	}
	return network.Bridge
}
