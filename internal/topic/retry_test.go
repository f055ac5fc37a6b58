package topic

import (
	"testing"
	"time"
)

// The default is AWS's: 3 at once, 2 a second apart, 10 growing, 35 every 20 s.
func TestDefaultRetries(t *testing.T) {
	var waits []time.Duration
	for n := 1; ; n++ {
		wait, ok := defaultRetries.delay(n)
		if !ok {
			break
		}
		waits = append(waits, wait)
	}
	if len(waits) != 50 {
		t.Fatalf("%d retries", len(waits))
	}
	for i, wait := range waits {
		var low, high time.Duration
		switch {
		case i < 3:
		case i < 5:
			low, high = time.Second, time.Second
		case i < 15:
			low, high = max(time.Second, waits[i-1]), 20*time.Second
		default:
			low, high = 20*time.Second, 20*time.Second
		}
		if wait < low || wait > high {
			t.Errorf("retry %d after %v, want %v to %v", i+1, wait, low, high)
		}
	}
}

func TestDeliveryPolicy(t *testing.T) {
	of := &Topic{Attributes: map[string]string{"DeliveryPolicy": `{"http":{"defaultHealthyRetryPolicy":{"numRetries":2,"minDelayTarget":5,"maxDelayTarget":7},"defaultRequestPolicy":{"headerContentType":"application/json"}}}`}}
	own := &Subscription{Attributes: map[string]string{"DeliveryPolicy": `{"healthyRetryPolicy":{"numRetries":3,"numNoDelayRetries":3}}`}}
	for _, tt := range []struct {
		sub   *Subscription
		waits []time.Duration
	}{
		{&Subscription{}, []time.Duration{6 * time.Second, 7 * time.Second}},
		{own, []time.Duration{0, 0, 0}},
	} {
		p := policyOf(of, tt.sub)
		for i, want := range tt.waits {
			if wait, ok := p.HealthyRetryPolicy.delay(i + 1); wait != want || !ok {
				t.Errorf("retry %d after %v, %v; want %v", i+1, wait, ok, want)
			}
		}
		if _, ok := p.HealthyRetryPolicy.delay(len(tt.waits) + 1); ok {
			t.Error("one retry too many")
		}
		if p.contentType() != "application/json" {
			t.Error(p.contentType())
		}
	}
	strict := &Topic{Attributes: map[string]string{"DeliveryPolicy": `{"http":{"defaultHealthyRetryPolicy":{"numRetries":1},"disableSubscriptionOverrides":true}}`}}
	if r := policyOf(strict, own).HealthyRetryPolicy; r.NumRetries != 1 {
		t.Errorf("a subscription overrides a topic that forbids it: %+v", r)
	}
	for _, bad := range []string{
		`{`, `[]`, `{"x":1}`, `{"healthyRetryPolicy":{"numRetries":-1}}`, `{"healthyRetryPolicy":{"backoffFunction":"random"}}`,
		`{"healthyRetryPolicy":{"minDelayTarget":30,"maxDelayTarget":20}}`,
	} {
		if _, err := parsePolicy(bad, false); err == nil {
			t.Errorf("accepted: %s", bad)
		}
	}
}
