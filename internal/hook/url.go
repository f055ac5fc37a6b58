package hook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"
)

const (
	// maxResponse bounds what a URL may answer, in bytes; the rest of its members
	// would not fit into a deployment anyway.
	maxResponse = maxDetails + 4<<10
	// defaultTimeout bounds one try. A hook with more to do answers IN_PROGRESS.
	defaultTimeout = 30 * time.Second
	maxRedirects   = 3
)

// url sends the event to a URL, signed, and reads the answer. It tries again,
// under the same webhook-id, when nobody listens or the answer is 429 or 5xx.
func (h *Hooks) url(ctx context.Context, c *Call, name string, t *target, event []byte) Answer {
	key := t.key
	if key == nil {
		key = h.opts.Key
	}
	if len(key) == 0 {
		return cannotInvoke(name, "this server has no key to sign the call with; set "+memberSecret+" in hookDetails")
	}
	p := post{url: t.url, id: webhookID(c), key: key, body: event}
	for n := 1; ; n++ {
		doc, err := h.try(ctx, &p)
		if err == nil {
			return parseAnswer(name, doc, c.Invoke.Hook.Details)
		}
		var again *passing
		if !errors.As(err, &again) || n == tries || !h.pause(ctx, n) {
			return cannotInvoke(name, err.Error())
		}
		h.log.Warn("lifecycle hook not reached, trying again", "target", logName(name), "try", n, "err", err)
	}
}

// webhookID is the same for every try of one call.
func webhookID(c *Call) string {
	return c.Invoke.Hook.Execution + "-" + strconv.Itoa(c.Invoke.Hook.Call)
}

// post is what every try sends.
type post struct {
	url, id string
	key     []byte
	body    []byte
}

// passing is a failure that may be over a moment later.
type passing struct{ why string }

func (p *passing) Error() string { return p.why }

func (h *Hooks) try(ctx context.Context, p *post) ([]byte, error) {
	try, cancel := context.WithTimeout(ctx, h.opts.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(try, http.MethodPost, p.url, bytes.NewReader(p.body))
	if err != nil {
		return nil, err
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	for name, v := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "grue",
		"webhook-id": p.id, "webhook-timestamp": now, "webhook-signature": signature(p.key, p.id, now, p.body),
	} {
		req.Header.Set(name, v)
	}
	res, err := h.client.Do(req)
	if err != nil {
		return nil, h.failure(try, err)
	}
	defer res.Body.Close()
	doc, err := io.ReadAll(io.LimitReader(res.Body, maxResponse+1))
	switch {
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500:
		return nil, &passing{"the HTTP status " + res.Status}
	case res.StatusCode < 200 || res.StatusCode > 299:
		return nil, errors.New("the HTTP status " + res.Status)
	case err != nil:
		return nil, h.failure(try, err)
	case len(doc) > maxResponse:
		return nil, fmt.Errorf("a response larger than %d bytes", maxResponse)
	}
	return doc, nil
}

// failure tells why there is no response, without the URL, which may hold a token.
func (h *Hooks) failure(try context.Context, err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	op, _ := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(try.Err(), context.DeadlineExceeded):
		return fmt.Errorf("no response within %v; a hook that needs longer answers IN_PROGRESS", h.opts.Timeout)
	case try.Err() != nil:
		return try.Err()
	case op != nil && op.Op == "dial", errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &passing{err.Error()}
	}
	return err
}

// onlyHere keeps the event from going anywhere but to the host it was meant for,
// and from being lost in a redirect that forgets the body.
func onlyHere(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case req.URL.Scheme != first.Scheme || req.URL.Host != first.Host:
		return fmt.Errorf("a redirect to another host, %s://%s", req.URL.Scheme, req.URL.Host)
	case req.Method != http.MethodPost:
		return errors.New("a redirect that is not a 307 or 308")
	case len(via) > maxRedirects:
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	return nil
}
