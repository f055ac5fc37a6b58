package wire

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestDecisionHeaders(t *testing.T) {
	long := strings.Repeat("ä", MaxReason)
	for _, c := range []struct {
		name, reason, from, action string
		want                       Decision
		refused                    string
	}{
		{name: "nothing told", want: Decision{From: "api 192.0.2.1"}},
		{name: "told", reason: "looks good, 100%25 sure%21", from: "cli", want: Decision{Reason: "looks good, 100% sure!", From: "cli 192.0.2.1"}},
		{name: "raw UTF-8", reason: "sieht gut aus – ja", from: "dashboard", want: Decision{Reason: "sieht gut aus – ja", From: "dashboard 192.0.2.1"}},
		{name: "other origin", from: "somewhere", want: Decision{From: "api 192.0.2.1"}},
		{name: "retry", action: "RETRY", want: Decision{From: "api 192.0.2.1", Action: "RETRY"}},
		{name: "plus stays", reason: "a+b", want: Decision{Reason: "a+b", From: "api 192.0.2.1"}},
		{name: "as long as may be", reason: long, want: Decision{Reason: long, From: "api 192.0.2.1"}},
		{name: "too long", reason: long + "ä", refused: "1000 characters"},
		{name: "bad escape", reason: "100% sure", refused: "%25"},
		{name: "no UTF-8", reason: "%ff", refused: "UTF-8"},
		{name: "bad action", action: "STOP", refused: "RETRY or REVISION"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := httptest.NewRequest("POST", "/", nil)
			for name, v := range map[string]string{HeaderReason: c.reason, HeaderFrom: c.from, HeaderAction: c.action} {
				if v != "" {
					req.Header.Set(name, v)
				}
			}
			got, err := decision(req)
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Message, c.refused) {
					t.Fatalf("answered %+v, %v", got, err)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestDecisionOf(t *testing.T) {
	ctx := context.Background()
	if d := DecisionOf(ctx); d != (Decision{From: "api"}) {
		t.Errorf("of nothing: %+v", d)
	}
	ctx = WithCaller(ctx, Caller{SourceIP: "::1"})
	if d := DecisionOf(ctx); d != (Decision{From: "api ::1"}) {
		t.Errorf("of a caller: %+v", d)
	}
	want := Decision{Reason: "why", From: "dashboard ::1"}
	if d := DecisionOf(WithDecision(ctx, want)); d != want {
		t.Errorf("got %+v", d)
	}
}
