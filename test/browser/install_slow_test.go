//go:build slow && linux

package browser

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// chromium finds a browser of the machine.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if err := exec.Command(name, "--version").Run(); err == nil { // Ubuntu has one that only tells where there is one
			return must(exec.LookPath(name))(t)
		}
	}
	t.Skip("there is no Chromium: .ci/need slow installs it on Debian")
	return ""
}

// modules is the directory with node_modules that package-lock.json describes; it is
// installed once for each content of the file.
func modules(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("there is no " + name + ": .ci/need slow installs it")
		}
	}
	lock := must(os.ReadFile("package-lock.json"))(t)
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "grue", fmt.Sprintf("browser-%x", sha256.Sum256(lock))[:24])
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "playwright-core")); err == nil {
		return dir
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	// What is half installed must not look whole.
	half := must(os.MkdirTemp(filepath.Dir(dir), "browser-half-"))(t)
	defer os.RemoveAll(half)
	for _, name := range []string{"package.json", "package-lock.json"} {
		if err := os.WriteFile(filepath.Join(half, name), must(os.ReadFile(name))(t), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=60000")
	cmd.Dir = half
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("Playwright cannot be installed (npm ci): %v\n%s", err, out)
	}
	if err := os.Rename(half, dir); err != nil {
		if _, other := os.Stat(dir); other != nil { // another test was first
			t.Fatal(err)
		}
	}
	return dir
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
