package approval

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
)

// maxToken bounds a token, in bytes: names of clusters and services have 255
// characters each.
const maxToken = 2048

// errToken is a token that this server has not made.
var errToken = errors.New("there is no such link")

// token is what a link stands for. Its form is base64url(JSON) "." base64url(MAC).
type token struct {
	Account    string `json:"a"`
	Region     string `json:"r"`
	Cluster    string `json:"c"`
	Service    string `json:"s"`
	Deployment string `json:"d"`
	Hook       string `json:"h"`
	Expires    int64  `json:"e"`           // Unix, in milliseconds
	To         string `json:"n,omitempty"` // notification that carried it
}

func (t *token) key() string {
	return arn.Scope{Account: t.Account, Region: t.Region}.Key(t.Cluster, t.Service, t.Deployment)
}

func (t *token) expires() time.Time { return time.UnixMilli(t.Expires) }

// mac is over a text of its own kind, so that the key can sign nothing else's.
func mac(key []byte, payload string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("grue approval link 1\n" + payload))
	return h.Sum(nil)
}

func (t *token) sign(key []byte) string {
	doc, _ := json.Marshal(t) // strings and a number
	payload := base64.RawURLEncoding.EncodeToString(doc)
	return payload + "." + base64.RawURLEncoding.EncodeToString(mac(key, payload))
}

// parseToken reads a token that sign made with the same key.
func parseToken(key []byte, text string) (*token, error) {
	payload, sum, ok := strings.Cut(text, ".")
	if !ok || len(text) > maxToken {
		return nil, errToken
	}
	given, err := base64.RawURLEncoding.Strict().DecodeString(sum)
	if err != nil || !hmac.Equal(given, mac(key, payload)) {
		return nil, errToken
	}
	doc, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	t := &token{}
	if err != nil || json.Unmarshal(doc, t) != nil {
		return nil, errToken
	}
	return t, nil
}

// Link is the address of the page that decides p. to is the name of the
// notification that carries it.
func (a *Approvals) Link(p *Pending, to string) string {
	s := p.scope()
	t := token{
		Account: s.Account, Region: s.Region, Cluster: p.Cluster, Service: p.Service,
		Deployment: arn.Name(p.DeploymentARN), Hook: p.HookID, Expires: p.ExpiresAt.UnixMilli(), To: to,
	}
	return a.opts.PublicURL + LinkPath + t.sign(a.opts.Key)
}

// LinkPath is where links lead.
const LinkPath = "/grue/approve/"

// CheckPublicURL tidies the address that links begin with; the error is a
// sentence that goes on after its name.
func CheckPublicURL(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "", errors.New("must begin with http:// or https:// and a host")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("must have neither a user, a query nor a fragment")
	}
	return strings.TrimRight(text, "/"), nil
}
