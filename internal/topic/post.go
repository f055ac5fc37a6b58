package topic

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/grue-ecs/grue/internal/outbox"
)

// post sends a message to an HTTP endpoint. Anything but an answer of 2xx is an
// error; one of the client's side is final.
func (t *Topics) post(ctx context.Context, of *Topic, sub *Subscription, e *envelope) error {
	body, err := e.body()
	if err != nil {
		return outbox.Final(err)
	}
	raw := sub.Raw() && e.Type == notification
	if raw {
		body = []byte(e.Message)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.Endpoint, bytes.NewReader(body))
	if err != nil {
		return outbox.Final(err)
	}
	h := req.Header
	h.Set("Content-Type", policyOf(of, sub).contentType())
	h.Set("User-Agent", "Amazon Simple Notification Service Agent")
	h.Set("x-amz-sns-message-type", e.Type)
	h.Set("x-amz-sns-message-id", e.MessageID)
	h.Set("x-amz-sns-topic-arn", e.TopicARN)
	if e.Type == notification {
		h.Set("x-amz-sns-subscription-arn", sub.ARN())
	}
	if raw {
		h.Set("x-amz-sns-rawdelivery", "true")
	}
	resp, err := t.opts.Client.Do(req)
	if err != nil {
		return hidden(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	return judge(resp.StatusCode)
}

// hidden leaves the URL out of an error: it may hold a password.
func hidden(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}

func judge(status int) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status >= 400 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout:
		return outbox.Final(fmt.Errorf("the endpoint answered %d", status))
	}
	return fmt.Errorf("the endpoint answered %d", status)
}
