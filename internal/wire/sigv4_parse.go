package wire

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	sigAlgorithm = "AWS4-HMAC-SHA256"
	sigTime      = "20060102T150405Z"
	// maxExpires is the longest life of a presigned URL: seven days.
	maxExpires = 7 * 24 * time.Hour
)

// signature is what a request says about its own signing.
type signature struct {
	accessKey string
	date      string // yyyymmdd, of the scope
	region    string
	service   string
	headers   []string // signed, lower case, in order
	hex       string
	at        time.Time
	token     string        // of a session
	expires   time.Duration // of a presigned URL, else 0
	presigned bool
}

func (s *signature) scope() string {
	return s.date + "/" + s.region + "/" + s.service + "/aws4_request"
}

// parseSignature reads the Authorization header or the parameters of a
// presigned URL. It returns nil for an unsigned request.
func parseSignature(req *http.Request) (*signature, *authError) {
	if auth := req.Header.Get("Authorization"); auth != "" {
		return parseHeader(req.Header, auth)
	}
	if strings.Contains(req.URL.RawQuery, "X-Amz-Signature=") {
		return parsePresigned(req.URL.Query())
	}
	return nil, nil
}

func parseHeader(h http.Header, auth string) (*signature, *authError) {
	algorithm, rest, _ := strings.Cut(auth, " ")
	if algorithm != sigAlgorithm {
		return nil, incomplete("Unsupported AWS 'algorithm': '%s'; use %s.", clip(algorithm), sigAlgorithm)
	}
	s := &signature{token: h.Get("X-Amz-Security-Token")}
	var credential string
	for part := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return nil, incomplete("'%s' is not a valid key=value pair (missing equal-sign) in Authorization header.", clip(part))
		}
		switch name {
		case "Credential":
			credential = value
		case "SignedHeaders":
			s.headers = strings.Split(value, ";")
		case "Signature":
			s.hex = value
		}
	}
	when := h.Get("X-Amz-Date")
	if when == "" {
		if t, err := http.ParseTime(h.Get("Date")); err == nil {
			when = t.UTC().Format(sigTime)
		}
	}
	return s, s.complete(credential, when)
}

func parsePresigned(q url.Values) (*signature, *authError) {
	if a := q.Get("X-Amz-Algorithm"); a != sigAlgorithm {
		return nil, incomplete("Unsupported AWS 'algorithm': '%s'; use %s.", clip(a), sigAlgorithm)
	}
	seconds, err := strconv.Atoi(q.Get("X-Amz-Expires"))
	if err != nil || seconds < 0 || seconds > int(maxExpires/time.Second) {
		return nil, incomplete("X-Amz-Expires must be a number of seconds from 0 to %d.", int(maxExpires/time.Second))
	}
	s := &signature{
		presigned: true,
		expires:   time.Duration(seconds) * time.Second,
		headers:   strings.Split(q.Get("X-Amz-SignedHeaders"), ";"),
		hex:       q.Get("X-Amz-Signature"),
		token:     q.Get("X-Amz-Security-Token"),
	}
	return s, s.complete(q.Get("X-Amz-Credential"), q.Get("X-Amz-Date"))
}

// complete fills in the scope and the time, and checks that all parts are there.
func (s *signature) complete(credential, when string) *authError {
	parts := strings.Split(credential, "/")
	n := len(parts)
	if n < 5 || parts[n-1] != "aws4_request" {
		return incomplete("Credential must have at least 5 slash-delimited elements, the last of them aws4_request, e.g. keyid/date/region/service/aws4_request.")
	}
	s.accessKey = strings.Join(parts[:n-4], "/")
	s.date, s.region, s.service = parts[n-4], parts[n-3], parts[n-2]
	if s.accessKey == "" || !isRegion(s.region) || s.service == "" {
		return incomplete("The Credential names no access key, region or service.")
	}
	if len(s.hex) != 64 || len(s.headers) == 0 || s.headers[0] == "" {
		return incomplete("Authorization header requires 'SignedHeaders' and 'Signature' parameters.")
	}
	at, err := time.Parse(sigTime, when)
	if err != nil {
		return incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header, in the form %s.", sigTime)
	}
	s.at = at
	if at.Format("20060102") != s.date {
		return badSignature("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s'.", clip(s.date), at.Format("20060102"))
	}
	return nil
}

// isRegion keeps what becomes part of keys and ARNs to what regions look like.
func isRegion(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// clip shortens what a stranger sent before it is quoted.
func clip(s string) string {
	if len(s) > 100 {
		return s[:100] + "…"
	}
	return s
}
