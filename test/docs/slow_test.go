//go:build slow

package docs

import "testing"

// TestSlowDocs runs every page but the one that TestGettingStarted runs.
func TestSlowDocs(t *testing.T) {
	for _, p := range pages(t) {
		if p.name == first {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.run(t)
		})
	}
}
