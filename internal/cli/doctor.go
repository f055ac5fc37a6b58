package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/grue-ecs/grue/internal/doctor"
)

// doctorCmd is `grue doctor`.
type doctorCmd struct {
	Data       string `help:"Directory of everything that grue owns." env:"GRUE_DATA" placeholder:"DIR"`
	Listen     string `help:"Address that the API shall have." default:"127.0.0.1:4566" env:"GRUE_LISTEN" placeholder:"HOST:PORT"`
	Runtime    string `help:"What shall run containers: auto, oci or docker." enum:"auto,oci,docker,fake" default:"auto" env:"GRUE_RUNTIME"`
	OCIRuntime string `help:"OCI runtime of the oci runtime." default:"runc" name:"oci-runtime" env:"GRUE_OCI_RUNTIME"`
	JSON       bool   `help:"Print the findings as JSON."`
	All        bool   `short:"a" help:"Also print what is ok."`
	Bundle     string `help:"Also collect what a bug report needs, without secrets, in a new file." placeholder:"FILE.tar.gz"`
}

// Help is shown behind the flags.
func (doctorCmd) Help() string {
	return `Examples:
  grue doctor                          what is wrong, and how to mend it
  sudo grue doctor --all               as root, who is to run grue; with all that is well
  grue doctor --bundle report.tar.gz   for a bug report

The exit code is 1 when something fails, else 0.`
}

// Run makes all checks.
func (c *doctorCmd) Run(s *streams) error {
	data, err := dataDir(c.Data)
	if err != nil {
		return err
	}
	o := doctor.Options{
		Data: data, Listen: c.Listen, Runtime: c.Runtime, OCI: c.OCIRuntime,
		Version: Version + commit() + " build " + short(buildID()), Machine: doctor.This(portOwner),
	}
	if h := lockHolder(data, "up"); h != nil {
		o.URL, o.PID = h.URL, h.PID
	}
	ctx := context.Background()
	all := doctor.Run(ctx, o)
	if err := c.print(s, all); err != nil {
		return err
	}
	if c.Bundle != "" {
		path, err := filepath.Abs(c.Bundle)
		if err == nil {
			err = doctor.Bundle(ctx, o, all, path)
		}
		if err != nil {
			return fmt.Errorf("cannot collect the bundle: %w", err)
		}
		fmt.Fprintf(s.err, "wrote %s; look through it before you share it\n", c.Bundle)
	}
	if doctor.Worst(all) == doctor.Fail {
		return silent(exitError)
	}
	return nil
}

func (c *doctorCmd) print(s *streams, all []doctor.Finding) error {
	if c.JSON {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		return e.Encode(struct {
			Status doctor.Status    `json:"status"`
			Checks []doctor.Finding `json:"checks"`
		}{doctor.Worst(all), all})
	}
	n := map[doctor.Status]int{}
	for _, f := range all {
		n[f.Status]++
		if f.Status == doctor.OK && !c.All {
			continue
		}
		fmt.Fprintf(s.out, "%-4s  %s: %s\n", f.Status, f.Check, f.Message)
		if f.Mend != "" {
			fmt.Fprintf(s.out, "      → %s\n", f.Mend)
		}
	}
	_, err := fmt.Fprintf(s.out, "%d ok, %d warnings, %d failures\n", n[doctor.OK], n[doctor.Warn], n[doctor.Fail])
	return err
}
