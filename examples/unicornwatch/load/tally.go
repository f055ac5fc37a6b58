package load

import (
	"fmt"
	"net/http"
	"time"
)

// Tally counts answers.
type Tally struct {
	Sent  int    `json:"sent"`
	Lost  int    `json:"lost"`            // no answer, or none of the service's own
	First string `json:"first,omitempty"` // the first that was lost
	// Versions is what each version answered.
	Versions map[string]*Version `json:"versions"`
}

// Version counts the answers of one version.
type Version struct {
	Answers int    `json:"answers"`
	Errors  int    `json:"errors"` // with a status of 400 and more
	Wrong   int    `json:"wrong"`  // with another content than expected
	First   string `json:"first,omitempty"`
	// Took counts answers by milliseconds; the last counts all slower ones.
	Took Histogram `json:"took"`
}

// Histogram counts durations by milliseconds.
type Histogram map[int]int

// slowest is the last bucket.
const slowest = 10000

func (t *Tally) lose(status int, body string, err error) {
	t.Lost++
	if t.First == "" {
		t.First = fmt.Sprintf("%s status %d %.120q", time.Now().Format("15:04:05.000"), status, body)
		if err != nil {
			t.First = fmt.Sprintf("%s %v", time.Now().Format("15:04:05.000"), err)
		}
	}
}

func (t *Tally) count(version string, status int, took time.Duration, right bool, body string) {
	v := t.Versions[version]
	if v == nil {
		v = &Version{Took: Histogram{}}
		t.Versions[version] = v
	}
	v.Answers++
	v.Took[min(slowest, int(took.Milliseconds()))]++
	switch {
	case status >= http.StatusBadRequest:
		v.Errors++
	case !right:
		v.Wrong++
	default:
		return
	}
	if v.First == "" {
		v.First = fmt.Sprintf("status %d %.120q", status, body)
	}
}

// Clone is a copy that shares nothing.
func (t *Tally) Clone() Tally {
	out := *t
	out.Versions = map[string]*Version{}
	for name, v := range t.Versions {
		c := *v
		c.Took = Histogram{}
		for ms, n := range v.Took {
			c.Took[ms] = n
		}
		out.Versions[name] = &c
	}
	return out
}

// Of is what a version answered; never nil.
func (t Tally) Of(version string) *Version {
	if v := t.Versions[version]; v != nil {
		return v
	}
	return &Version{}
}

// Bad is how many answers of a version were errors or wrong.
func (v *Version) Bad() int { return v.Errors + v.Wrong }

// Quantile is the duration, in milliseconds, that a share q of all answers did not
// exceed.
func (h Histogram) Quantile(q float64) int {
	all := 0
	for _, n := range h {
		all += n
	}
	for ms, seen := 0, 0; ms <= slowest; ms++ {
		if seen += h[ms]; seen > 0 && float64(seen) >= q*float64(all) {
			return ms
		}
	}
	return 0
}
