package port

import "testing"

// Nobody gets a port twice at once.
func TestFree(t *testing.T) {
	seen := map[int]bool{}
	for range 50 {
		n := Free(t)
		if seen[n] || n < first || n >= end {
			t.Errorf("port %d, after %v", n, seen)
		}
		seen[n] = true
	}
}
