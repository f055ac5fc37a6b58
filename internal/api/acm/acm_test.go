package acm

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/authority"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
	"github.com/grue-ecs/grue/test/boto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = wire.WithCaller(context.Background(), wire.Caller{Account: "000000000000", Region: "us-east-1"})

func newService(t testing.TB) (*Service, *store.Store) {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return New(Options{Store: st}), st
}

// pair is a certificate authority and a certificate of it.
func pair(t testing.TB, now time.Time, names ...string) (cert, chain, key []byte) {
	t.Helper()
	ca, err := authority.New(now)
	if err != nil {
		t.Fatal(err)
	}
	all, key, err := ca.Issue(names, authority.P256, now, leafLife)
	if err != nil {
		t.Fatal(err)
	}
	leafPEM, chainPEM := split(&elb.Certificate{Chain: all})
	return []byte(leafPEM), []byte(chainPEM), key
}

func code(err error) string {
	var e *wire.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestImport(t *testing.T) {
	s, st := newService(t)
	cert, chain, key := pair(t, time.Now(), "web.example.com", "10.9.0.1")
	out, err := s.ImportCertificate(ctx, &acm.ImportCertificateInput{Certificate: cert, CertificateChain: chain, PrivateKey: key, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: out.CertificateArn})
	if err != nil {
		t.Fatal(err)
	}
	c := d.Certificate
	if *c.DomainName != "web.example.com" || strings.Join(c.SubjectAlternativeNames, " ") != "web.example.com 10.9.0.1" ||
		c.Type != types.CertificateTypeImported || c.Status != types.CertificateStatusIssued || c.KeyAlgorithm != types.KeyAlgorithmEcPrime256v1 || c.ImportedAt == nil {
		t.Errorf("%+v", c)
	}
	st.View(func(tx *store.Tx) {
		record, _ := elb.GetCertificate(tx, *out.CertificateArn)
		if _, err := tls.X509KeyPair(record.Chain, record.Key); err != nil {
			t.Error(err)
		}
	})
	got, err := s.GetCertificate(ctx, &acm.GetCertificateInput{CertificateArn: out.CertificateArn})
	if err != nil || *got.Certificate != string(cert) || *got.CertificateChain != string(chain) {
		t.Errorf("%v, %v", got, err)
	}
	cert, chain, key = pair(t, time.Now(), "new.example.com")
	if _, err := s.ImportCertificate(ctx, &acm.ImportCertificateInput{Certificate: cert, CertificateChain: chain, PrivateKey: key, CertificateArn: out.CertificateArn}); err != nil {
		t.Fatal(err)
	}
	if d, _ := s.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: out.CertificateArn}); *d.Certificate.DomainName != "new.example.com" {
		t.Errorf("%+v", d.Certificate)
	}
}

