package server

import (
	"fmt"
	"net/netip"
	"testing"
)

// Every address of the /24 but the first and the last is given once, wherever the
// first one lies, is the same after a restart, and is given again when it is free.
func TestLoopback(t *testing.T) {
	dir := t.TempDir()
	open := func() *loopback {
		l, err := openLoopback(dir)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := open()
	given := map[netip.Addr]string{}
	for i := range 254 {
		id := fmt.Sprint("lb-", i)
		a, err := l.AllocLB(id)
		if b := a.As4(); err != nil || given[a] != "" || b[0] != 127 || b[3] == 0 || b[3] == 255 {
			t.Fatalf("%s has %v, as has %q: %v", id, a, given[a], err)
		}
		given[a] = id
	}
	if a, err := l.AllocLB("more"); err == nil {
		t.Errorf("one more has %v", a)
	}
	l = open()
	for a, id := range given {
		if again, err := l.AllocLB(id); err != nil || again != a {
			t.Errorf("%s has %v, and had %v: %v", id, again, a, err)
		}
	}
	if err := l.FreeLB("lb-7"); err != nil {
		t.Fatal(err)
	}
	if a, err := l.AllocLB("more"); err != nil || given[a] != "lb-7" {
		t.Errorf("%v %v", a, err)
	}
}
