package elbv2

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/wire"
)

// defaultPolicy is the security policy of a listener that names none.
const defaultPolicy = "ELBSecurityPolicy-2016-08"

// policy is a predefined security policy.
type policy struct {
	name      string
	protocols []string
	ciphers   []string
}

// Cipher suites, strongest first; policies are made of these groups.
var (
	tls13    = []string{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
	ecdheGCM = []string{"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"}
	ecdheCBC = []string{"ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384"}
	ecdheSHA = []string{"ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES256-SHA"}
	rsaGCM   = []string{"AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA256", "AES256-SHA256"}
	rsaSHA   = []string{"AES128-SHA", "AES256-SHA"}
)

func suites(groups ...[]string) []string { return slices.Concat(groups...) }

var (
	from10 = []string{"TLSv1", "TLSv1.1", "TLSv1.2"}
	from11 = []string{"TLSv1.1", "TLSv1.2"}
	from12 = []string{"TLSv1.2"}
)

// policies are the security policies of load balancers of both types.
var policies = []policy{
	{"ELBSecurityPolicy-2016-08", from10, suites(ecdheGCM, ecdheCBC, ecdheSHA, rsaGCM, rsaSHA)},
	{"ELBSecurityPolicy-FS-1-1-2019-08", from11, suites(ecdheGCM, ecdheCBC, ecdheSHA)},
	{"ELBSecurityPolicy-FS-1-2-2019-08", from12, suites(ecdheGCM, ecdheCBC, ecdheSHA)},
	{"ELBSecurityPolicy-FS-1-2-Res-2019-08", from12, suites(ecdheGCM, ecdheCBC)},
	{"ELBSecurityPolicy-FS-1-2-Res-2020-10", from12, suites(ecdheGCM)},
	{"ELBSecurityPolicy-FS-2018-06", from10, suites(ecdheGCM, ecdheCBC, ecdheSHA)},
	{"ELBSecurityPolicy-TLS-1-1-2017-01", from11, suites(ecdheGCM, ecdheCBC, ecdheSHA, rsaGCM, rsaSHA)},
	{"ELBSecurityPolicy-TLS-1-2-2017-01", from12, suites(ecdheGCM, ecdheCBC, rsaGCM)},
	{"ELBSecurityPolicy-TLS-1-2-Ext-2018-06", from12, suites(ecdheGCM, ecdheCBC, ecdheSHA, rsaGCM, rsaSHA)},
	{"ELBSecurityPolicy-TLS13-1-0-2021-06", append(slices.Clone(from10), "TLSv1.3"), suites(tls13, ecdheGCM, ecdheCBC, ecdheSHA, rsaGCM, rsaSHA)},
	{"ELBSecurityPolicy-TLS13-1-1-2021-06", append(slices.Clone(from11), "TLSv1.3"), suites(tls13, ecdheGCM, ecdheCBC, ecdheSHA, rsaGCM, rsaSHA)},
	{"ELBSecurityPolicy-TLS13-1-2-2021-06", []string{"TLSv1.2", "TLSv1.3"}, suites(tls13, ecdheGCM, ecdheCBC)},
	{"ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", []string{"TLSv1.2", "TLSv1.3"}, suites(tls13, ecdheGCM, ecdheCBC, rsaGCM)},
	{"ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", []string{"TLSv1.2", "TLSv1.3"}, suites(tls13, ecdheGCM, ecdheCBC, ecdheSHA, rsaGCM, rsaSHA)},
	{"ELBSecurityPolicy-TLS13-1-2-Res-2021-06", []string{"TLSv1.2", "TLSv1.3"}, suites(tls13, ecdheGCM)},
	{"ELBSecurityPolicy-TLS13-1-3-2021-06", []string{"TLSv1.3"}, suites(tls13)},
}

func policyNamed(name string) *policy {
	for i := range policies {
		if policies[i].name == name {
			return &policies[i]
		}
	}
	return nil
}

// DescribeSSLPolicies lists the security policies, all or those named.
func (s *Service) DescribeSSLPolicies(_ context.Context, in *elasticloadbalancingv2.DescribeSSLPoliciesInput) (*elasticloadbalancingv2.DescribeSSLPoliciesOutput, error) {
	found := policies
	if len(in.Names) > 0 {
		found = nil
		for _, name := range in.Names {
			p := policyNamed(name)
			if p == nil {
				return nil, wire.Errorf("SSLPolicyNotFoundException", "SSL policy '%s' not found", name)
			}
			found = append(found, *p)
		}
	}
	if in.LoadBalancerType == types.LoadBalancerTypeEnumGateway {
		found = nil
	}
	list, next, err := pageInOrder(found, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &elasticloadbalancingv2.DescribeSSLPoliciesOutput{SslPolicies: []types.SslPolicy{}, NextMarker: next}
	for _, p := range list {
		shown := types.SslPolicy{Name: aws.String(p.name), SslProtocols: p.protocols, SupportedLoadBalancerTypes: []string{"application", "network"}}
		for i, c := range p.ciphers {
			shown.Ciphers = append(shown.Ciphers, types.Cipher{Name: aws.String(c), Priority: aws.Int32(int32(i + 1))})
		}
		out.SslPolicies = append(out.SslPolicies, shown)
	}
	return out, nil
}
