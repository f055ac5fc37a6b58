package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/store"
)

// callTime bounds one call of an API destination, as in AWS.
const callTime = 5 * time.Second

// callDestination calls an HTTP endpoint once.
func (r *Router) callDestination(ctx context.Context, t *types.Target, c *call) error {
	var d *Destination
	var conn *Connection
	var known bool
	r.opts.Store.View(func(tx *store.Tx) {
		if d, known = DestinationNamed(tx, c.ARN); known {
			conn, known = connections.Get(tx, d.Key(d.Connection))
		}
	})
	if d == nil || !known {
		return final{fmt.Errorf("there is no API destination %s, or its connection is gone", c.ARN)}
	}
	auth, err := r.Auth(conn)
	if err != nil {
		return final{err}
	}
	if err := r.pace(ctx, d); err != nil {
		return err
	}
	req, err := request(ctx, d, t, auth, c.Payload)
	if err != nil {
		return final{err}
	}
	if err := r.authorize(ctx, req, conn, auth); err != nil {
		return err
	}
	resp, err := r.opts.Client.Do(req)
	if err != nil {
		return hidden(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	if resp.StatusCode == http.StatusUnauthorized {
		r.forgetToken(conn)
	}
	return judge(resp.StatusCode)
}

// pace waits until the destination's rate allows a call.
func (r *Router) pace(ctx context.Context, d *Destination) error {
	r.mu.Lock()
	now := r.opts.Now()
	at := r.paces[d.ARN()]
	if at.Before(now) {
		at = now
	}
	r.paces[d.ARN()] = at.Add(time.Second / time.Duration(max(d.Rate, 1)))
	r.mu.Unlock()
	timer := time.NewTimer(at.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// request makes the call: the endpoint with the target's path, query and headers,
// then those of the connection, which win.
func request(ctx context.Context, d *Destination, t *types.Target, auth *Auth, payload []byte) (*http.Request, error) {
	own := t.HttpParameters
	if own == nil {
		own = &types.HttpParameters{}
	}
	u, err := url.Parse(fillPath(d.Endpoint, own.PathParameterValues))
	if err != nil {
		return nil, fmt.Errorf("the endpoint of the API destination is no URL: %w", err)
	}
	query := u.Query()
	for k, v := range own.QueryStringParameters {
		query.Set(k, v)
	}
	common := auth.InvocationHttpParameters
	if common == nil {
		common = &types.ConnectionHttpParameters{}
	}
	for _, p := range common.QueryStringParameters {
		query.Set(aws.ToString(p.Key), aws.ToString(p.Value))
	}
	u.RawQuery = query.Encode()
	var body io.Reader
	if m := d.Method; m != types.ApiDestinationHttpMethodGet && m != types.ApiDestinationHttpMethodHead {
		body = bytes.NewReader(withBody(payload, common.BodyParameters))
	}
	req, err := http.NewRequestWithContext(ctx, string(d.Method), u.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Amazon/EventBridge/ApiDestinations")
	for k, v := range own.HeaderParameters {
		req.Header.Set(k, v)
	}
	for _, p := range common.HeaderParameters {
		req.Header.Set(aws.ToString(p.Key), aws.ToString(p.Value))
	}
	return req, nil
}

// fillPath replaces the stars of an endpoint, one by one.
func fillPath(endpoint string, values []string) string {
	for _, v := range values {
		endpoint = strings.Replace(endpoint, "*", url.PathEscape(v), 1)
	}
	return endpoint
}

// withBody adds the connection's members to a JSON object; they win.
func withBody(payload []byte, extra []types.ConnectionBodyParameter) []byte {
	var m map[string]json.RawMessage
	if len(extra) == 0 || json.Unmarshal(payload, &m) != nil || m == nil {
		return payload
	}
	for _, p := range extra {
		m[aws.ToString(p.Key)], _ = json.Marshal(aws.ToString(p.Value)) // a string
	}
	doc, err := encode(m)
	if err != nil {
		return payload
	}
	return doc
}

// authorize adds what proves who calls.
func (r *Router) authorize(ctx context.Context, req *http.Request, c *Connection, auth *Auth) error {
	switch {
	case c.Kind == types.ConnectionAuthorizationTypeApiKey && auth.ApiKeyAuthParameters != nil:
		req.Header.Set(aws.ToString(auth.ApiKeyAuthParameters.ApiKeyName), aws.ToString(auth.ApiKeyAuthParameters.ApiKeyValue))
	case c.Kind == types.ConnectionAuthorizationTypeBasic && auth.BasicAuthParameters != nil:
		req.SetBasicAuth(aws.ToString(auth.BasicAuthParameters.Username), aws.ToString(auth.BasicAuthParameters.Password))
	case c.Kind == types.ConnectionAuthorizationTypeOauthClientCredentials && auth.OAuthParameters != nil:
		bearer, err := r.bearer(ctx, c, auth.OAuthParameters)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	return nil
}

// hidden leaves the URL out of an error: it may hold a secret.
func hidden(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}

// judge says of an answer whether the call was made; errors of ours, but for
// those that pass, are final, as in AWS.
func judge(status int) error {
	err := fmt.Errorf("the endpoint answered %d", status)
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == 401, status == 407, status == 409, status == 429, status >= 500:
		return err
	}
	return final{err}
}
