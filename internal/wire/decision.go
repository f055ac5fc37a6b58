package wire

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Headers in which a client tells why a person calls, and through what. They
// need not be signed; AWS ignores them, so a client may always send them.
const (
	// HeaderReason is why: at most MaxReason characters of UTF-8, percent-encoded as
	// in a URL ("100%25 sure"; a blank may stay a blank).
	HeaderReason = "X-Grue-Reason"
	// HeaderFrom is through what: "cli", "dashboard" or "link"; all else is "api".
	HeaderFrom = "X-Grue-From"
	// HeaderAction tells why a deployment is started: "RETRY" of one that failed, or
	// "REVISION", a return to a former revision.
	HeaderAction = "X-Grue-Action"
)

// MaxReason bounds a reason, in characters.
const MaxReason = 1000

// Decision is why a person makes a call that steers a deployment, and from
// where. Who and when are known anyway.
type Decision struct {
	Reason string // "" = not told
	// From is how the call came and the address of who sent it: "cli 127.0.0.1",
	// "dashboard ::1", "link 10.0.0.7", "api 192.0.2.1".
	From   string
	Action string // of a call that starts a deployment: "RETRY", "REVISION" or ""
}

type decisionKey struct{}

// WithDecision returns a context that carries d, for calls inside the process;
// the registry does it for requests.
func WithDecision(ctx context.Context, d Decision) context.Context {
	return context.WithValue(ctx, decisionKey{}, d)
}

// DecisionOf returns the decision of ctx. Where there is none it knows only the
// address of the caller.
func DecisionOf(ctx context.Context) Decision {
	if d, ok := ctx.Value(decisionKey{}).(Decision); ok {
		return d
	}
	return Decision{From: strings.TrimSpace("api " + CallerFrom(ctx).SourceIP)}
}

// CheckReason cuts the blanks around a reason and checks it.
func CheckReason(text string) (string, *Error) {
	text = strings.TrimSpace(text)
	switch {
	case !utf8.ValidString(text):
		return "", Errorf("ValidationException", "The reason must be UTF-8.")
	case utf8.RuneCountInString(text) > MaxReason:
		return "", Errorf("ValidationException", "The reason must be at most %d characters long.", MaxReason)
	}
	return text, nil
}

// decision reads the headers of a request.
func decision(req *http.Request) (Decision, *Error) {
	d := Decision{From: "api"}
	if from := req.Header.Get(HeaderFrom); from == "cli" || from == "dashboard" || from == "link" {
		d.From = from
	}
	d.From = strings.TrimSpace(d.From + " " + sourceIP(req))
	switch d.Action = req.Header.Get(HeaderAction); d.Action {
	case "", "RETRY", "REVISION":
	default:
		return d, Errorf("ValidationException", "The header %s must be RETRY or REVISION.", HeaderAction)
	}
	text, err := url.PathUnescape(req.Header.Get(HeaderReason))
	if err != nil {
		return d, Errorf("ValidationException", "The header %s must be percent-encoded UTF-8: write %% as %%25.", HeaderReason)
	}
	reason, werr := CheckReason(text)
	d.Reason = reason
	return d, werr
}
