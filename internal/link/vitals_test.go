package link

import (
	"context"
	"errors"
	"testing"
	"time"
)

// vitalProxy tells how often it was asked.
type vitalProxy struct {
	fakeProxy
	asked int
}

func (p *vitalProxy) Vitals() Vitals {
	p.asked++
	return Vitals{PID: 7, Goroutines: p.asked}
}

func TestVitals(t *testing.T) {
	path := socketFile(t)
	c := New(path)
	defer c.Close()
	if _, err := c.Vitals(bounded(t)); !errors.Is(err, ErrNoProxy) {
		t.Errorf("without a proxy: %v", err)
	}
	e, err := Serve(path, &vitalProxy{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.WaitConnected(bounded(t)); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 3; n++ {
		if v, err := c.Vitals(bounded(t)); err != nil || v.Goroutines != n {
			t.Errorf("question %d: %+v %v", n, v, err)
		}
	}
	e.Close()
}

// TestVitalsOfAnOlderProxy: one that does not know the question leaves it open, and
// everything else works.
func TestVitalsOfAnOlderProxy(t *testing.T) {
	path := socketFile(t)
	defer serve(t, path, &fakeProxy{}).Close()
	c, err := Dial(bounded(t), path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	short, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Vitals(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
