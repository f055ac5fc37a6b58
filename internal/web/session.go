package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net"
	"net/http"
	"time"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

const (
	// sessionLife is how long a session lasts that nobody uses.
	sessionLife = 8 * time.Hour
	// renewAfter is how much of it must be over before use renews it: renewing is a
	// write.
	renewAfter = time.Hour
	// maxSessions bounds the sessions; the one that ends first makes room.
	maxSessions = 2000
	// csrfHeader carries the session's token with everything that changes something.
	csrfHeader = "X-Grue-CSRF"
)

// Session is a browser that signed in.
type Session struct {
	Caller  wire.Caller
	CSRF    string
	Expires time.Time
	id      string // key of its record
}

// ticket is a session as it is kept: a restart of the server signs nobody out.
// Whether the key still works is asked anew with every request.
type ticket struct {
	AccessKey string
	Account   string // of the development key
	Region    string
	CSRF      string
	Expires   time.Time
	// End is when the temporary key of the session ends; zero = it does not.
	End time.Time
}

// tickets by the hash of the cookie: who reads the records cannot sign in.
var tickets = store.NewTable[ticket]("web.session")

// devKey is both halves of the key that works on loopback.
const devKey = "test"

// cookieName has the port: the servers of a machine share their cookies.
func cookieName(r *http.Request) string {
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		return "grue"
	}
	return "grue_" + port
}

func secret() string {
	var b [24]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// session finds the session of a request and renews it; nil = there is none.
func (s *Site) session(w http.ResponseWriter, r *http.Request) *Session {
	c, err := r.Cookie(cookieName(r))
	if err != nil || len(c.Value) > 100 {
		return nil
	}
	id := hashed(c.Value)
	var t *ticket
	s.opts.Store.View(func(tx *store.Tx) { t, _ = tickets.Get(tx, id) })
	who := s.valid(id, t, r)
	if who == nil || who.Expires.Sub(s.opts.Now()) > sessionLife-renewAfter {
		return who
	}
	next := *t
	next.Expires = s.lasts(t.End)
	if next.Expires.Equal(t.Expires) {
		return who
	}
	err = s.opts.Store.Update(func(tx *store.Tx) error {
		if _, ok := tickets.Get(tx, id); ok {
			tickets.Put(tx, id, &next)
		}
		return nil
	})
	if err == nil {
		who.Expires = next.Expires
		s.setCookie(w, r, c.Value, next.Expires)
	}
	return who
}

// alive tells whether a session goes on, for streams.
func (s *Site) alive(who *Session, r *http.Request) bool {
	var t *ticket
	s.opts.Store.View(func(tx *store.Tx) { t, _ = tickets.Get(tx, who.id) })
	return s.valid(who.id, t, r) != nil
}

// valid makes the session of a ticket whose time is not over and whose key works.
func (s *Site) valid(id string, t *ticket, r *http.Request) *Session {
	now := s.opts.Now()
	if t == nil || !now.Before(t.Expires) || !t.End.IsZero() && !now.Before(t.End) {
		return nil
	}
	c, ok := s.caller(t.AccessKey, r)
	if !ok {
		return nil
	}
	c.Region = t.Region
	return &Session{Caller: c, CSRF: t.CSRF, Expires: t.Expires, id: id}
}

// caller is whose an access key is.
func (s *Site) caller(key string, r *http.Request) (wire.Caller, bool) {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	var c wire.Caller
	if key == devKey {
		if !wire.Local(r) {
			return c, false
		}
		account := s.opts.Account
		c = wire.Caller{Account: account, ARN: "arn:aws:iam::" + account + ":root", UserID: account, AccessKey: devKey, Local: true}
	} else {
		_, found, ok := s.opts.Authenticate(key)
		if !ok {
			return c, false
		}
		c = found
		c.AccessKey = key
	}
	c.SourceIP = host
	return c, true
}

// lasts is when a session ends that begins or is renewed now.
func (s *Site) lasts(end time.Time) time.Time {
	t := s.opts.Now().Add(sessionLife)
	if !end.IsZero() && end.Before(t) {
		return end
	}
	return t
}

// open begins a session.
func (s *Site) open(w http.ResponseWriter, r *http.Request, c wire.Caller, end time.Time) (*Session, error) {
	token := secret()
	t := &ticket{AccessKey: c.AccessKey, Account: c.Account, Region: s.opts.Region, CSRF: secret(), Expires: s.lasts(end), End: end}
	id := hashed(token)
	err := s.opts.Store.Update(func(tx *store.Tx) error {
		s.makeRoom(tx)
		tickets.Put(tx, id, t)
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.setCookie(w, r, token, t.Expires)
	c.Region = t.Region
	return &Session{Caller: c, CSRF: t.CSRF, Expires: t.Expires, id: id}, nil
}

// makeRoom drops sessions that are over and, of too many, the one that ends first.
func (s *Site) makeRoom(tx *store.Tx) {
	now, first, ends := s.opts.Now(), "", time.Time{}
	for id, t := range tickets.All(tx) {
		if !now.Before(t.Expires) {
			tickets.Delete(tx, id)
			continue
		}
		if first == "" || t.Expires.Before(ends) {
			first, ends = id, t.Expires
		}
	}
	if tickets.Len(tx) >= maxSessions {
		tickets.Delete(tx, first)
	}
}

func (s *Site) setCookie(w http.ResponseWriter, r *http.Request, token string, expires time.Time) {
	c := &http.Cookie{
		Name: cookieName(r), Value: token, Path: "/ui", Expires: expires, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
