package acm

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// ListCertificates lists certificates; without a filter of key types only those
// with RSA keys of 1024 and 2048 bits, as ACM does.
func (s *Service) ListCertificates(ctx context.Context, in *acm.ListCertificatesInput) (*acm.ListCertificatesOutput, error) {
	var all []types.CertificateSummary
	var err error
	s.o.Store.View(func(tx *store.Tx) {
		for c := range elb.Certificates(tx, scope(ctx)) {
			var d *types.CertificateDetail
			if d, err = s.detail(tx, c); err != nil {
				return
			}
			if wanted(in, d) {
				all = append(all, summary(d))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if in.SortBy == types.SortByCreatedAt {
		slices.SortStableFunc(all, func(a, b types.CertificateSummary) int { return a.CreatedAt.Compare(*b.CreatedAt) })
	}
	if in.SortOrder == types.SortOrderDescending {
		slices.Reverse(all)
	}
	page, next, err := wire.Page(all, in.NextToken, int(get(in.MaxItems)), 1000, 1000)
	if err != nil {
		return nil, wire.Recode(err, "ValidationException")
	}
	return &acm.ListCertificatesOutput{CertificateSummaryList: append([]types.CertificateSummary{}, page...), NextToken: next}, nil
}

// wanted tells whether a certificate meets the filters.
func wanted(in *acm.ListCertificatesInput, d *types.CertificateDetail) bool {
	if len(in.CertificateStatuses) > 0 && !slices.Contains(in.CertificateStatuses, d.Status) {
		return false
	}
	f := cmp.Or(in.Includes, &types.Filters{})
	keyTypes := f.KeyTypes
	if len(keyTypes) == 0 {
		keyTypes = []types.KeyAlgorithm{types.KeyAlgorithmRsa1024, types.KeyAlgorithmRsa2048}
	}
	if !slices.Contains(keyTypes, d.KeyAlgorithm) || f.ManagedBy != "" || f.ExportOption == types.CertificateExportEnabled {
		return false
	}
	for _, u := range f.KeyUsage {
		if !slices.ContainsFunc(d.KeyUsages, func(k types.KeyUsage) bool { return k.Name == u || u == types.KeyUsageNameAny }) {
			return false
		}
	}
	for _, u := range f.ExtendedKeyUsage {
		if !slices.ContainsFunc(d.ExtendedKeyUsages, func(k types.ExtendedKeyUsage) bool { return k.Name == u || u == types.ExtendedKeyUsageNameAny }) {
			return false
		}
	}
	return true
}

// maxSummaryNames is how many names a summary carries.
const maxSummaryNames = 100

func summary(d *types.CertificateDetail) types.CertificateSummary {
	out := types.CertificateSummary{
		CertificateArn: d.CertificateArn, DomainName: d.DomainName, Status: d.Status, Type: d.Type, KeyAlgorithm: d.KeyAlgorithm,
		CreatedAt: d.CreatedAt, ImportedAt: d.ImportedAt, IssuedAt: d.IssuedAt, NotBefore: d.NotBefore, NotAfter: d.NotAfter,
		InUse: aws.Bool(len(d.InUseBy) > 0), RenewalEligibility: d.RenewalEligibility,
		SubjectAlternativeNameSummaries:      d.SubjectAlternativeNames[:min(len(d.SubjectAlternativeNames), maxSummaryNames)],
		HasAdditionalSubjectAlternativeNames: aws.Bool(len(d.SubjectAlternativeNames) > maxSummaryNames),
	}
	for _, u := range d.KeyUsages {
		out.KeyUsages = append(out.KeyUsages, u.Name)
	}
	for _, u := range d.ExtendedKeyUsages {
		out.ExtendedKeyUsages = append(out.ExtendedKeyUsages, u.Name)
	}
	return out
}
