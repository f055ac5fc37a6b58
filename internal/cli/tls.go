package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// certLife is how long a self-made certificate is good; the longest that Apple's
// systems accept.
const certLife = 825 * 24 * time.Hour

// tls tells whether the API at addr is served with TLS: away from loopback
// always, for signatures do not hide secrets.
func (f *serverFlags) tls(addr net.Addr) bool {
	return f.TLSCert != "" || !loopback(addr)
}

func loopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// apiURL is where clients find the API. A wildcard address is reached through
// loopback, too.
func apiURL(addr net.Addr, secure bool) string {
	scheme, host := "http", addr.String()
	if secure {
		scheme = "https"
	}
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		host = net.JoinHostPort("127.0.0.1", fmt.Sprint(tcp.Port))
	}
	return scheme + "://" + host
}

// withTLS wraps a listener with the user's certificate or a self-made one.
func (f *serverFlags) withTLS(l net.Listener) (net.Listener, error) {
	cert, key := f.TLSCert, f.TLSKey
	if cert == "" {
		cert = filepath.Join(f.Data, "tls", "cert.pem")
		key = filepath.Join(f.Data, "tls", "key.pem")
		if err := makeCert(cert, key, l.Addr()); err != nil {
			return nil, err
		}
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("cannot use the certificate %s with the key %s: %w", cert, key, err)
	}
	return tls.NewListener(l, &tls.Config{
		Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12,
	}), nil
}

// makeCert writes a self-signed certificate for this machine, unless a good one
// is there.
func makeCert(certFile, keyFile string, addr net.Addr) error {
	if goodCert(certFile, keyFile, addr) {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	tmpl := certTemplate(addr)
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(keyFile), 0o700); err != nil {
		return err
	}
	return errors.Join(
		writePEM(keyFile, "PRIVATE KEY", keyDER, 0o600),
		writePEM(certFile, "CERTIFICATE", der, 0o644),
	)
}

// goodCert tells whether the files are a pair that lasts another week and names
// the address.
func goodCert(certFile, keyFile string, addr net.Addr) bool {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil || pair.Leaf == nil || time.Until(pair.Leaf.NotAfter) < 7*24*time.Hour {
		return false
	}
	tcp, ok := addr.(*net.TCPAddr)
	return !ok || tcp.IP.IsUnspecified() || pair.Leaf.VerifyHostname(tcp.IP.String()) == nil
}

func certTemplate(addr net.Addr) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // never fails
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "grue"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(certLife),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:        true, BasicConstraintsValid: true,
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if name, err := os.Hostname(); err == nil {
		t.DNSNames = append(t.DNSNames, name)
	}
	if tcp, ok := addr.(*net.TCPAddr); ok && !tcp.IP.IsUnspecified() {
		t.IPAddresses = append(t.IPAddresses, tcp.IP)
	} else if all, err := net.InterfaceAddrs(); err == nil {
		for _, a := range all {
			if n, ok := a.(*net.IPNet); ok {
				t.IPAddresses = append(t.IPAddresses, n.IP)
			}
		}
	}
	return t
}

// writePEM replaces a file as a whole.
func writePEM(file, kind string, der []byte, mode fs.FileMode) error {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	fresh := file + ".new"
	if err := os.WriteFile(fresh, text, mode); err != nil {
		return err
	}
	return os.Rename(fresh, file)
}
