package harness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Subnets are the ids of the default VPC's subnets, read with one signed request
// in EC2's protocol.
func (g *Grue) Subnets(t testing.TB) []string {
	t.Helper()
	var doc struct {
		IDs []string `xml:"subnetSet>item>subnetId"`
	}
	if err := xml.Unmarshal(g.Query(t, "ec2", "Action=DescribeSubnets&Version=2016-11-15"), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.IDs) < 3 {
		t.Fatalf("the default VPC has %d subnets, want 3", len(doc.IDs))
	}
	return doc.IDs
}

// VPC is the id of the default VPC.
func (g *Grue) VPC(t testing.TB) string {
	t.Helper()
	var doc struct {
		IDs []string `xml:"subnetSet>item>vpcId"`
	}
	if err := xml.Unmarshal(g.Query(t, "ec2", "Action=DescribeSubnets&Version=2016-11-15"), &doc); err != nil || len(doc.IDs) == 0 {
		t.Fatal("DescribeSubnets tells no VPC", err)
	}
	return doc.IDs[0]
}

// anew connects for each request: a connection of before may be to a server that was
// killed.
var anew = &http.Transport{DisableKeepAlives: true}

// Query sends a signed form to a service and returns the body of its answer.
func (g *Grue) Query(t testing.TB, service, form string) []byte {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, g.URL()+"/", bytes.NewReader([]byte(form)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	sum := sha256.Sum256([]byte(form))
	key := aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	if err := v4.NewSigner().SignHTTP(context.Background(), key, req, hex.EncodeToString(sum[:]), service, "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: anew}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v\n%s", form, resp.StatusCode, err, body)
	}
	return body
}
