package wire

import "context"

// Caller says who sent a request.
type Caller struct {
	Account   string // twelve digits, from the credential
	Region    string // from the scope of the signature
	ARN       string // of the principal: user, role session or account root
	UserID    string // AWS's unique id of the principal ("AIDA…", "AROA…:session")
	AccessKey string
	RequestID string // repeated to the client as x-amzn-RequestId
	SourceIP  string
	Endpoint  string // how the client reached us: "http://127.0.0.1:4566"
	Local     bool   // a program on this machine: loopback, no proxy, no page of another site
}

type callerKey struct{}

// CallerFrom returns the caller of the request that ctx belongs to, or the
// zero Caller.
func CallerFrom(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// WithCaller returns a context that carries c; the registry uses it for
// requests, tests and internal calls for their own.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}
