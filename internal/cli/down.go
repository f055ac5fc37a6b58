package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// downCmd is `grue down`.
type downCmd struct {
	Data  string `help:"Directory of everything that grue owns." env:"GRUE_DATA" placeholder:"DIR"`
	Purge bool   `help:"Delete the directory too: state, images and logs."`
	logFlags
}

// downGrace is how long a running `grue up` may take to stop its tasks: it
// promises 10 s.
const downGrace = 12 * time.Second

// Run removes in the order that leaves nothing behind: who starts things first,
// then the things, then the directory.
func (c *downCmd) Run(s *streams) error {
	data, err := dataDir(c.Data)
	if err != nil {
		return err
	}
	d := &downRun{data: data, streams: s}
	if _, err := os.Stat(data); errors.Is(err, os.ErrNotExist) {
		d.say("nothing to remove: there is no " + data)
		return nil
	}
	d.stopHolder("up", "grue up")
	d.stopHolder("server", "grue server")
	d.stopProxy()
	d.removeTasks()
	d.removeNetwork()
	if c.Purge {
		d.purge()
	}
	if d.said == 0 && len(d.failed) == 0 {
		d.say("nothing to remove: no grue is left of " + data)
	}
	return errors.Join(d.failed...)
}

// downRun is a running `grue down`. It goes on after a failure: what can be
// removed is removed.
type downRun struct {
	data    string
	streams *streams
	said    int
	failed  []error
}

func (d *downRun) say(line string) {
	d.said++
	fmt.Fprintln(d.streams.out, line)
}

func (d *downRun) fail(what string, err error) {
	d.failed = append(d.failed, fmt.Errorf("%s: %w", what, err))
}

// stopHolder ends the process that holds a lock of this data directory.
func (d *downRun) stopHolder(name, what string) {
	h := lockHolder(d.data, name)
	if h == nil {
		return
	}
	if h.PID <= 1 {
		d.fail("stop "+what, errors.New("it has not written its pid yet; try again"))
		return
	}
	gone := func() bool { return lockHolder(d.data, name) == nil }
	if err := end(h.PID, downGrace, gone); err != nil {
		d.fail(fmt.Sprintf("stop %s (pid %d)", what, h.PID), err)
		return
	}
	d.say(fmt.Sprintf("stopped %s (pid %d)", what, h.PID))
}

// stopProxy ends the proxies that answer on the identity socket: there may be a
// second one while it hands over.
func (d *downRun) stopProxy() {
	for range 3 {
		p, who := findProxy(d.data)
		if p == nil {
			return
		}
		if err := end(who.PID, 2*time.Second, func() bool { return closed(p.done) }); err != nil {
			d.fail(fmt.Sprintf("stop grue proxy (pid %d)", who.PID), err)
			return
		}
		d.say(fmt.Sprintf("stopped grue proxy (pid %d)", who.PID))
	}
}

// end asks a process to end, and kills it when it does not within grace.
func end(pid int, grace time.Duration, gone func() bool) error {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		for late := time.Now().Add(grace); time.Now().Before(late); time.Sleep(5 * time.Millisecond) {
			if gone() {
				return nil
			}
		}
	}
	return errors.New("it does not end")
}

// purge deletes the directory, unless something is still mounted in it: then
// deleting would reach into files that are not ours.
func (d *downRun) purge() {
	if len(d.failed) > 0 {
		d.fail("delete "+d.data, errors.New("not done, because of the failures above"))
		return
	}
	if _, err := os.Stat(runDir(d.data)); err != nil {
		d.fail("delete "+d.data, errors.New("it does not look like a data directory of grue: it has no directory named run"))
		return
	}
	real, err := filepath.EvalSymlinks(d.data)
	if err == nil {
		err = noMounts(real)
	}
	if err == nil {
		err = os.RemoveAll(real)
	}
	if err != nil {
		d.fail("delete "+d.data, err)
		return
	}
	d.say("deleted " + d.data)
}
