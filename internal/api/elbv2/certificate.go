package elbv2

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// checkTLS validates certificate and policy as given for a listener and sets
// them. A listener that becomes HTTP or TCP loses both.
func (s *Service) checkTLS(tx *store.Tx, l *elb.Listener, given []types.Certificate, policy string) error {
	if !l.Secure() {
		if len(given) > 0 || policy != "" {
			return badConfiguration("Certificates and security policies are not supported on listeners of protocol '%s'", l.Protocol)
		}
		l.Certificate, l.Certificates, l.SSLPolicy = "", nil, ""
		return nil
	}
	if len(given) > 1 {
		return wire.Errorf("TooManyCertificatesException", "You can specify one default certificate; add others with AddListenerCertificates")
	}
	if len(given) == 1 {
		if err := knownCertificate(tx, l, given[0]); err != nil {
			return err
		}
		l.Certificate = get(given[0].CertificateArn)
	}
	if l.Certificate == "" && (s.o.Strict || l.Protocol == "TLS") {
		return invalid("A certificate must be specified for %s listeners", l.Protocol)
	}
	if policy != "" && policyNamed(policy) == nil {
		return wire.Errorf("SSLPolicyNotFoundException", "SSL policy '%s' not found", policy)
	}
	l.SSLPolicy = cmp.Or(policy, l.SSLPolicy, defaultPolicy)
	return nil
}

// knownCertificate finds a certificate of the listener's account and region.
func knownCertificate(tx *store.Tx, l *elb.Listener, c types.Certificate) error {
	value := get(c.CertificateArn)
	a, ok := arn.Parse(value)
	switch {
	case value == "":
		return required("certificates.1.member.certificateArn")
	case !ok || a.Service != "acm" && a.Service != "iam":
		return invalid("Certificate ARN '%s' is not valid", value)
	case c.IsDefault != nil:
		return invalid("IsDefault cannot be specified for a certificate")
	}
	home, _ := arn.Parse(l.LoadBalancer)
	if _, ok := elb.GetCertificate(tx, value); !ok || a.Region != home.Region || a.Account != home.Account {
		return wire.Errorf("CertificateNotFoundException", "Certificate '%s' not found", value)
	}
	return nil
}

// DescribeListenerCertificates lists the default certificate and the others.
func (s *Service) DescribeListenerCertificates(ctx context.Context, in *elasticloadbalancingv2.DescribeListenerCertificatesInput) (*elasticloadbalancingv2.DescribeListenerCertificatesOutput, error) {
	var l *elb.Listener
	var err error
	s.o.Store.View(func(tx *store.Tx) { l, err = listener(ctx, tx, in.ListenerArn) })
	if err != nil {
		return nil, err
	}
	all := []types.Certificate{}
	if l.Certificate != "" {
		all = append(all, types.Certificate{CertificateArn: &l.Certificate, IsDefault: aws.Bool(true)})
	}
	for i := range l.Certificates {
		all = append(all, types.Certificate{CertificateArn: &l.Certificates[i], IsDefault: aws.Bool(false)})
	}
	out := &elasticloadbalancingv2.DescribeListenerCertificatesOutput{}
	out.Certificates, out.NextMarker, err = pageInOrder(all, in.Marker, in.PageSize)
	return out, err
}

// AddListenerCertificates adds a certificate to be chosen by server name. One that
// is there already is no error.
func (s *Service) AddListenerCertificates(ctx context.Context, in *elasticloadbalancingv2.AddListenerCertificatesInput) (*elasticloadbalancingv2.AddListenerCertificatesOutput, error) {
	if len(in.Certificates) == 0 {
		return nil, invalid("A certificate must be specified")
	}
	out := &elasticloadbalancingv2.AddListenerCertificatesOutput{}
	return out, s.changeCertificates(ctx, in.ListenerArn, func(tx *store.Tx, l *elb.Listener) error {
		out.Certificates = []types.Certificate{}
		for _, c := range in.Certificates {
			if err := knownCertificate(tx, l, c); err != nil {
				return err
			}
			if value := get(c.CertificateArn); value != l.Certificate && !slices.Contains(l.Certificates, value) {
				l.Certificates = append(l.Certificates, value)
			}
			out.Certificates = append(out.Certificates, types.Certificate{CertificateArn: c.CertificateArn, IsDefault: aws.Bool(get(c.CertificateArn) == l.Certificate)})
		}
		if len(l.Certificates) > maxCertificates {
			return wire.Errorf("TooManyCertificatesException", "A listener can have at most %d certificates beside its default", maxCertificates)
		}
		return nil
	})
}

// RemoveListenerCertificates removes certificates; the default one can only be
// replaced.
func (s *Service) RemoveListenerCertificates(ctx context.Context, in *elasticloadbalancingv2.RemoveListenerCertificatesInput) (*elasticloadbalancingv2.RemoveListenerCertificatesOutput, error) {
	if len(in.Certificates) == 0 {
		return nil, invalid("A certificate must be specified")
	}
	return &elasticloadbalancingv2.RemoveListenerCertificatesOutput{}, s.changeCertificates(ctx, in.ListenerArn, func(_ *store.Tx, l *elb.Listener) error {
		for _, c := range in.Certificates {
			value := get(c.CertificateArn)
			if value != "" && value == l.Certificate {
				return notPermitted("The default certificate cannot be removed; replace it with ModifyListener")
			}
			l.Certificates = slices.DeleteFunc(l.Certificates, func(other string) bool { return other == value })
		}
		return nil
	})
}

func (s *Service) changeCertificates(ctx context.Context, listenerARN *string, change func(*store.Tx, *elb.Listener) error) error {
	return s.update(func(tx *store.Tx) error {
		l, err := listener(ctx, tx, listenerARN)
		if err != nil {
			return err
		}
		if !l.Secure() {
			return wire.Errorf("UnsupportedProtocolException", "Certificates are not supported on listeners of protocol '%s'", l.Protocol)
		}
		next := *l
		next.Certificates = slices.Clone(l.Certificates)
		if err := change(tx, &next); err != nil {
			return err
		}
		elb.PutListener(tx, &next)
		return nil
	})
}
