package rig

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Call is one AWS request. Target is the operation of a JSON service
// ("AmazonEC2ContainerServiceV20141113.DescribeServices"); without it the body
// is a form of a query service.
type Call struct {
	Host, Service, Target, Body string
}

// ECS is a call of Amazon ECS.
func ECS(host, operation, body string) Call {
	return Call{host, "ecs", "AmazonEC2ContainerServiceV20141113." + operation, body}
}

// STS asks who the caller is.
func STS(host string) Call {
	return Call{host, "sts", "", "Action=GetCallerIdentity&Version=2011-06-15"}
}

// Request is the call, signed with the development key.
func (c Call) Request(t testing.TB) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://"+c.Host+"/", bytes.NewReader([]byte(c.Body)))
	if err != nil {
		t.Fatal(err)
	}
	if c.Target != "" {
		req.Header.Set("Content-Type", "application/x-amz-json-1.1")
		req.Header.Set("X-Amz-Target", c.Target)
	} else {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	}
	sum := sha256.Sum256([]byte(c.Body))
	key := aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	if err := v4.NewSigner().SignHTTP(context.Background(), key, req, hex.EncodeToString(sum[:]), c.Service, "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	return req
}

// Bytes is the signed call as it goes over a connection: an SDK would cost more
// than the server that is measured.
func (c Call) Bytes(t testing.TB) []byte {
	t.Helper()
	req := c.Request(t)
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", c.Host, len(c.Body))
	if err := req.Header.Write(&b); err != nil {
		t.Fatal(err)
	}
	b.WriteString("\r\n")
	b.WriteString(c.Body)
	return b.Bytes()
}
