package sts

import (
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Session is a set of temporary credentials and the principal behind them.
type Session struct {
	AccessKey string
	Secret    string
	Token     string
	Expires   time.Time
	Account   string
	ARN       string
	UserID    string
}

// Sessions keeps sessions where the front door can find them.
type Sessions interface {
	Save(s Session) error
	Find(accessKey string) (Session, bool)
}

// newSession makes credentials that nobody can guess.
func newSession(expires time.Time) Session {
	secret, token := make([]byte, 30), make([]byte, 120)
	rand.Read(secret)
	rand.Read(token)
	return Session{
		AccessKey: "ASIA" + rand.Text()[:16],
		Secret:    base64.StdEncoding.EncodeToString(secret),
		Token:     base64.StdEncoding.EncodeToString(token),
		Expires:   expires.UTC().Truncate(time.Second),
	}
}

var sessions = store.NewTable[Session]("sts.session")

// Keys are the sessions in a store.
type Keys struct {
	store *store.Store
	now   func() time.Time
}

// NewKeys returns the sessions in st; now nil is time.Now.
func NewKeys(st *store.Store, now func() time.Time) *Keys {
	if now == nil {
		now = time.Now
	}
	return &Keys{store: st, now: now}
}

// grace keeps an ended session long enough for its client to hear that it
// expired, rather than that it never was.
const grace = time.Hour

// Save stores s and drops the sessions that ended.
func (k *Keys) Save(s Session) error {
	return k.store.Update(func(tx *store.Tx) error {
		for id, old := range sessions.All(tx) {
			if old.Expires.Add(grace).Before(k.now()) {
				sessions.Delete(tx, id)
			}
		}
		sessions.Put(tx, s.AccessKey, &s)
		return nil
	})
}

// Find returns the session of an access key, ended or not.
func (k *Keys) Find(accessKey string) (s Session, ok bool) {
	k.store.View(func(tx *store.Tx) {
		var p *Session
		if p, ok = sessions.Get(tx, accessKey); ok {
			s = *p
		}
	})
	return s, ok
}

// Authenticate is wire.Options.Authenticate for temporary keys.
func (k *Keys) Authenticate(accessKey string) (secret string, c wire.Caller, ok bool) {
	s, ok := k.Find(accessKey)
	if !ok {
		return "", wire.Caller{}, false
	}
	return s.Secret, wire.Caller{Account: s.Account, ARN: s.ARN, UserID: s.UserID, AccessKey: s.AccessKey}, true
}

// Token is wire.Options.Session: it makes clients send the token too.
func (k *Keys) Token(accessKey string) (token string, expires time.Time, ok bool) {
	s, ok := k.Find(accessKey)
	return s.Token, s.Expires, ok
}
