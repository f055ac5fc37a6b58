package docs

import "testing"

// first is the page that a newcomer reads.
const first = "docs/getting-started.md"

// TestGettingStarted runs the first page; the slow suite runs all others.
func TestGettingStarted(t *testing.T) {
	for _, p := range pages(t) {
		if p.name == first {
			p.run(t)
			return
		}
	}
	t.Error("there is no such page")
}
