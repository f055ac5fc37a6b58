package docker

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/grue-ecs/grue/internal/runtime"
)

// record is what is kept of a task on disk.
type record struct {
	Spec     runtime.Spec
	Status   runtime.Status
	Prepared bool              // images and network are there
	Images   map[string]ready  // by container
	Failed   map[string]string // why a container's image is not there
}

// ready is an image that the Engine has.
type ready struct{ Name, Digest string }

func (d *Driver) recordPath(id string) string {
	return filepath.Join(d.tasksDir(), id+".json")
}

// save writes the record. Only the first one, which is what Start promises, is
// waited for until it is on disk: containers do not survive a power cut, and
// what they do otherwise the Engine remembers.
func (t *task) save(sync bool) error {
	t.mu.Lock()
	data, err := json.Marshal(t.rec)
	t.mu.Unlock()
	if err != nil {
		return err
	}
	t.saving.Lock()
	defer t.saving.Unlock()
	path := t.d.recordPath(t.id)
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if sync {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := os.Rename(path+".new", path); err != nil || !sync {
		return err
	}
	return syncDir(t.d.tasksDir())
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// readRecords reads every record; a torn one is told and left alone.
func (d *Driver) readRecords() ([]record, error) {
	entries, err := os.ReadDir(d.tasksDir())
	if err != nil {
		return nil, err
	}
	var all []record
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok {
			continue
		}
		var r record
		data, err := os.ReadFile(d.recordPath(id))
		if err == nil {
			err = json.Unmarshal(data, &r)
		}
		if err != nil || r.Spec.ID != id {
			d.opts.Log.Error("cannot read the record of a task; it is left alone", "task", id, "err", err)
			continue
		}
		all = append(all, r)
	}
	return all, nil
}
