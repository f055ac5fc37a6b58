package acm

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/authority"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// leafLife is how long certificates last: ACM's 13 months.
const leafLife = 395 * 24 * time.Hour

// tokenLife is how long a repeated request with the same token finds the
// certificate of the first one.
const tokenLife = time.Hour

// RequestCertificate issues a certificate at once.
func (s *Service) RequestCertificate(ctx context.Context, in *acm.RequestCertificateInput) (*acm.RequestCertificateOutput, error) {
	c, err := newRequest(in)
	if err != nil {
		return nil, err
	}
	sc := scope(ctx)
	if old := s.requested(sc, c); old != nil {
		return &acm.RequestCertificateOutput{CertificateArn: &old.ARN}, nil
	}
	ca, err := authority.Of(s.o.Store, s.o.Now())
	if err != nil {
		return nil, err
	}
	now := s.o.Now().UTC()
	if c.Chain, c.Key, err = ca.Issue(c.Names, authority.Algorithm(c.KeyAlgorithm), now, leafLife); err != nil {
		return nil, err
	}
	c.ARN, c.Created = newARN(sc), now
	out := c
	err = s.o.Store.Update(func(tx *store.Tx) error {
		if old := sameToken(tx, sc, c, now); old != nil {
			out = old
			return nil
		}
		elb.PutCertificate(tx, c)
		return nil
	})
	return &acm.RequestCertificateOutput{CertificateArn: &out.ARN}, err
}

// newRequest validates a request.
func newRequest(in *acm.RequestCertificateInput) (*elb.Certificate, error) {
	c := &elb.Certificate{
		Domain:           get(in.DomainName),
		ValidationMethod: cmp.Or(string(in.ValidationMethod), string(types.ValidationMethodEmail)),
		KeyAlgorithm:     cmp.Or(string(in.KeyAlgorithm), string(types.KeyAlgorithmRsa2048)),
		Token:            get(in.IdempotencyToken),
	}
	if get(in.CertificateAuthorityArn) != "" {
		return nil, wire.Errorf("InvalidArnException", "Private certificate authorities are not available in this version of grue.")
	}
	switch types.KeyAlgorithm(c.KeyAlgorithm) {
	case types.KeyAlgorithmRsa2048, types.KeyAlgorithmEcPrime256v1, types.KeyAlgorithmEcSecp384r1:
	default:
		return nil, invalid("The key algorithm %s cannot be requested; use RSA_2048, EC_prime256v1 or EC_secp384r1.", c.KeyAlgorithm)
	}
	if !slices.Contains(types.ValidationMethod("").Values(), types.ValidationMethod(c.ValidationMethod)) {
		return nil, invalid("%s is not a validation method; use DNS or EMAIL.", c.ValidationMethod)
	}
	c.Names = []string{c.Domain}
	for _, n := range in.SubjectAlternativeNames {
		if !slices.Contains(c.Names, n) {
			c.Names = append(c.Names, n)
		}
	}
	if len(c.Names) > 100 {
		return nil, wire.Errorf("LimitExceededException", "A certificate can have at most 100 names.")
	}
	for _, n := range c.Names {
		if !validDomain(n) {
			return nil, wire.Errorf("InvalidParameterException", "The domain name '%s' is not valid.", n)
		}
	}
	if o := in.Options; o != nil {
		c.Options = map[string]string{"transparency": string(o.CertificateTransparencyLoggingPreference)}
		if o.Export == types.CertificateExportEnabled {
			return nil, invalid("Exportable certificates are not available in this version of grue.")
		}
	}
	var err error
	c.Tags, err = readTags(in.Tags)
	return c, err
}

// validDomain accepts what ACM does: letters, digits, hyphens, dots, a leading
// wildcard; and, for load balancers are reached by address here, IP addresses.
func validDomain(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	name = strings.TrimPrefix(name, "*.")
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for _, r := range strings.ToLower(label) {
			if !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-') {
				return false
			}
		}
	}
	return true
}

// requested finds the certificate of an earlier request with the same token and
// content.
func (s *Service) requested(sc arn.Scope, c *elb.Certificate) (old *elb.Certificate) {
	s.o.Store.View(func(tx *store.Tx) { old = sameToken(tx, sc, c, s.o.Now()) })
	return old
}

func sameToken(tx *store.Tx, sc arn.Scope, c *elb.Certificate, now time.Time) *elb.Certificate {
	if c.Token == "" {
		return nil
	}
	for old := range elb.Certificates(tx, sc) {
		if old.Token == c.Token && slices.Equal(old.Names, c.Names) && now.Sub(old.Created) < tokenLife {
			return old
		}
	}
	return nil
}
