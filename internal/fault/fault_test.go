package fault

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

var (
	first  = New("fault.first.before")
	second = New("fault.second.after")
)

func TestMain(m *testing.M) {
	if os.Getenv(Variable) == "" {
		os.Exit(m.Run())
	}
	if err := Arm(os.Getenv(Variable), os.Getenv(OnceVariable)); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for range 3 {
		first.Hit()
		fmt.Println("first")
		second.Hit()
		fmt.Println("second")
	}
}

// run is a process that hits both points in turn, three times each; it tells what the
// process said and whether it was killed.
func run(t *testing.T, plan, once string) (said string, killed bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), Variable+"="+plan, OnceVariable+"="+once)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for sc := bufio.NewScanner(out); sc.Scan(); {
		lines = append(lines, sc.Text())
	}
	_ = cmd.Wait()
	ws := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return strings.Join(lines, " "), ws.Signaled() && ws.Signal() == syscall.SIGKILL
}

func TestDeath(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "plan")
	if err := os.WriteFile(file, []byte("fault.second.after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	all := "first second first second first second"
	for _, c := range []struct {
		plan, said string
		killed     bool
	}{
		{"fault.first.before", "", true},
		{"fault.first.before:1", "", true},
		{"fault.first.before:3", "first second first second", true},
		{"fault.first.before:4", all, false},
		{"fault.first.before:2,fault.second.after", "first", true},
		{"@" + file, "first", true},
		{"@" + filepath.Join(dir, "none"), all, false},
	} {
		if said, killed := run(t, c.plan, ""); said != c.said || killed != c.killed {
			t.Errorf("%s: said %q, killed %v; want %q, %v", c.plan, said, killed, c.said, c.killed)
		}
	}
}

func TestOnce(t *testing.T) {
	once := filepath.Join(t.TempDir(), "once")
	plan := "fault.first.before:2,fault.second.after"
	for _, c := range []struct {
		said   string
		killed bool
	}{
		{"first", true},        // at second
		{"first second", true}, // at the second hit of first
		{"first second first second first second", false}, // never again
	} {
		if said, killed := run(t, plan, once); said != c.said || killed != c.killed {
			t.Errorf("said %q, killed %v; want %q, %v", said, killed, c.said, c.killed)
		}
	}
	doc, err := os.ReadFile(once)
	if want := "fault.second.after\nfault.first.before\n"; err != nil || string(doc) != want {
		t.Errorf("fired: %q, %v; want %q", doc, err, want)
	}
}

func TestMistakes(t *testing.T) {
	for plan, want := range map[string]string{
		"fault.third.before":    "there is no point",
		"fault.first.before:0":  "not the number of a hit",
		"fault.first.before:-1": "not the number of a hit",
		"fault.first.before:x":  "not the number of a hit",
	} {
		if said, killed := run(t, plan, ""); !strings.Contains(said, want) || killed {
			t.Errorf("%s: said %q, want %q", plan, said, want)
		}
	}
	for _, name := range []string{"fault.first.before", "", "fault", "fault.first", "Fault.first.before", "fault.first.before.it", "fault..before", "fault.-.before"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("New(%q) did not panic", name)
				}
			}()
			New(name)
		}()
	}
}

func TestUnarmed(t *testing.T) {
	if n := testing.AllocsPerRun(100, first.Hit); n != 0 {
		t.Errorf("a point allocates %g times", n)
	}
	if got := Names(); !slices.Equal(got, []string{"fault.first.before", "fault.second.after"}) {
		t.Error(got)
	}
}

func BenchmarkUnarmed(b *testing.B) {
	for b.Loop() {
		first.Hit()
	}
}
