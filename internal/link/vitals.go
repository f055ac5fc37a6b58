package link

import (
	"context"
	"errors"
)

// Vitals is how a proxy process does at one moment.
type Vitals struct {
	PID         int     `json:"pid"`
	CPUSeconds  float64 `json:"cpuSeconds"`  // user and system time since its start
	Resident    uint64  `json:"resident"`    // bytes of memory; 0 = not known
	Heap        uint64  `json:"heap"`        // bytes of live and dead Go objects
	Goroutines  int     `json:"goroutines"`  //
	Files       int     `json:"files"`       // open descriptors; 0 = not known
	MaxFiles    uint64  `json:"maxFiles"`    // bound of Files; 0 = not known
	Connections int     `json:"connections"` // of HTTP clients
	// InFlight are requests and flows at targets, by target group ARN; groups that have
	// none are absent.
	InFlight map[string]int64 `json:"inFlight,omitempty"`
	// Balancers are the connections of clients by load balancer ("app/name/id").
	Balancers map[string]int64 `json:"balancers,omitempty"`
}

// Vital is a Proxy that tells its vitals.
type Vital interface{ Vitals() Vitals }

func (s *session) sendVitals(sequence uint64) {
	if p, ok := s.endpoint.proxy.(Vital); ok {
		v := p.Vitals()
		s.send(&message{Kind: kindVitals, Sequence: sequence, Vitals: &v})
	}
}

// ErrNoProxy tells that no proxy is connected.
var ErrNoProxy = errors.New("link: no proxy is connected")

// Vitals asks the proxy how it does. The error is ErrNoProxy, ErrClosed or ctx's: a
// proxy of an older build does not answer.
func (c *Client) Vitals(ctx context.Context) (Vitals, error) {
	c.mu.Lock()
	if !c.await.connected {
		c.mu.Unlock()
		return Vitals{}, ErrNoProxy
	}
	c.asked++
	mine := c.asked
	c.mu.Unlock()
	c.poke()
	var got Vitals
	err := c.wait(ctx, func() (bool, error) {
		if !c.await.connected {
			return true, ErrNoProxy
		}
		if c.vitals == nil || c.vitalsOf < mine {
			return false, nil
		}
		got = *c.vitals
		return true, nil
	})
	return got, err
}

func (c *Client) told(sequence uint64, v *Vitals) {
	if v != nil {
		c.change(func() { c.vitals, c.vitalsOf = v, sequence })
	}
}