func TestImportRefuses(t *testing.T) {
	s, _ := newService(t)
	cert, chain, key := pair(t, time.Now(), "web.example.com")
	_, otherChain, otherKey := pair(t, time.Now(), "web.example.com")
	oldCert, oldChain, oldKey := pair(t, time.Now().Add(-2*leafLife), "web.example.com")
	for name, in := range map[string]*acm.ImportCertificateInput{
		"nothing":           {},
		"no certificate":    {Certificate: []byte("hello"), CertificateChain: chain, PrivateKey: key},
		"two certificates":  {Certificate: append(cert, chain...), PrivateKey: key},
		"other key":         {Certificate: cert, CertificateChain: chain, PrivateKey: otherKey},
		"no key":            {Certificate: cert, CertificateChain: chain},
		"other chain":       {Certificate: cert, CertificateChain: otherChain, PrivateKey: key},
		"no chain":          {Certificate: cert, PrivateKey: key},
		"key as chain":      {Certificate: cert, CertificateChain: key, PrivateKey: key},
		"expired":           {Certificate: oldCert, CertificateChain: oldChain, PrivateKey: oldKey},
		"text before chain": {Certificate: cert, CertificateChain: append(chain, "x"...), PrivateKey: key},
	} {
		if _, err := s.ImportCertificate(ctx, in); code(err) != "ValidationException" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.ImportCertificate(ctx, &acm.ImportCertificateInput{Certificate: cert, CertificateChain: chain, PrivateKey: key, CertificateArn: aws.String("x")}); code(err) != "InvalidArnException" {
		t.Error(err)
	}
}

func TestRequest(t *testing.T) {
	s, st := newService(t)
	in := &acm.RequestCertificateInput{
		DomainName: aws.String("*.example.com"), SubjectAlternativeNames: []string{"example.com", "10.9.0.1"},
		ValidationMethod: types.ValidationMethodDns, IdempotencyToken: aws.String("abc"), KeyAlgorithm: types.KeyAlgorithmEcPrime256v1,
	}
	out, err := s.RequestCertificate(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.RequestCertificate(ctx, in); err != nil || *again.CertificateArn != *out.CertificateArn {
		t.Errorf("%v, %v", again, err)
	}
	d, err := s.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: out.CertificateArn})
	if err != nil {
		t.Fatal(err)
	}
	c := d.Certificate
	if c.Status != types.CertificateStatusIssued || c.Type != types.CertificateTypeAmazonIssued || len(c.DomainValidationOptions) != 3 ||
		c.DomainValidationOptions[0].ValidationStatus != types.DomainStatusSuccess ||
		*c.DomainValidationOptions[0].ResourceRecord.Name != *c.DomainValidationOptions[1].ResourceRecord.Name {
		t.Errorf("%+v", c)
	}
	st.View(func(tx *store.Tx) {
		record, _ := elb.GetCertificate(tx, *out.CertificateArn)
		x, _ := leaf(record)
		_, chain := split(record)
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM([]byte(chain))
		for _, name := range []string{"www.example.com", "example.com", "10.9.0.1"} {
			if _, err := x.Verify(x509.VerifyOptions{DNSName: name, Roots: roots}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	if _, err := s.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: aws.String("a b")}); code(err) != "InvalidParameterException" {
		t.Error(err)
	}
}

func TestDeleteInUse(t *testing.T) {
	s, st := newService(t)
	out, err := s.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: aws.String("example.com"), KeyAlgorithm: types.KeyAlgorithmEcPrime256v1})
	if err != nil {
		t.Fatal(err)
	}
	const lb = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/50dc6c495c0c9188"
	if err := st.Update(func(tx *store.Tx) error {
		elb.PutLoadBalancer(tx, &elb.LoadBalancer{ARN: lb})
		elb.PutListener(tx, &elb.Listener{ARN: elb.ListenerARN(lb, "1"), LoadBalancer: lb, Certificates: []string{*out.CertificateArn}})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: out.CertificateArn}); code(err) != "ResourceInUseException" {
		t.Error(err)
	}
	if d, _ := s.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: out.CertificateArn}); len(d.Certificate.InUseBy) != 1 {
		t.Errorf("%+v", d.Certificate.InUseBy)
	}
	if err := st.Update(func(tx *store.Tx) error { elb.DeleteLoadBalancer(tx, lb); return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: out.CertificateArn}); err != nil {
		t.Error(err)
	}
}

func TestBoto3(t *testing.T) {
	python3 := boto.Python(t)
	s, _ := newService(t)
	r := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	r.Add(s.Spec(), s)
	h := httptest.NewServer(r)
	defer h.Close()
	cmd := exec.Command(python3, filepath.Join("testdata", "life.py"), h.URL)
	cmd.Env = append(cmd.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_DEFAULT_REGION=us-east-1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func FuzzReadImport(f *testing.F) {
	cert, chain, key := pair(f, time.Now(), "a.example.com")
	f.Add(cert, chain, key)
	f.Add([]byte("-----BEGIN EC PARAMETERS-----\n-----END EC PARAMETERS-----\n"), chain, key)
	f.Fuzz(func(t *testing.T, cert, chain, key []byte) {
		c, k, err := readImport(&acm.ImportCertificateInput{Certificate: cert, CertificateChain: chain, PrivateKey: key}, time.Now())
		if err != nil {
			return
		}
		if _, err := tls.X509KeyPair(c, k); err != nil {
			t.Errorf("accepted what cannot be served: %v", err)
		}
	})
}
