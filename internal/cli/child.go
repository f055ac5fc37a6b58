package cli

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// process is a running child, or a process that was adopted.
type process struct {
	pid   int
	ready chan struct{} // closed when it says that it is ready
	done  chan struct{} // closed when it has ended
	end   string        // how it ended; valid after done
	code  int           // exit code, -1 when killed by a signal or adopted
}

// spec says how to start a child.
type spec struct {
	self  string   // path of the grue binary
	args  []string // verb and flags
	files []*os.File
	// life is given its read end as the last file; the write end stays with
	// us until we end, however we end.
	life bool
	// says marks a child that writes to fd 4 when it is ready.
	says bool
}

// spawn starts a child in a session of its own: a Ctrl-C in the terminal, or our
// death, does not reach it.
func spawn(s spec, stderr *os.File) (*process, error) {
	p := &process{ready: make(chan struct{}), done: make(chan struct{})}
	cmd := exec.Command(s.self, s.args...)
	cmd.Stdout, cmd.Stderr = stderr, stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.ExtraFiles = append(cmd.ExtraFiles, s.files...)
	var ours, theirs []*os.File
	defer func() { closeAll(theirs) }()
	pipe := func() (r, w *os.File, err error) {
		if r, w, err = os.Pipe(); err != nil {
			closeAll(ours)
		}
		return r, w, err
	}
	var readyEnd *os.File
	if s.says {
		r, w, err := pipe()
		if err != nil {
			return nil, err
		}
		ours, theirs, readyEnd = append(ours, r), append(theirs, w), r
		cmd.ExtraFiles = append(cmd.ExtraFiles, w)
	}
	if s.life {
		r, w, err := pipe()
		if err != nil {
			return nil, err
		}
		ours, theirs = append(ours, w), append(theirs, r)
		cmd.ExtraFiles = append(cmd.ExtraFiles, r)
	}
	if err := cmd.Start(); err != nil {
		closeAll(ours)
		return nil, fmt.Errorf("cannot start %s: %w", s.self, err)
	}
	p.pid = cmd.Process.Pid
	go p.wait(cmd, readyEnd, ours)
	return p, nil
}

// wait follows the child to its end; it owns our ends of the pipes.
func (p *process) wait(cmd *exec.Cmd, readyEnd *os.File, ours []*os.File) {
	said := make(chan struct{})
	if readyEnd == nil {
		close(p.ready)
		close(said)
	} else {
		go func() {
			defer close(said)
			var b [1]byte
			if n, _ := readyEnd.Read(b[:]); n == 1 {
				close(p.ready)
			}
		}()
	}
	_ = cmd.Wait() // the state tells all
	p.code = cmd.ProcessState.ExitCode()
	p.end = cmd.ProcessState.String()
	<-said // the child's end of the pipe died with it
	closeAll(ours)
	close(p.done)
}

// signal is harmless on a process that has ended.
func (p *process) signal(sig syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(p.pid, sig)
	}
}

func (p *process) wasReady() bool { return closed(p.ready) }

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
