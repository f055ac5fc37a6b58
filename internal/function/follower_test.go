package function

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/grue-ecs/grue/internal/logs"
)

// rotated is a log file as a driver writes it.
type rotated struct {
	t    *testing.T
	path string
}

func (r rotated) write(lines ...string) {
	r.t.Helper()
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	for _, line := range lines {
		doc, _ := json.Marshal(map[string]string{"t": "2026-01-01T00:00:00Z", "s": "stdout", "m": line})
		if _, err := f.Write(append(doc, '\n')); err != nil {
			r.t.Fatal(err)
		}
	}
}

// rotate keeps two files beside the current one.
func (r rotated) rotate() {
	_ = os.Rename(r.path+".1", r.path+".2")
	if err := os.Rename(r.path, r.path+".1"); err != nil {
		r.t.Fatal(err)
	}
}

// followed makes a follower of a file, which reads when told to, and tells what it
// read in the end.
func followed(t *testing.T) (file rotated, f *follower, lines func() string) {
	w := newWorld(t, nil)
	j := newJournal(w.f, scope, "g", "s")
	f = newFollower(&output{journal: j}, nil)
	file = rotated{t, filepath.Join(t.TempDir(), "c.jsonl")}
	f.open(file.path) // before it is there
	return file, f, func() string {
		f.read()
		f.file.Close()
		j.close()
		found, _, _ := w.logs.Filter(scope, "g", logs.FilterQuery{})
		var text []string
		for _, m := range found {
			text = append(text, m.Message)
		}
		return strings.Join(text, " ")
	}
}

// TestFollowerRotation: nothing is lost or doubled where files rotate, whether none,
// one rotation or two come between two looks.
func TestFollowerRotation(t *testing.T) {
	file, f, lines := followed(t)
	f.read()
	var want []string
	for n := range 100 {
		line := fmt.Sprint("line", n)
		want = append(want, line)
		file.write(line)
		if n%10 == 5 || n%10 == 7 {
			file.rotate()
		}
		if n%10 == 8 || n%20 == 6 {
			f.read()
		}
	}
	if got := lines(); got != strings.Join(want, " ") {
		t.Errorf("got  %s\nwant %s", got, strings.Join(want, " "))
	}
}

// TestFollowerLoss: lines that were rotated away before they were read are missed
// aloud.
func TestFollowerLoss(t *testing.T) {
	file, f, lines := followed(t)
	file.write("a")
	f.read()
	for n := range 5 {
		file.rotate()
		file.write(fmt.Sprint("b", n))
	}
	want := "a [grue] lines were lost here: they came faster than they could be read b2 b3 b4"
	if got := lines(); got != want {
		t.Errorf("got %s", got)
	}
}
