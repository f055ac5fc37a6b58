package acm

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
)

// maxPEM bounds each of the three texts of an import.
const maxPEM = 2 << 20

// ImportCertificate takes a certificate of the user's, or replaces one that was
// imported before.
func (s *Service) ImportCertificate(ctx context.Context, in *acm.ImportCertificateInput) (*acm.ImportCertificateOutput, error) {
	chain, key, err := readImport(in, s.o.Now())
	if err != nil {
		return nil, err
	}
	tags, err := readTags(in.Tags)
	if err != nil {
		return nil, err
	}
	now := s.o.Now().UTC()
	if get(in.CertificateArn) != "" {
		if len(in.Tags) > 0 {
			return nil, invalid("Tagging is not permitted on re-import.")
		}
		return &acm.ImportCertificateOutput{CertificateArn: in.CertificateArn}, s.change(ctx, in.CertificateArn, func(c *elb.Certificate) error {
			if c.Imported.IsZero() {
				return invalid("Certificate %s was not imported and cannot be imported again.", c.ARN)
			}
			c.Chain, c.Key, c.Imported = chain, key, now
			return nil
		})
	}
	c := &elb.Certificate{ARN: newARN(scope(ctx)), Created: now, Imported: now, Chain: chain, Key: key, Tags: tags}
	err = s.o.Store.Update(func(tx *store.Tx) error { elb.PutCertificate(tx, c); return nil })
	return &acm.ImportCertificateOutput{CertificateArn: &c.ARN}, err
}

// readImport validates an import and returns the certificate with its chain, and
// the key, in the form that the load balancers serve.
func readImport(in *acm.ImportCertificateInput, now time.Time) (chain, key []byte, err error) {
	if len(in.Certificate) > maxPEM || len(in.CertificateChain) > maxPEM || len(in.PrivateKey) > maxPEM {
		return nil, nil, invalid("The certificate, its chain and its key can have at most %d bytes each.", maxPEM)
	}
	certs, err := readPEM(in.Certificate)
	if err != nil || len(certs) == 0 {
		return nil, nil, invalid("The certificate field does not contain a certificate in PEM form.")
	}
	if len(certs) > 1 {
		return nil, nil, invalid("The certificate field contains more than one certificate. You can specify only one certificate in this field.")
	}
	issuers, err := readPEM(in.CertificateChain)
	if err != nil {
		return nil, nil, invalid("The certificate chain is not in PEM form: %v", err)
	}
	x := certs[0]
	if err := checkLeaf(x, issuers, now); err != nil {
		return nil, nil, err
	}
	if key, err = readKey(in.PrivateKey, x); err != nil {
		return nil, nil, err
	}
	for _, c := range append(certs, issuers...) {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	if _, err := tls.X509KeyPair(chain, key); err != nil {
		return nil, nil, invalid("The private key does not match the certificate.")
	}
	return chain, key, nil
}

// readPEM reads certificates; other blocks are an error.
func readPEM(text []byte) (certs []*x509.Certificate, err error) {
	for {
		var block *pem.Block
		block, text = pem.Decode(text)
		if block == nil {
			if len(bytes.TrimSpace(text)) > 0 {
				return nil, invalid("it holds something that is no PEM block")
			}
			return certs, nil
		}
		if block.Type != "CERTIFICATE" {
			return nil, invalid("it holds a block of type %s", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		certs = append(certs, c)
	}
}

func checkLeaf(x *x509.Certificate, issuers []*x509.Certificate, now time.Time) error {
	switch {
	case keyAlgorithm(x.PublicKey) == "":
		return invalid("The key algorithm of the certificate is not supported.")
	case now.After(x.NotAfter):
		return invalid("The certificate expired on %s.", x.NotAfter.UTC().Format(time.RFC3339))
	case now.Before(x.NotBefore):
		return invalid("The certificate is not valid before %s.", x.NotBefore.UTC().Format(time.RFC3339))
	case len(names(x)) == 0:
		return invalid("The certificate has no domain name: neither a common name nor a subject alternative name.")
	}
	if len(issuers) == 0 {
		if !bytes.Equal(x.RawIssuer, x.RawSubject) || x.CheckSignature(x.SignatureAlgorithm, x.RawTBSCertificate, x.Signature) != nil {
			return invalid("Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or certificate chain.")
		}
		return nil
	}
	for i, below := 0, x; i < len(issuers); i, below = i+1, issuers[i] {
		if err := below.CheckSignatureFrom(issuers[i]); err != nil {
			return invalid("Could not validate the certificate with the certificate chain: %v.", err)
		}
	}
	return nil
}

// readKey reads a private key without a passphrase and returns it as PEM.
func readKey(text []byte, x *x509.Certificate) ([]byte, error) {
	block, _ := pem.Decode(text)
	for block != nil && block.Type == "EC PARAMETERS" { // OpenSSL writes them first
		_, text, _ = bytes.Cut(text, []byte("-----END EC PARAMETERS-----"))
		block, _ = pem.Decode(text)
	}
	switch {
	case block == nil:
		return nil, invalid("The private key is not in PEM form.")
	case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
		return nil, invalid("The private key must not be protected by a passphrase.")
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, invalid("The private key is not supported.")
	}
	public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(x.PublicKey) {
		return nil, invalid("The private key does not match the certificate.")
	}
	return pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes}), nil
}
