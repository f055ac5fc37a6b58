package acm

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

	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/grue-ecs/grue/internal/store"
)

// authority is the certificate authority of a data directory.
type authority struct {
	Certificate []byte // PEM
	Key         []byte // PEM, PKCS #8
}

var authorities = store.NewTable[authority]("acm.authority")

// authorityID: there is one.
const authorityID = "grue"

// How long certificates last: ACM's 13 months, and ten years for the authority.
const (
	leafLife      = 395 * 24 * time.Hour
	authorityLife = 10 * 365 * 24 * time.Hour
)

// authority returns the certificate authority, made on first use.
func (s *Service) authority() (*authority, error) {
	var a *authority
	s.o.Store.View(func(tx *store.Tx) { a, _ = authorities.Get(tx, authorityID) })
	if a != nil {
		return a, nil
	}
	made, err := newAuthority(s.o.Now())
	if err != nil {
		return nil, err
	}
	err = s.o.Store.Update(func(tx *store.Tx) error {
		if old, ok := authorities.Get(tx, authorityID); ok {
			made = old
			return nil
		}
		authorities.Put(tx, authorityID, made)
		return nil
	})
	return made, err
}

func newAuthority(now time.Time) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("acm: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: "grue local certificate authority", Organization: []string{"grue"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("acm: %w", err)
	}
	text, err := keyPEM(key)
	return &authority{Certificate: certificatePEM(der), Key: text}, err
}

// issue makes a key and a certificate for names.
func (a *authority) issue(names []string, algorithm types.KeyAlgorithm, now time.Time) (chain, key []byte, err error) {
	signer, err := newKey(algorithm)
	if err != nil {
		return nil, nil, err
	}
	block, _ := pem.Decode(a.Certificate)
	parent, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("acm: authority: %w", err)
	}
	keyBlock, _ := pem.Decode(a.Key)
	parentKey, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("acm: authority: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: names[0]},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(leafLife), BasicConstraintsValid: true,
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
		return nil, nil, fmt.Errorf("acm: %w", err)
	}
	key, err = keyPEM(signer)
	return append(certificatePEM(der), a.Certificate...), key, err
}

func newKey(algorithm types.KeyAlgorithm) (crypto.Signer, error) {
	switch algorithm {
	case types.KeyAlgorithmEcPrime256v1:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case types.KeyAlgorithmEcSecp384r1:
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
		return nil, fmt.Errorf("acm: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
