package web

import (
	"crypto/subtle"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// credentials is the body of POST /ui/api/session.
type credentials struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SessionToken    string `json:"sessionToken"` // of temporary keys
}

// maxRequest bounds the body of a request.
const maxRequest = 64 << 10

var errSignIn = &Problem{
	Code: "InvalidClientTokenId", Status: http.StatusForbidden,
	Message: "The access key id, the secret access key or the session token is wrong.",
}

// readJSON reads the body of a request, and refuses what is no JSON or has members
// that v has not.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	if t := r.Header.Get("Content-Type"); !strings.HasPrefix(t, "application/json") {
		return &Problem{Code: "InvalidRequest", Message: "Send the body as application/json.", Status: http.StatusUnsupportedMediaType}
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return &Problem{Code: "InvalidRequest", Message: "The body cannot be read: " + err.Error() + "."}
	}
	if _, err := d.Token(); err != io.EOF {
		return &Problem{Code: "InvalidRequest", Message: "The body holds more than one document."}
	}
	return nil
}

// signIn answers POST /ui/api/session.
func (s *Site) signIn(w http.ResponseWriter, r *http.Request) {
	peer, _, _ := net.SplitHostPort(r.RemoteAddr)
	if wait := s.tries.wait(peer, s.opts.Now()); wait > 0 {
		s.fail(w, tooMany(w, wait))
		return
	}
	var in credentials
	if err := readJSON(w, r, &in); err != nil {
		s.fail(w, err)
		return
	}
	c, end, ok := s.check(&in, r)
	if !ok {
		s.tries.wrong(peer, s.opts.Now())
		s.log.Warn("sign-in refused", "peer", peer)
		s.fail(w, errSignIn)
		return
	}
	who, err := s.open(w, r, c, end)
	if err != nil {
		s.fail(w, err)
		return
	}
	reply(w, http.StatusOK, s.sessionView(who))
}

// check finds out whose the credentials are, and when they end.
func (s *Site) check(in *credentials, r *http.Request) (c wire.Caller, end time.Time, ok bool) {
	want := devKey
	if in.AccessKeyID != devKey {
		want, _, ok = s.opts.Authenticate(in.AccessKeyID)
		if !ok {
			want = secret() // takes the same way as a wrong secret
		}
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(in.SecretAccessKey)) != 1 {
		return c, end, false
	}
	if s.opts.Session != nil {
		token, until, temporary := s.opts.Session(in.AccessKeyID)
		if temporary && (subtle.ConstantTimeCompare([]byte(token), []byte(in.SessionToken)) != 1 || !s.opts.Now().Before(until)) {
			return c, end, false
		}
		if temporary {
			end = until
		}
	}
	c, ok = s.caller(in.AccessKeyID, r)
	return c, end, ok
}

// who answers GET /ui/api/session. On loopback it opens a session straight away:
// everybody there knows the development key.
func (s *Site) who(w http.ResponseWriter, r *http.Request) {
	who := s.session(w, r)
	if who == nil {
		if c, ok := s.caller(devKey, r); ok {
			var err error
			if who, err = s.open(w, r, c, time.Time{}); err != nil {
				s.fail(w, err)
				return
			}
		}
	}
	reply(w, http.StatusOK, s.sessionView(who))
}

// signOut answers DELETE /ui/api/session.
func (s *Site) signOut(w http.ResponseWriter, r *http.Request, who *Session) {
	err := s.opts.Store.Update(func(tx *store.Tx) error { tickets.Delete(tx, who.id); return nil })
	if err != nil {
		s.fail(w, err)
		return
	}
	s.setCookie(w, r, "", time.Unix(1, 0))
	reply(w, http.StatusOK, s.sessionView(nil))
}

func (s *Site) sessionView(who *Session) SessionView {
	v := SessionView{Version: s.opts.Version, Minute: s.opts.Minute.Seconds()}
	if who == nil {
		return v
	}
	c := &who.Caller
	v.SignedIn, v.Who, v.Account, v.Region = true, c.ARN, c.Account, c.Region
	v.CSRF, v.Expires = who.CSRF, At(who.Expires)
	s.opts.Store.View(func(tx *store.Tx) { v.Regions = regions(tx, c.Account, c.Region) })
	return v
}

// regions are those in which an account has clusters, and its own.
func regions(tx *store.Tx, account, own string) []string {
	out := []string{own}
	for _, c := range state.Clusters.Prefix(tx, account+"/") {
		if !slices.Contains(out, c.Region) {
			out = append(out, c.Region)
		}
	}
	slices.Sort(out)
	return out
}
