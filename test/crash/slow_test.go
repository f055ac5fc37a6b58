//go:build slow

package crash

import (
	"fmt"
	"testing"
)

// TestSlowEveryPoint: in each strategy the server dies at every point, each time
// in another deployment.
func TestSlowEveryPoint(t *testing.T) {
	for _, s := range strategies {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, s)
			for _, p := range reached(s.name) {
				at := fmt.Sprintf("%s:%d", p, max(later[p], 1))
				if !t.Run(p, func(t *testing.T) { r.run(t, at) }) {
					r = newRig(t, s) // the next one must not begin from a broken state
				}
			}
		})
	}
}
