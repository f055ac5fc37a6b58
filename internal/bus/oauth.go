package bus

import (
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
)

// token of an OAuth connection.
type token struct {
	bearer  string
	expires time.Time
}

// tokenLife is how long a token counts whose server does not tell.
const tokenLife = time.Hour

func tokenKey(c *Connection) string { return c.ARN() + c.Modified.String() }

// bearer returns a token of a connection, a new one where none is good.
func (r *Router) bearer(ctx context.Context, c *Connection, p *types.CreateConnectionOAuthRequestParameters) (string, error) {
	r.mu.Lock()
	t, ok := r.tokens[tokenKey(c)]
	r.mu.Unlock()
	if ok && r.opts.Now().Before(t.expires) {
		return t.bearer, nil
	}
	t, err := r.fetchToken(ctx, p)
	if err != nil {
		return "", fmt.Errorf("no token of connection %s: %w", c.Name, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tokens[tokenKey(c)] = t
	return t.bearer, nil
}

func (r *Router) forgetToken(c *Connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.tokens, tokenKey(c))
}

// fetchToken asks for one with the client's credentials (RFC 6749, 4.4).
func (r *Router) fetchToken(ctx context.Context, p *types.CreateConnectionOAuthRequestParameters) (token, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if c := p.ClientParameters; c != nil {
		form.Set("client_id", aws.ToString(c.ClientID))
		form.Set("client_secret", aws.ToString(c.ClientSecret))
	}
	u, err := url.Parse(aws.ToString(p.AuthorizationEndpoint))
	if err != nil {
		return token{}, err
	}
	query, header := u.Query(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	if h := p.OAuthHttpParameters; h != nil {
		for _, x := range h.BodyParameters {
			form.Set(aws.ToString(x.Key), aws.ToString(x.Value))
		}
		for _, x := range h.QueryStringParameters {
			query.Set(aws.ToString(x.Key), aws.ToString(x.Value))
		}
		for _, x := range h.HeaderParameters {
			header.Set(aws.ToString(x.Key), aws.ToString(x.Value))
		}
	}
	var body io.Reader = strings.NewReader(form.Encode())
	if p.HttpMethod == types.ConnectionOAuthHttpMethodGet {
		body = nil
		for k, v := range form {
			query[k] = v
		}
	}
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, string(p.HttpMethod), u.String(), body)
	if err != nil {
		return token{}, err
	}
	req.Header = header
	return r.askForToken(req)
}

func (r *Router) askForToken(req *http.Request) (token, error) {
	resp, err := r.opts.Client.Do(req)
	if err != nil {
		return token{}, hidden(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return token{}, fmt.Errorf("the authorization endpoint answered %d", resp.StatusCode)
	}
	var doc struct {
		Token   string `json:"access_token"`
		Seconds int    `json:"expires_in"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&doc); err != nil || doc.Token == "" {
		return token{}, fmt.Errorf("the authorization endpoint answered no access_token")
	}
	life := tokenLife
	if doc.Seconds > 0 {
		life = time.Duration(doc.Seconds) * time.Second
	}
	return token{doc.Token, r.opts.Now().Add(life * 9 / 10)}, nil
}
