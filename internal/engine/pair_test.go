package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grue-ecs/grue/internal/deploy"
)

// TestWeightsOfPair: shares of revisions as weights of two target groups.
func TestWeightsOfPair(t *testing.T) {
	p := pair{groups: [2]string{"a", "b"}}
	at := map[deploy.Rev]string{"1": "a", "2": "b", "3": "b", "9": "elsewhere"}
	for _, c := range []struct {
		name   string
		shares []deploy.Share
		green  string
		want   map[string]int
	}{
		{"before the shift", []deploy.Share{{Rev: "1", Tenths: 1000}, {Rev: "2"}}, "b", map[string]int{"a": 100, "b": 0}},
		{"a tenth of a per cent", []deploy.Share{{Rev: "1", Tenths: 999}, {Rev: "2", Tenths: 1}}, "b", map[string]int{"a": 999, "b": 1}},
		{"ten per cent", []deploy.Share{{Rev: "1", Tenths: 900}, {Rev: "2", Tenths: 100}}, "b", map[string]int{"a": 90, "b": 10}},
		{"one decimal", []deploy.Share{{Rev: "1", Tenths: 875}, {Rev: "2", Tenths: 125}}, "b", map[string]int{"a": 875, "b": 125}},
		{"after it", []deploy.Share{{Rev: "1"}, {Rev: "2", Tenths: 1000}}, "b", map[string]int{"a": 0, "b": 100}},
		{"the first deployment has no blue", []deploy.Share{{Rev: "2"}}, "b", map[string]int{"a": 100, "b": 0}},
		{"nor after its shift", []deploy.Share{{Rev: "2", Tenths: 1000}}, "b", map[string]int{"a": 0, "b": 100}},
		{"an interrupted revision in green's group", []deploy.Share{{Rev: "1", Tenths: 600}, {Rev: "3", Tenths: 400}, {Rev: "2"}}, "b", map[string]int{"a": 60, "b": 40}},
		{"blue is outside of the pair", []deploy.Share{{Rev: "9", Tenths: 950}, {Rev: "1", Tenths: 50}}, "a", map[string]int{"a": 5, "b": 95}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := p.weights(c.shares, func(r deploy.Rev) string { return at[r] }, c.green)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSameShares: weights are compared by what they do, not by how they are written.
func TestSameShares(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b map[string]int
		want bool
	}{
		{"equal", map[string]int{"a": 100, "b": 0}, map[string]int{"a": 100, "b": 0}, true},
		{"scaled", map[string]int{"a": 100, "b": 0}, map[string]int{"a": 1}, true},
		{"half and half", map[string]int{"a": 50, "b": 50}, map[string]int{"a": 1, "b": 1}, true},
		{"swapped", map[string]int{"a": 100}, map[string]int{"b": 100}, false},
		{"another group takes part", map[string]int{"a": 50, "b": 50}, map[string]int{"a": 50, "b": 50, "c": 1}, false},
		{"nobody serves", map[string]int{"a": 100}, map[string]int{"a": 0}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if sameShares(c.a, c.b) != c.want || sameShares(c.b, c.a) != c.want {
				t.Errorf("sameShares(%v, %v) = %v", c.a, c.b, !c.want)
			}
		})
	}
}
