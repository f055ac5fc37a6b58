package proxy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// tlsConfig makes a listener's TLS settings: the certificates that the table
// names, chosen by SNI with the first one as default, or a self-signed one when
// there is none.
func (p *Proxy) tlsConfig(t *route.Table, l *route.Listener) (*tls.Config, error) {
	var certs []tls.Certificate
	for _, arn := range l.Certs {
		pem, ok := t.Certs[arn]
		if !ok {
			return nil, fmt.Errorf("certificate %s is not in the table", arn)
		}
		cert, err := tls.X509KeyPair(pem.Chain, pem.Key)
		if err != nil {
			return nil, fmt.Errorf("certificate %s: %w", arn, err)
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		cert, err := p.ownCertificate()
		if err != nil {
			return nil, err
		}
		certs = append(certs, *cert)
	}
	c := &tls.Config{Certificates: certs, NextProtos: []string{"http/1.1"}}
	if l.Attributes.HTTP2 {
		c.NextProtos = []string{"h2", "http/1.1"}
	}
	if l.Protocol == route.ProtocolTLS {
		c.NextProtos = alpnProtocols(l.ALPN)
	}
	applyPolicy(c, l.SSLPolicy)
	return c, nil
}

// alpnProtocols are what an ALPN policy offers, the preferred one first. A client
// of HTTP2Only that does not speak HTTP/2 is refused.
func alpnProtocols(policy string) []string {
	switch policy {
	case "HTTP1Only":
		return []string{"http/1.1", "http/1.0"}
	case "HTTP2Only":
		return []string{"h2"}
	case "HTTP2Optional":
		return []string{"http/1.1", "http/1.0", "h2"}
	case "HTTP2Preferred":
		return []string{"h2", "http/1.1", "http/1.0"}
	}
	return nil
}

// applyPolicy restricts the versions to those of a security policy: names with
// TLS13-1-3 allow 1.3 alone, the oldest ones and the default 1.2 and 1.3 here,
// for Go's library considers nothing below safe.
func applyPolicy(c *tls.Config, policy string) {
	c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS13
	switch {
	case strings.Contains(policy, "TLS13-1-3"):
		c.MinVersion = tls.VersionTLS13
	case policy != "" && !strings.Contains(policy, "TLS13") && !strings.Contains(policy, "2016-08"):
		c.MaxVersion = tls.VersionTLS12
	}
}

// ownCertificate is a self-signed certificate, one for the life of the process.
func (p *Proxy) ownCertificate() (*tls.Certificate, error) {
	p.selfSigned.Do(func() { p.ownCert, p.ownCertErr = selfSign("localhost", "*.elb.amazonaws.com") })
	return p.ownCert, p.ownCertErr
}

func selfSign(names ...string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "grue load balancer"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(10, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     names,
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// tlsVersionName and cipherName are the words of x-amzn-tls-version and
// x-amzn-tls-cipher-suite, and of the access log.
func tlsVersionName(v uint16) string {
	return strings.Replace(tls.VersionName(v), "TLS 1.", "TLSv1.", 1)
}

func cipherName(id uint16) string {
	switch id { // OpenSSL's names of the usual ones
	case tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:
		return "ECDHE-RSA-AES128-GCM-SHA256"
	case tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:
		return "ECDHE-RSA-AES256-GCM-SHA384"
	case tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:
		return "ECDHE-ECDSA-AES128-GCM-SHA256"
	case tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:
		return "ECDHE-ECDSA-AES256-GCM-SHA384"
	case tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:
		return "ECDHE-RSA-CHACHA20-POLY1305"
	case tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256:
		return "ECDHE-ECDSA-CHACHA20-POLY1305"
	}
	return tls.CipherSuiteName(id)
}
