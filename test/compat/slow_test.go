//go:build slow

package compat

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/grue-ecs/grue/test/harness"
)

// TestSlowJavaScript drives grue with the AWS SDK for JavaScript, installed from
// the npm registry into a directory of its own.
func TestSlowJavaScript(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/js")); err != nil {
		t.Fatal(err)
	}
	npm := exec.Command("npm", "install", "--no-audit", "--no-fund", "--loglevel=error")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm install: %v\n%s", err, out)
	}
	g := harness.Start(t)
	argv := []string{"node", filepath.Join(dir, "flow.mjs"), g.Guest(t, "v1", ""), g.Guest(t, "v2", "")}
	run(t, g, append(argv, g.Subnets(t)...)...)
}
