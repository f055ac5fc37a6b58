package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/netip"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// Authority is the certificate authority of a data directory.
type Authority struct {
	Certificate []byte // PEM
	Key         []byte // PEM, PKCS #8
}

var authorities = store.NewTable[Authority]("acm.authority")

// id: there is one.
const id = "grue"

// life of the authority: ten years.
const life = 10 * 365 * 24 * time.Hour

// Algorithm of a key, as AWS Certificate Manager calls it.
type Algorithm string

// Algorithms; anything else is RSA with 2048 bits.
const (
	P256 Algorithm = "EC_prime256v1"
	P384 Algorithm = "EC_secp384r1"
)

// Of returns the certificate authority of a store, made on first use.
func Of(st *store.Store, now time.Time) (*Authority, error) {
	var a *Authority
	st.View(func(tx *store.Tx) { a, _ = authorities.Get(tx, id) })
	if a != nil {
		return a, nil
	}
	made, err := New(now)
	if err != nil {
		return nil, err
	}
	err = st.Update(func(tx *store.Tx) error {
		if old, ok := authorities.Get(tx, id); ok {
			made = old
			return nil
		}
		authorities.Put(tx, id, made)
		return nil
	})
	return made, err
}

// New makes an authority.
func New(now time.Time) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: "grue local certificate authority", Organization: []string{"grue"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(life),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	text, err := keyPEM(key)
	return &Authority{Certificate: certificatePEM(der), Key: text}, err
}

// Issue makes a key and a certificate for names, DNS names or addresses, that is
// good for the time given. The chain ends with the authority's certificate.
func (a *Authority) Issue(names []string, algorithm Algorithm, now time.Time, good time.Duration) (chain, key []byte, err error) {
	signer, err := newKey(algorithm)
	if err != nil {
		return nil, nil, err
	}
	block, _ := pem.Decode(a.Certificate)
	parent, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate authority: %w", err)
	}
	keyBlock, _ := pem.Decode(a.Key)
	parentKey, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate authority: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: names[0]},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(good), BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, n := range names {
		if ip, err := netip.ParseAddr(n); err == nil {
			template.IPAddresses = append(template.IPAddresses, ip.AsSlice())
			continue
		}
		template.DNSNames = append(template.DNSNames, n)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, signer.Public(), parentKey)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate: %w", err)
	}
	key, err = keyPEM(signer)
	return append(certificatePEM(der), a.Certificate...), key, err
}

func newKey(algorithm Algorithm) (crypto.Signer, error) {
	switch algorithm {
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	}
	return rsa.GenerateKey(rand.Reader, 2048)
}

func newSerial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err) // the system's randomness never fails
	}
	return n.Add(n, big.NewInt(1))
}

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func keyPEM(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
