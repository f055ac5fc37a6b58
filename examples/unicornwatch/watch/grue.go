package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// grue is the one that this program starts, of a data directory of its own.
type grue struct{ program, data, log string }

// up starts it and returns the address of its API.
func (g *grue) up(minute time.Duration) (endpoint string, err error) {
	log, err := os.Create(g.log)
	if err != nil {
		return "", err
	}
	defer log.Close()
	cmd := exec.Command(g.program, "up", "--data", g.data, "--listen", "127.0.0.1:0", "--minute", minute.String())
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is for us
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	endpoint, ok := strings.CutPrefix(strings.TrimSpace(line), "grue ready ")
	if err != nil || !ok {
		_ = cmd.Wait()
		text, _ := os.ReadFile(g.log)
		return "", fmt.Errorf("grue did not start:\n%s", text)
	}
	return endpoint, cmd.Process.Release()
}

// down removes everything of this grue, also of one that an earlier run left.
func (g *grue) down() error {
	if _, err := os.Stat(filepath.Join(g.data, "run")); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if out, err := exec.Command(g.program, "down", "--data", g.data, "--purge").CombinedOutput(); err != nil {
		return fmt.Errorf("grue down: %w\n%s", err, out)
	}
	return nil
}
