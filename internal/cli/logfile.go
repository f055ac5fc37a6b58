package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
)

// Log files under DATA/log: what a process logs goes to its standard error and to
// a file, which `grue doctor --bundle` reads.
const (
	logDir = "log"
	// maxLogFile and keptLogFiles bound the disk that one process's log takes.
	maxLogFile   = 8 << 20
	keptLogFiles = 2 // older ones: server.log.1, server.log.2
)

// keptLog appends to a file and begins another one when it is full. Several processes may
// write to one file, as two proxies do while one hands over to the other. What cannot be
// written is lost: a full disk is no reason to stop serving.
type keptLog struct {
	path string
	max  int64

	mu   sync.Mutex
	f    *os.File // nil when it could not be opened
	size int64
}

// openLog opens the log file of a process. What the Go runtime says when the
// process crashes goes there, too.
func openLog(data, process string) *keptLog {
	l := &keptLog{path: filepath.Join(data, logDir, process+".log"), max: maxLogFile}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open()
	if l.f != nil {
		_ = debug.SetCrashOutput(l.f, debug.CrashOptions{})
	}
	return l
}

func (l *keptLog) open() {
	l.f, l.size = nil, 0
	if os.MkdirAll(filepath.Dir(l.path), 0o700) != nil {
		return
	}
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	l.f = f
	if info, err := f.Stat(); err == nil {
		l.size = info.Size()
	}
}

// Write never fails.
func (l *keptLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f != nil && l.size+int64(len(p)) > l.max {
		l.rotate()
	}
	if l.f != nil {
		n, _ := l.f.Write(p)
		l.size += int64(n)
	}
	return len(p), nil
}

// rotate begins a new file, unless another process did so already.
func (l *keptLog) rotate() {
	mine, _ := l.f.Stat()
	there, err := os.Stat(l.path)
	if err == nil && os.SameFile(mine, there) {
		for n := keptLogFiles; n > 0; n-- {
			_ = os.Rename(olderLog(l.path, n-1), olderLog(l.path, n))
		}
	}
	l.f.Close()
	l.open()
	if l.f != nil {
		_ = debug.SetCrashOutput(l.f, debug.CrashOptions{})
	}
}

// olderLog is the name of the n-th older file; 0 is the file itself.
func olderLog(path string, n int) string {
	if n == 0 {
		return path
	}
	return fmt.Sprintf("%s.%d", path, n)
}

// both writes to standard error and to the log file; a terminal that is gone does
// not keep lines from the file.
type both struct {
	terminal io.Writer
	file     *keptLog
}

func (b both) Write(p []byte) (int, error) {
	_, _ = b.file.Write(p)
	return b.terminal.Write(p)
}
