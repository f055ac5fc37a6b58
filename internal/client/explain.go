package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Unreachable says that nobody answered at an endpoint.
type Unreachable struct {
	Where string // Client.Where
	aws   bool
	err   error
}

func (u *Unreachable) Error() string {
	var unknown x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var record tls.RecordHeaderError
	switch {
	case errors.As(u.err, &unknown):
		return fmt.Sprintf("the certificate of %s is not trusted: give it with --ca-file (grue's own is tls/cert.pem in its data directory)", u.Where)
	case errors.As(u.err, &hostname):
		return fmt.Sprintf("the certificate of %s is for another host: %v", u.Where, hostname)
	case errors.As(u.err, &record):
		return fmt.Sprintf("%s does not speak TLS: say http:// instead of https://", u.Where)
	case u.aws:
		return fmt.Sprintf("%s cannot be reached: %v", u.Where, u.err)
	}
	return fmt.Sprintf("no grue answers at %s: start it with 'grue up', or say --aws to use Amazon ECS", u.Where)
}

func (u *Unreachable) Unwrap() error { return u.err }

// unreachable stops retries of connections that nobody accepts.
func unreachable(err error) aws.Ternary {
	var u *Unreachable
	if errors.As(err, &u) && !u.aws {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// caller is the HTTP client of all services; it names the endpoint in errors.
type caller struct {
	next   aws.HTTPClient
	client *Client
}

// Do sends a request.
func (c *caller) Do(req *http.Request) (*http.Response, error) {
	resp, err := c.next.Do(req)
	if err != nil && req.Context().Err() == nil && connecting(err) {
		err = &Unreachable{Where: c.client.Where(), aws: c.client.Endpoint == "", err: err}
	}
	return resp, err
}

// connecting tells whether an error is one of making a connection.
func connecting(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") || errors.As(err, &dns) || errors.As(err, &cert) || errors.As(err, &record)
}

// Is tells whether err is AWS's exception of that name.
func Is(err error, code string) bool {
	var e smithy.APIError
	return errors.As(err, &e) && e.ErrorCode() == code
}

// Explain makes one sentence of an SDK's error, without request ids: what AWS
// said, or that nobody answered. Other errors stay as they are, nil too.
func Explain(err error) error {
	var u *Unreachable
	if errors.As(err, &u) {
		return u
	}
	var e smithy.APIError
	var status *smithyhttp.ResponseError
	switch {
	case errors.As(err, &e):
	case errors.As(err, &status):
		return fmt.Errorf("the endpoint does not answer as AWS does: status %d; is it an ECS?", status.HTTPStatusCode())
	default:
		return err
	}
	hint := ""
	switch e.ErrorCode() {
	case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch":
		hint = " (the development key of a grue on this machine is AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test)"
	case "ClusterNotFoundException":
		hint = " (choose a cluster with --cluster NAME or GRUE_CLUSTER)"
	}
	return fmt.Errorf("%s: %s%s", e.ErrorCode(), e.ErrorMessage(), hint)
}
