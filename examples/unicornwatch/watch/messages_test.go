package main

import "testing"

func TestTally(t *testing.T) {
	line := func(order, by string, at int64) told {
		return told{Order: order, By: by, Version: "v" + by, Received: at}
	}
	lines := []told{line("a", "1", 0), line("b", "1", 100), line("c", "2", 2000), line("d", "2", 2050), line("e", "1", 5000)}
	if m := tally(lines, 5); m.Lost+m.Twice+m.Mixed != 0 || m.Told != 5 || m.Versions["v1"] != 3 {
		t.Errorf("%+v", m)
	}
	if m := tally(lines, 6); m.Lost != 1 {
		t.Errorf("one was accepted and not told: %+v", m)
	}
	both := append(lines, line("f", "1", 2020))
	if m := tally(both, 6); m.Mixed != 2 {
		t.Errorf("1 took a message between two of 2: %+v", m)
	}
	if m := tally(append(lines, line("a", "2", 2030)), 5); m.Twice != 1 {
		t.Errorf("a was told twice: %+v", m)
	}
}
