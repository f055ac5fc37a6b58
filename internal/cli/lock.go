package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// holder is what a lock file says about the process that holds it.
type holder struct {
	PID     int       `json:"pid"`
	Listen  string    `json:"listen,omitempty"`
	URL     string    `json:"url,omitempty"` // of the API, once it listens
	Started time.Time `json:"started"`
}

// lock is a file that one process at a time holds. The kernel frees it when the
// process ends, however it ends.
type lock struct{ f *os.File }

// runDir is where locks and sockets of a data directory are.
func runDir(data string) string { return filepath.Join(data, "run") }

func lockPath(data, name string) string { return filepath.Join(runDir(data), name+".lock") }

// takeLock takes the lock or tells who has it.
func takeLock(data, name string, me holder) (l *lock, other *holder, err error) {
	if err := os.MkdirAll(runDir(data), 0o700); err != nil {
		return nil, nil, explainDir(data, err)
	}
	f, err := os.OpenFile(lockPath(data, name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, explainDir(data, err)
	}
	if err := flock(f); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, readHolder(f), nil
		}
		return nil, nil, explainDir(data, err)
	}
	l = &lock{f}
	if err := l.say(me); err != nil {
		f.Close()
		return nil, nil, explainDir(data, err)
	}
	return l, nil, nil
}

// say writes who we are into the file.
func (l *lock) say(me holder) error {
	me.PID, me.Started = os.Getpid(), time.Now().UTC()
	text, err := json.Marshal(me)
	if err == nil {
		err = l.f.Truncate(0)
	}
	if err == nil {
		_, err = l.f.WriteAt(text, 0)
	}
	return err
}

// awaitLock waits until the lock is free: the process before may still be ending.
func awaitLock(ctx context.Context, data, name string, me holder) (*lock, *holder, error) {
	for {
		l, other, err := takeLock(data, name, me)
		if l != nil || err != nil {
			return l, nil, err
		}
		select {
		case <-ctx.Done():
			return nil, other, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// lockHolder tells who holds a lock; nil when nobody does.
func lockHolder(data, name string) *holder {
	f, err := os.OpenFile(lockPath(data, name), os.O_RDWR, 0)
	if err != nil {
		return nil
	}
	defer f.Close() // frees the lock again
	if err := flock(f); !errors.Is(err, syscall.EWOULDBLOCK) {
		return nil
	}
	return readHolder(f)
}

func (l *lock) release() { l.f.Close() }

func flock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// readHolder never answers nil: a holder that has not written yet has pid 0.
func readHolder(f *os.File) *holder {
	var h holder
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 4096))
	if err == nil {
		_ = json.Unmarshal(text, &h) // an unfinished write means: not known
	}
	return &h
}
