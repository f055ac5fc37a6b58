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

// TestMessages lets boto3 follow alarms, tasks and events of its own to HTTP
// endpoints, functions and topics, through a whole server.
func TestMessages(t *testing.T) {
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
			Minute: 3 * time.Second, Ready: func() { close(ready) },
		})
	}()
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	limit, stop := context.WithTimeout(ctx, 12*time.Minute)
	defer stop()
	out, err := exec.CommandContext(limit, python, filepath.Join("testdata", "messages.py"), "http://"+l.Addr().String()).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
