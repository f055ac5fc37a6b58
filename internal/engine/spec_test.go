package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grue-ecs/grue/internal/runtime"
)

func TestParseEnvFile(t *testing.T) {
	got := parseEnvFile([]byte("A=1\n# B=2\n\nC = x=y \r\nno value\n=z\nD=\"kept\"\n"))
	want := map[string]string{"A": "1", "C": " x=y ", "D": `"kept"`}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestRegistryHost(t *testing.T) {
	for ref, want := range map[string]string{
		"nginx": "docker.io", "library/nginx:1": "docker.io", "localhost/x": "localhost",
		"127.0.0.1:4566/app:v1": "127.0.0.1:4566", "1.dkr.ecr.us-east-1.amazonaws.com/a/b@sha256:0": "1.dkr.ecr.us-east-1.amazonaws.com",
	} {
		if got := registryHost(ref); got != want {
			t.Errorf("%s: %s", ref, got)
		}
	}
}

func TestStatusForNeverGoesBack(t *testing.T) {
	phases := []runtime.Phase{runtime.PhasePreparing, runtime.PhaseStarting, runtime.PhaseRunning, runtime.PhaseStopping, runtime.PhaseStopped}
	last := 0
	for _, p := range phases {
		r := rank[statusFor(runtime.Status{Phase: p, IP: "1"}, newTestTask())]
		if r <= last {
			t.Errorf("%s has rank %d after %d", p, r, last)
		}
		last = r
	}
}
