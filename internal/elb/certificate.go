package elb

import (
	"iter"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Certificate is a TLS certificate of ACM. What it says is read from the PEM.
type Certificate struct {
	ARN              string
	Created          time.Time // or imported first
	Imported         time.Time // zero = issued here
	Chain            []byte    // PEM: the certificate, then its issuers
	Key              []byte    // PEM
	Domain           string    // as requested
	Names            []string  // as requested
	ValidationMethod string
	KeyAlgorithm     string
	Token            string // idempotency token of the request
	Options          map[string]string
	Tags             map[string]string
}

var certificates = store.NewTable[Certificate]("acm.certificate")

// GetCertificate returns the certificate with an ARN.
func GetCertificate(tx *store.Tx, certificateARN string) (*Certificate, bool) {
	return certificates.Get(tx, certificateARN)
}

// Certificates walks the certificates of a scope.
func Certificates(tx *store.Tx, s arn.Scope) iter.Seq[*Certificate] {
	return values(certificates.Prefix(tx, arn.Make("acm", s.Region, s.Account, "certificate/")))
}

// PutCertificate writes a certificate.
func PutCertificate(tx *store.Tx, c *Certificate) {
	touch(tx)
	certificates.Put(tx, c.ARN, c)
}

// DeleteCertificate removes a certificate; the caller made sure that no listener
// uses it.
func DeleteCertificate(tx *store.Tx, certificateARN string) {
	touch(tx)
	certificates.Delete(tx, certificateARN)
}
