package server

import (
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/grue-ecs/grue/test/boto"
)

// TestScaling lets boto3 scale a service by policies, alarms and a schedule, through
// a whole server.
func TestScaling(t *testing.T) {
	t.Parallel()
	python := boto.Python(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- Run(ctx, Options{
			Listener: l, Data: t.TempDir(), Region: "us-east-1", Account: "000000000000", Runtime: "fake",
			Minute: time.Second, Ready: func() { close(ready) },
		})
	}()
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	limit, stop := context.WithTimeout(ctx, 12*time.Minute)
	defer stop()
	out, err := exec.CommandContext(limit, python, filepath.Join("testdata", "scaling.py"), "http://"+l.Addr().String()).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
