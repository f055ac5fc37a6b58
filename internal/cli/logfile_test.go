package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// TestLogFile: a file is followed by another when it is full, two of them are kept,
// two writers share one, and a directory that cannot be used loses the lines only.
func TestLogFile(t *testing.T) {
	t.Cleanup(func() { _ = debug.SetCrashOutput(nil, debug.CrashOptions{}) })
	dir := t.TempDir()
	one, two := openLog(dir, "proxy"), openLog(dir, "proxy")
	one.max, two.max = 100, 100
	for i := range 50 {
		for _, l := range []*keptLog{one, two} {
			fmt.Fprintf(l, "line %02d\n", i)
		}
	}
	names, err := filepath.Glob(filepath.Join(dir, "log", "*"))
	if err != nil || len(names) != 1+keptLogFiles {
		t.Errorf("%v %v", names, err)
	}
	all := ""
	for _, name := range names {
		doc, err := os.ReadFile(name)
		if err != nil || len(doc) > 200 {
			t.Errorf("%s has %d bytes: %v", name, len(doc), err)
		}
		all += string(doc)
	}
	if strings.Count(all, "line 49\n") != 2 || strings.Count(all, "line 48\n") != 2 {
		t.Errorf("the newest lines are not there:\n%s", all)
	}
	if info, err := os.Stat(names[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := openLog(file, "up").Write([]byte("x")); n != 1 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}
