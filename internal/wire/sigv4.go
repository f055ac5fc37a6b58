package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxSkew is how far the client's clock may be off.
const maxSkew = 5 * time.Minute

// keyring caches derived signing keys: four HMACs a client a day.
type keyring struct {
	mu   sync.RWMutex
	keys map[ringKey][32]byte
}

type ringKey struct{ secret, date, region, service string }

// maxKeys bounds the cache; a full one starts again.
const maxKeys = 4096

func (k *keyring) signing(secret string, s *signature) [32]byte {
	rk := ringKey{secret, s.date, s.region, s.service}
	k.mu.RLock()
	key, ok := k.keys[rk]
	k.mu.RUnlock()
	if ok {
		return key
	}
	sum := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.region, s.service, "aws4_request"} {
		sum = sumHMAC(sum, []byte(part))
	}
	key = [32]byte(sum)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil || len(k.keys) >= maxKeys {
		k.keys = map[ringKey][32]byte{}
	}
	k.keys[rk] = key
	return key
}

func sumHMAC(key, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(data)
	return h.Sum(nil)
}

// verify checks the signature of req, whose raw body is body.
func (k *keyring) verify(req *http.Request, body []byte, s *signature, secret string, now time.Time) *authError {
	if err := s.fresh(now); err != nil {
		return err
	}
	if err := s.coversHeaders(req); err != nil {
		return err
	}
	hash, err := payloadHash(req, body, s)
	if err != nil {
		return err
	}
	b := make([]byte, 0, 1024)
	b = appendCanonical(b, req, s, hash)
	sum := sha256.Sum256(b)
	b = append(b[:0], sigAlgorithm...)
	b = s.at.AppendFormat(append(b, '\n'), sigTime)
	b = append(append(append(b, '\n'), s.scope()...), '\n')
	b = hex.AppendEncode(b, sum[:])
	key := k.signing(secret, s)
	want := hex.AppendEncode(nil, sumHMAC(key[:], b))
	if subtle.ConstantTimeCompare(want, []byte(s.hex)) != 1 {
		return badSignature("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

// fresh refuses requests from another time: a recorded one must not work later.
func (s *signature) fresh(now time.Time) *authError {
	now = now.UTC()
	if s.at.After(now.Add(maxSkew)) {
		return &authError{kind: authExpired, message: "Signature not yet current: " + s.at.Format(sigTime) + " is still later than " +
			now.Add(maxSkew).Format(sigTime) + " (" + now.Format(sigTime) + " + 5 min.)"}
	}
	life := maxSkew
	if s.presigned {
		life = s.expires
	}
	if oldest := now.Add(-life); s.at.Before(oldest) {
		return &authError{kind: authExpired, message: "Signature expired: " + s.at.Format(sigTime) + " is now earlier than " +
			oldest.Format(sigTime) + " (" + now.Format(sigTime) + " - " + strconv.Itoa(int(life.Seconds())) + " s)"}
	}
	return nil
}

// coversHeaders requires the signature to cover the host and every x-amz-
// header: they steer the request. The session's token may be left out; it is
// checked against the session instead.
func (s *signature) coversHeaders(req *http.Request) *authError {
	if !slices.Contains(s.headers, "host") {
		return badSignature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range req.Header {
		if len(name) < 6 || !strings.EqualFold(name[:6], "x-amz-") {
			continue
		}
		lower := strings.ToLower(name)
		if lower != "x-amz-security-token" && !slices.Contains(s.headers, lower) {
			return badSignature("The header '%s' must be signed.", clip(lower))
		}
	}
	return nil
}

// payloadHash is the last line of the canonical request. A client may declare
// the hash, and must then keep its word, or decline to sign the body.
func payloadHash(req *http.Request, body []byte, s *signature) (string, *authError) {
	declared := req.Header.Get("X-Amz-Content-Sha256")
	if s.presigned && declared == "" {
		declared = req.URL.Query().Get("X-Amz-Content-Sha256")
	}
	if declared == "UNSIGNED-PAYLOAD" || strings.HasPrefix(declared, "STREAMING-") {
		return declared, nil
	}
	sum := sha256.Sum256(body)
	actual := hex.EncodeToString(sum[:])
	if declared != "" && declared != actual {
		return "", badSignature("The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return actual, nil
}

// appendCanonical writes the canonical request: method, path, query, headers,
// names of the headers, hash of the body.
func appendCanonical(b []byte, req *http.Request, s *signature, payload string) []byte {
	b = append(append(b, req.Method...), '\n')
	b = appendPath(b, req.URL.EscapedPath(), s.service != "s3")
	b = append(b, '\n')
	b = appendQuery(b, req.URL.RawQuery)
	b = append(b, '\n')
	for _, name := range s.headers {
		b = append(append(b, name...), ':')
		b = appendHeader(b, req, name)
		b = append(b, '\n')
	}
	b = append(b, '\n')
	for i, name := range s.headers {
		if i > 0 {
			b = append(b, ';')
		}
		b = append(b, name...)
	}
	return append(append(b, '\n'), payload...)
}

// appendPath normalises the path as it was sent and encodes it once more; S3
// alone signs it unchanged.
func appendPath(b []byte, path string, encode bool) []byte {
	if path == "" || path == "/" {
		return append(b, '/')
	}
	if !encode {
		return append(b, path...)
	}
	var kept []string
	for seg := range strings.SplitSeq(path, "/") {
		switch seg {
		case "", ".":
		case "..":
			kept = kept[:max(len(kept)-1, 0)]
		default:
			kept = append(kept, seg)
		}
	}
	for _, seg := range kept {
		b = appendURI(append(b, '/'), seg)
	}
	if len(kept) == 0 || strings.HasSuffix(path, "/") {
		b = append(b, '/')
	}
	return b
}

// appendQuery writes the parameters sorted by encoded name, then value, without
// the signature itself.
func appendQuery(b []byte, raw string) []byte {
	if raw == "" {
		return b
	}
	var pairs [][2]string
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, value = reencode(name), reencode(value)
		if pair != "" && name != "X-Amz-Signature" {
			pairs = append(pairs, [2]string{name, value})
		}
	}
	slices.SortFunc(pairs, func(x, y [2]string) int {
		if c := strings.Compare(x[0], y[0]); c != 0 {
			return c
		}
		return strings.Compare(x[1], y[1])
	})
	for i, p := range pairs {
		if i > 0 {
			b = append(b, '&')
		}
		b = append(append(append(b, p[0]...), '='), p[1]...)
	}
	return b
}

func reencode(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		s = plain
	}
	return string(appendURI(nil, s))
}

// appendURI percent-encodes all but RFC 3986's unreserved characters.
func appendURI(b []byte, s string) []byte {
	const upperHex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '~':
			b = append(b, c)
		default:
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return b
}

// appendHeader writes the values of a header, trimmed and with runs of spaces
// made one. Go keeps Host and Content-Length outside of the header map.
func appendHeader(b []byte, req *http.Request, name string) []byte {
	switch name {
	case "host":
		return append(b, req.Host...)
	case "content-length":
		if req.Header.Get("Content-Length") == "" && req.ContentLength >= 0 {
			return strconv.AppendInt(b, req.ContentLength, 10)
		}
	}
	for i, v := range req.Header.Values(name) {
		if i > 0 {
			b = append(b, ',')
		}
		v = strings.TrimSpace(v)
		if !strings.Contains(v, "  ") {
			b = append(b, v...)
			continue
		}
		b = append(b, strings.Join(strings.Fields(v), " ")...)
	}
	return b
}
