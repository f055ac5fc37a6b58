package main

import "testing"

func TestDecide(t *testing.T) {
	for decision, want := range map[string]string{"asked": "IN_PROGRESS", "approved": "SUCCEEDED", "rejected": "FAILED"} {
		if a, err := decide(decision); err != nil || a.HookStatus != want {
			t.Errorf("%s: %+v %v", decision, a, err)
		}
	}
	if a, err := decide("perhaps"); err == nil {
		t.Errorf("perhaps: %+v", a)
	}
}
