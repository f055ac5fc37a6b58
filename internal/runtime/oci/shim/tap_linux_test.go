package shim

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What was written before a flush is in the log after it, whoever writes on.
func TestTapFlush(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	o, err := newOutput(path, 1<<30, 1)
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x := newTap(r)
	ended := make(chan struct{})
	go func() { defer close(ended); o.copy("stdout", x) }()
	for i := range 100 {
		fmt.Fprintf(w, "%s line %d\n", strings.Repeat("x", i*100), i)
		flushed := make(chan struct{})
		go func() { defer close(flushed); x.flush(time.Minute) }()
		x.flush(time.Minute)
		if doc, err := os.ReadFile(path); err != nil || !strings.Contains(string(doc), fmt.Sprintf("line %d\"", i)) {
			t.Fatalf("line %d is missing, %v", i, err)
		}
		<-flushed
	}
	w.Close()
	<-ended
	x.flush(time.Minute)
	o.close()
}
