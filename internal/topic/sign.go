package topic

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// identity is the key that signs messages, and its certificate, both in PEM. A
// data directory has one.
type identity struct{ Certificate, Key []byte }

var identities = store.NewTable[identity]("sns.identity")

const (
	identityID   = "grue"
	identityLife = 10 * 365 * 24 * time.Hour
	keyBits      = 2048
)

// signer signs messages; the key is made at first use.
type signer struct {
	store *store.Store
	now   func() time.Time

	mu  sync.Mutex
	key *rsa.PrivateKey
	pem []byte
	id  string // of the certificate
}

// load returns with the key there. It needs mu.
func (s *signer) load() error {
	if s.key != nil {
		return nil
	}
	var known *identity
	s.store.View(func(tx *store.Tx) { known, _ = identities.Get(tx, identityID) })
	if known == nil {
		made, err := newIdentity(s.now())
		if err != nil {
			return err
		}
		if err := s.store.Update(func(tx *store.Tx) error {
			identities.Put(tx, identityID, made)
			return nil
		}); err != nil {
			return err
		}
		known = made
	}
	block, _ := pem.Decode(known.Key)
	if block == nil {
		return errors.New("the key that signs SNS messages is damaged")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return fmt.Errorf("the key that signs SNS messages: %w", err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return errors.New("the key that signs SNS messages is no RSA key")
	}
	sum := sha256.Sum256(known.Certificate)
	s.pem, s.id, s.key = known.Certificate, hex.EncodeToString(sum[:16]), private
	return nil
}

func newIdentity(now time.Time) (*identity, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)), Subject: pkix.Name{CommonName: "sns.grue.local", Organization: []string{"grue"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(identityLife),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return &identity{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		Key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}, nil
}

// sign fills in the signature: SHA1 in version 1, SHA256 in version 2.
func (s *signer) sign(e *envelope) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(); err != nil {
		return err
	}
	text := []byte(e.toSign())
	hash, digest := crypto.SHA1, sum1(text)
	if e.SignatureVersion == "2" {
		sum := sha256.Sum256(text)
		hash, digest = crypto.SHA256, sum[:]
	}
	sig, err := rsa.SignPKCS1v15(rand.Reader, s.key, hash, digest)
	e.Signature = base64.StdEncoding.EncodeToString(sig)
	return err
}

func sum1(b []byte) []byte { s := sha1.Sum(b); return s[:] }

// toSign is the text that AWS signs: names and values in the order of the names,
// each on a line.
func (e *envelope) toSign() string {
	fields := []struct{ name, value string }{
		{"Message", e.Message},
		{"MessageId", e.MessageID},
		{"Subject", e.Subject},
		{"SubscribeURL", e.SubscribeURL},
		{"Timestamp", e.Timestamp},
		{"Token", e.Token},
		{"TopicArn", e.TopicARN},
		{"Type", e.Type},
	}
	var b strings.Builder
	for _, f := range fields {
		if f.value != "" {
			b.WriteString(f.name + "\n" + f.value + "\n")
		}
	}
	return b.String()
}

// certificatePath begins the path of the certificate, as in AWS.
const certificatePath = "/SimpleNotificationService-"

// path of the certificate.
func (s *signer) path() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.load()
	return certificatePath + s.id + ".pem", err
}

// Certificate serves the certificate that SigningCertURL names; everything else
// goes to next.
func (t *Topics) Certificate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, certificatePath) || r.Method != http.MethodGet && r.Method != http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		path, err := t.sign.path()
		if err != nil {
			t.log.Error("no certificate for SNS messages", "err", err)
			http.Error(w, "the certificate cannot be read", http.StatusInternalServerError)
			return
		}
		if r.URL.Path != path {
			http.Error(w, "no such certificate", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/x-pem-file")
		_, _ = w.Write(t.sign.pem) // never changes once there is a path
	})
}
