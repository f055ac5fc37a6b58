package docker

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// killHere ends a process of a container. Its control group names the
// container: an Engine on another machine has other processes under this id.
func killHere(pid int, container string) error {
	groups, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil || !bytes.Contains(groups, []byte(container)) {
		return errElsewhere
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}
