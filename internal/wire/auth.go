package wire

import (
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// authKind is why a request was not let in; every protocol has its own code for
// each.
type authKind int

const (
	authMissing    authKind = iota // not signed at all
	authIncomplete                 // signed, but not readably
	authUnknown                    // no such access key
	authSignature                  // the signature is wrong
	authExpired                    // the signature is from another time
	authToken                      // the session is over
)

type authError struct {
	kind    authKind
	message string
}

func incomplete(format string, args ...any) *authError {
	return &authError{authIncomplete, fmt.Sprintf(format, args...)}
}

func badSignature(format string, args ...any) *authError {
	return &authError{authSignature, fmt.Sprintf(format, args...)}
}

var errUnsigned = &authError{authMissing, "Missing Authentication Token: sign the request with Signature Version 4."}

// authCodes are AWS's words for each kind: JSON and CBOR, query, EC2.
var authCodes = map[authKind][3]string{
	authMissing:    {"MissingAuthenticationTokenException", "MissingAuthenticationToken", "AuthFailure"},
	authIncomplete: {"IncompleteSignatureException", "IncompleteSignature", "AuthFailure"},
	authUnknown:    {"UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure"},
	authSignature:  {"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure"},
	authExpired:    {"InvalidSignatureException", "SignatureDoesNotMatch", "RequestExpired"},
	authToken:      {"ExpiredTokenException", "ExpiredToken", "RequestExpired"},
}

// wire words the error for a protocol. Query services say 403; those of JSON
// say 400, but for REST, which says 403 as well; EC2 says 401.
func (e *authError) wire(p Protocol) *Error {
	codes := authCodes[e.kind]
	switch p {
	case Query:
		return &Error{Code: codes[1], Message: e.message, Status: http.StatusForbidden}
	case EC2Query:
		if codes[2] == "AuthFailure" {
			return &Error{Code: codes[2], Message: e.message, Status: http.StatusUnauthorized}
		}
		return &Error{Code: codes[2], Message: e.message}
	case RESTJSON:
		return &Error{Code: codes[0], Message: e.message, Status: http.StatusForbidden}
	}
	return &Error{Code: codes[0], Message: e.message}
}

// devKey is both halves of the key that works on loopback.
const devKey = "test"

// authenticate finds out who sent the request, and that it was them.
func (r *Registry) authenticate(req *http.Request, body []byte, s *signature, service string) (Caller, *authError) {
	if s.service != service {
		return Caller{}, badSignature("Credential should be scoped to correct service: '%s'.", service)
	}
	secret, c, err := r.credential(req, s)
	if err != nil {
		return Caller{}, err
	}
	if err := r.keys.verify(req, body, s, secret, r.opts.Now()); err != nil {
		return Caller{}, err
	}
	if err := r.checkSession(s); err != nil {
		return Caller{}, err
	}
	c.Region, c.AccessKey = s.region, s.accessKey
	return c, nil
}

func (r *Registry) credential(req *http.Request, s *signature) (string, Caller, *authError) {
	if s.accessKey == devKey && r.opts.LoopbackDevKey && fromHere(req) {
		return devKey, r.defaultCaller(), nil
	}
	if r.opts.Authenticate != nil {
		if secret, c, ok := r.opts.Authenticate(s.accessKey); ok {
			return secret, c, nil
		}
	}
	message := "The security token included in the request is invalid."
	if s.accessKey == devKey {
		message += " The development key works only for clients on the machine that runs the server."
	}
	return "", Caller{}, &authError{authUnknown, message}
}

// checkSession compares the token of a temporary key with that of its session.
func (r *Registry) checkSession(s *signature) *authError {
	if r.opts.Session == nil {
		return nil
	}
	token, expires, ok := r.opts.Session(s.accessKey)
	if !ok {
		return nil
	}
	if subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) != 1 {
		return &authError{authUnknown, "The security token included in the request is invalid."}
	}
	if !r.opts.Now().Before(expires) {
		return &authError{authToken, "The security token included in the request is expired."}
	}
	return nil
}

// defaultCaller is the root of the default account.
func (r *Registry) defaultCaller() Caller {
	account := r.opts.DefaultAccount
	return Caller{
		Account: account,
		Region:  r.opts.DefaultRegion,
		ARN:     "arn:aws:iam::" + account + ":root",
		UserID:  account,
	}
}

// fromHere says that the request comes from a program on this machine: from
// loopback, not through a proxy, and not from a page of some other site in a
// browser here.
func fromHere(req *http.Request) bool {
	peer, err := netip.ParseAddrPort(req.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"} {
		if req.Header.Get(h) != "" {
			return false
		}
	}
	return !fromOtherSite(req)
}

// Local tells whether a request comes from a program on this machine that called
// it by a name of loopback: not through a proxy, and not from a page of another
// site, under whatever name that reaches this machine.
func Local(req *http.Request) bool {
	return fromHere(req) && isLoopbackName((&url.URL{Host: req.Host}).Hostname())
}

// fromOtherSite: the development key is public, so any page could sign requests
// with it. Browsers say where a request comes from in Sec-Fetch-Site and, for
// all but GET, in Origin. A GET to a name that an attacker let point to loopback
// shows neither, but it shows the name.
func fromOtherSite(req *http.Request) bool {
	if site := req.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return true
	}
	if origin := req.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		return err != nil || !isLoopbackName(u.Hostname())
	}
	return (req.Method == http.MethodGet || req.Method == http.MethodHead) && !isLoopbackName((&url.URL{Host: req.Host}).Hostname())
}

func isLoopbackName(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func sourceIP(req *http.Request) string {
	host, _, err := net.SplitHostPort(req.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}
