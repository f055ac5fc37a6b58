package docs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/grue-ecs/grue/test/harness"
)

// root is the repository.
const root = "../.."

// limit is how long a page may take, on a slow machine.
const limit = 12 * time.Minute

// page is a page with its blocks.
type page struct {
	name   string // docs/hooks.md
	blocks []Block
}

func pages(t *testing.T) (all []page) {
	t.Helper()
	paths, err := filepath.Glob(root + "/docs/*.md")
	if err != nil || len(paths) == 0 {
		t.Fatal("no pages", err)
	}
	for _, path := range append(paths, root+"/README.md") {
		doc, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel(root, path)
		blocks, err := Parse(doc)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		all = append(all, page{name, blocks})
	}
	return all
}

// TestPages reads every page: fences that mean something, JSON that is JSON, and
// no command that nobody runs, but those that unrun.go tells about.
func TestPages(t *testing.T) {
	left := map[string]bool{}
	for name, blocks := range Unrun {
		for line := range maps.Keys(blocks) {
			left[name+": "+line] = true
		}
	}
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.Lang == "json" && b.File == "" && !json.Valid([]byte(b.Text)) {
				t.Errorf("%s:%d: this is not JSON", p.name, b.Line)
			}
			if !b.Unrun {
				continue
			}
			first, _, _ := strings.Cut(b.Text, "\n")
			if Unrun[p.name][first] == "" {
				t.Errorf("%s:%d: unrun.go has no reason why %q is not run", p.name, b.Line, first)
			}
			delete(left, p.name+": "+first)
		}
	}
	for _, gone := range slices.Sorted(maps.Keys(left)) {
		t.Errorf("unrun.go tells about a block that is not there: %s", gone)
	}
}

// run runs a page.
func (p page) run(t *testing.T) {
	if !slices.ContainsFunc(p.blocks, func(b Block) bool { return b.Lang == "sh" && !b.Unrun }) {
		t.Skip("the page has no command")
	}
	if os.Geteuid() != 0 {
		t.Skip("tasks in containers need root")
	}
	if why := os.Getenv("GRUE_NO_AWSCLI"); why != "" {
		t.Skip(why)
	}
	if why := os.Getenv("GRUE_NO_BOTO3"); why != "" && slices.ContainsFunc(p.blocks, func(b Block) bool { return strings.Contains(b.Text, "import boto3") }) {
		t.Skip(why)
	}
	dir := t.TempDir()
	listen, env := p.grue(t, dir)
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(dir, "work")
	if err := os.Mkdir(work, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, is := range map[string]string{
		"bin": filepath.Join(dir, "bin"), "examples": abs(t, root+"/examples"), "go.mod": abs(t, root+"/go.mod"), "go.sum": abs(t, root+"/go.sum"),
	} {
		if err := os.Symlink(is, filepath.Join(work, name)); err != nil {
			t.Fatal(err)
		}
	}
	script := Script(p.name, p.blocks, strings.NewReplacer("127.0.0.1:4566", listen, "localhost:4566", listen))
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash")
	cmd.Dir, cmd.Stdin = work, strings.NewReader(script)
	cmd.Env = append(os.Environ(), append(env,
		"PATH="+filepath.Join(dir, "bin")+":"+abs(t, root+"/.venv/bin")+":"+os.Getenv("PATH"),
		"HOME="+home, "GOCACHE="+goEnv("GOCACHE"), "GOMODCACHE="+goEnv("GOMODCACHE"), "AWS_PAGER=", "PAGER=cat", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_DEFAULT_REGION=us-east-1", "AWS_ENDPOINT_URL=http://"+listen, "AWS_EC2_METADATA_DISABLED=true")...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	began := time.Now()
	err := cmd.Run()
	end(cmd.Process.Pid)
	if err != nil {
		t.Fatalf("%s: %v\n%s", p.name, err, tail(said.String()))
	}
	t.Logf("%s: %s", p.name, time.Since(began).Round(time.Second))
}

// grue gives a page the grue that it speaks to, and a place with the programs
// that it calls.
func (p page) grue(t *testing.T, dir string) (listen string, env []string) {
	t.Helper()
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	own := slices.ContainsFunc(p.blocks, func(b Block) bool {
		return b.Background && strings.Contains(b.Text, "grue up")
	})
	var g *harness.Grue
	if own {
		g = harness.Prepare(t)
		env = []string{"GRUE_LISTEN=" + g.Listen, "GRUE_DATA=" + g.Data}
	} else {
		g = harness.Start(t, "--minute", "1s")
	}
	link(t, g.Bin, filepath.Join(bin, "grue"))
	sample(t, filepath.Join(bin, "sample"))
	script := "#!/bin/sh\nexec env \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "sudo"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return g.Listen, append(env, "GRUE_MINUTE=1s", "DATA="+g.Data)
}

// end ends what a page left in the background.
func end(group int) {
	_ = syscall.Kill(-group, syscall.SIGTERM)
	_ = harness.Eventually(func() bool { return syscall.Kill(-group, 0) != nil })
	_ = syscall.Kill(-group, syscall.SIGKILL)
}

func link(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Link(from, to); err == nil {
		return
	}
	doc, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, doc, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// built is examples/sample, built once for all pages.
var built = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "grue-sample-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "sample")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, "github.com/grue-ecs/grue/examples/sample")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the sample: %w\n%s", err, text)
	}
	return os.ReadFile(out)
})

// sample puts the sample there.
func sample(t *testing.T, file string) {
	t.Helper()
	program, err := built()
	if err == nil {
		err = os.WriteFile(file, program, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// goEnv is a setting of the go command: pages have a home of their own.
func goEnv(name string) string {
	value, _ := exec.Command("go", "env", name).Output()
	return strings.TrimSpace(string(value))
}

func abs(t *testing.T, path string) string {
	t.Helper()
	whole, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

// tail keeps the end of what a page said.
func tail(s string) string { return s[max(0, len(s)-6000):] }
