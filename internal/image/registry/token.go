package registry

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/blob"
)

// TokenLife is how long an authorization token is valid (ECR: 12 hours).
const TokenLife = 12 * time.Hour

// claims are what a token says.
type claims struct {
	Account string
	Region  string
	Expires int64  // Unix seconds
	Path    string `json:",omitempty"` // the only one it is good for; empty = all
}

// Token makes a password for user AWS. It holds no colon, for some clients split
// user and password at each one.
func (r *Registry) Token(s arn.Scope) (password string, expires time.Time) {
	expires = r.now().Add(TokenLife).Truncate(time.Second)
	return r.seal(claims{Account: s.Account, Region: s.Region, Expires: expires.Unix()}), expires
}

// urlLife is how long a layer's URL is good (ECR: one hour).
const urlLife = time.Hour

// LayerPath is path and query of a URL from which anybody can fetch a layer
// for an hour.
func (r *Registry) LayerPath(s arn.Scope, name string, d blob.Digest) string {
	path := "/v2/" + name + "/blobs/" + string(d)
	token := r.seal(claims{s.Account, s.Region, r.now().Add(urlLife).Unix(), path})
	return path + "?token=" + token
}

func (r *Registry) seal(c claims) string {
	body, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and a number
	}
	encoded := base64.RawURLEncoding.EncodeToString(body)
	return encoded + "." + r.sign(encoded)
}

func (r *Registry) sign(body string) string {
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(body))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// verify tells for which account and region a token was made; path is what the
// URL of a layer must name, and empty for a password.
func (r *Registry) verify(password, path string) (arn.Scope, error) {
	encoded, mac, _ := strings.Cut(password, ".")
	if !hmac.Equal([]byte(mac), []byte(r.sign(encoded))) {
		return arn.Scope{}, problem(Unauthorized, "Not Authorized: the password is no authorization token of this registry; run aws ecr get-login-password again")
	}
	body, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return arn.Scope{}, err
	}
	var c claims
	if err := json.Unmarshal(body, &c); err != nil {
		return arn.Scope{}, err
	}
	if c.Path != path {
		return arn.Scope{}, problem(Denied, "the token of this URL is for another layer")
	}
	if r.now().Unix() >= c.Expires {
		return arn.Scope{}, problem(Denied, "Your authorization token has expired. Reauthenticate and try again.")
	}
	return arn.Scope{Account: c.Account, Region: c.Region}, nil
}

// loadKey reads the key of tokens, or makes it once.
func loadKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if err == nil && len(key) == sha256.Size {
		return key, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key = make([]byte, sha256.Size)
	rand.Read(key) // never fails
	f, err := os.CreateTemp(filepath.Dir(path), ".key-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(key)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return nil, err
	}
	return key, blob.SyncDir(filepath.Dir(path))
}
