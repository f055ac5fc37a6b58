package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Remote is a traffic generator, by the address of its port 9000.
type Remote struct{ Address string }

// Start begins a job there, in place of one of the same name.
func (r Remote) Start(ctx context.Context, name string, job Job) error {
	body, err := json.Marshal(job)
	if err != nil {
		return err
	}
	_, err = r.call(ctx, http.MethodPut, name, body)
	return err
}

// Tally is what came back up to now.
func (r Remote) Tally(ctx context.Context, name string) (Tally, error) {
	return r.call(ctx, http.MethodGet, name, nil)
}

// End stops a job.
func (r Remote) End(ctx context.Context, name string) (Tally, error) {
	return r.call(ctx, http.MethodDelete, name, nil)
}

func (r Remote) call(ctx context.Context, method, name string, body []byte) (t Tally, err error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+r.Address+"/jobs/"+name, bytes.NewReader(body))
	if err != nil {
		return t, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return t, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	switch {
	case err != nil:
	case resp.StatusCode >= http.StatusBadRequest:
		err = fmt.Errorf("traffic generator: %s %s: %s %s", method, name, resp.Status, bytes.TrimSpace(text))
	case len(text) > 0:
		err = json.Unmarshal(text, &t)
	}
	return t, err
}
