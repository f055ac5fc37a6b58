package ecs

import "testing"

func TestBoto3(t *testing.T) {
	w := newWorld(t)
	w.run()
	python(t, "life.py", w.serve())
}

func TestBoto3Errors(t *testing.T) {
	w := newWorld(t)
	python(t, "errors.py", w.serve())
}

func TestBoto3Connect(t *testing.T) {
	w := newWorld(t)
	w.run()
	python(t, "connect.py", w.serve())
}
