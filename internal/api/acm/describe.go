package acm

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
)

// DescribeCertificate describes a certificate.
func (s *Service) DescribeCertificate(ctx context.Context, in *acm.DescribeCertificateInput) (*acm.DescribeCertificateOutput, error) {
	out := &acm.DescribeCertificateOutput{}
	var failed error
	err := s.view(ctx, in.CertificateArn, func(tx *store.Tx, c *elb.Certificate) {
		out.Certificate, failed = s.detail(tx, c)
	})
	return out, cmp.Or(err, failed)
}

func (s *Service) detail(tx *store.Tx, c *elb.Certificate) (*types.CertificateDetail, error) {
	x, err := leaf(c)
	if err != nil {
		return nil, err
	}
	d := &types.CertificateDetail{
		CertificateArn:          &c.ARN,
		DomainName:              aws.String(cmp.Or(c.Domain, domain(x))),
		SubjectAlternativeNames: names(x),
		Subject:                 aws.String(x.Subject.String()),
		Issuer:                  aws.String(cmp.Or(x.Issuer.CommonName, x.Issuer.String())),
		Serial:                  aws.String(serial(x)),
		NotBefore:               aws.Time(x.NotBefore),
		NotAfter:                aws.Time(x.NotAfter),
		CreatedAt:               &c.Created,
		KeyAlgorithm:            keyAlgorithm(x.PublicKey),
		SignatureAlgorithm:      aws.String(signature(x)),
		KeyUsages:               usagesOf(x),
		ExtendedKeyUsages:       extendedUsagesOf(x),
		InUseBy:                 append([]string{}, elb.UsesCertificate(tx, c.ARN)...),
		Status:                  types.CertificateStatusIssued,
		RenewalEligibility:      types.RenewalEligibilityIneligible,
		Options:                 &types.CertificateOptions{CertificateTransparencyLoggingPreference: types.CertificateTransparencyLoggingPreferenceDisabled},
	}
	if s.o.Now().After(x.NotAfter) {
		d.Status = types.CertificateStatusExpired
	}
	if !c.Imported.IsZero() {
		d.Type, d.ImportedAt = types.CertificateTypeImported, &c.Imported
		return d, nil
	}
	d.Type, d.IssuedAt = types.CertificateTypeAmazonIssued, &c.Created
	d.Options.CertificateTransparencyLoggingPreference = types.CertificateTransparencyLoggingPreference(
		cmp.Or(c.Options["transparency"], string(types.CertificateTransparencyLoggingPreferenceEnabled)))
	d.Options.Export = types.CertificateExportDisabled
	for _, name := range c.Names {
		d.DomainValidationOptions = append(d.DomainValidationOptions, validation(c, name))
	}
	return d, nil
}

// validation is the proof of ownership of one name, which succeeded.
func validation(c *elb.Certificate, name string) types.DomainValidation {
	v := types.DomainValidation{
		DomainName: aws.String(name), ValidationDomain: aws.String(name),
		ValidationMethod: types.ValidationMethod(c.ValidationMethod), ValidationStatus: types.DomainStatusSuccess,
	}
	base := strings.TrimPrefix(name, "*.")
	if v.ValidationMethod == types.ValidationMethodDns {
		v.ResourceRecord = &types.ResourceRecord{
			Type:  types.RecordTypeCname,
			Name:  aws.String("_" + digest("name", c.ARN, base) + "." + base + "."),
			Value: aws.String("_" + digest("value", c.ARN, base) + ".acm-validations.aws."),
		}
		return v
	}
	for _, who := range []string{"admin", "administrator", "hostmaster", "postmaster", "webmaster"} {
		v.ValidationEmails = append(v.ValidationEmails, who+"@"+base)
	}
	return v
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// GetCertificate returns a certificate and its chain as PEM.
func (s *Service) GetCertificate(ctx context.Context, in *acm.GetCertificateInput) (*acm.GetCertificateOutput, error) {
	out := &acm.GetCertificateOutput{}
	return out, s.view(ctx, in.CertificateArn, func(_ *store.Tx, c *elb.Certificate) {
		certificate, chain := split(c)
		out.Certificate = &certificate
		if chain != "" {
			out.CertificateChain = &chain
		}
	})
}
