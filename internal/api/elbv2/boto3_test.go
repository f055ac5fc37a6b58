package elbv2

import (
	"testing"
)

func TestBoto3(t *testing.T) {
	w := newWorld(t, Options{})
	python(t, "life.py", w.serve())
	if n := len(w.plane.table().Listeners); n != 0 {
		t.Errorf("the proxy still has %d listeners", n)
	}
}

func TestBoto3Errors(t *testing.T) {
	w := newWorld(t, Options{})
	python(t, "errors.py", w.serve())
}
