package secretsmanager

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// ListSecrets lists secrets without their values, the newest first unless asked
// otherwise.
func (s *Service) ListSecrets(ctx context.Context, in *sm.ListSecretsInput) (*sm.ListSecretsOutput, error) {
	for _, f := range in.Filters {
		if !slices.Contains(f.Key.Values(), f.Key) {
			return nil, wire.Errorf("ValidationException", "1 validation error detected: Value '%s' at 'filters.member.key' failed to satisfy constraint: Member must satisfy enum value set: %v", f.Key, f.Key.Values())
		}
	}
	var found, over []*secret.Secret
	s.store.View(func(tx *store.Tx) {
		for _, x := range secret.Secrets(tx, scopeOf(ctx)) {
			switch {
			case s.purged(x):
				over = append(over, x)
			case !x.Deleted.IsZero() && !aws.ToBool(in.IncludePlannedDeletion):
			case passes(x, in.Filters):
				found = append(found, x)
			}
		}
	})
	if err := s.purge(over); err != nil {
		return nil, err
	}
	sortSecrets(found, in.SortBy, in.SortOrder)
	page, next, err := wire.Page(found, in.NextToken, int(aws.ToInt32(in.MaxResults)), 100, 100)
	if err != nil {
		if in.NextToken != nil {
			return nil, wire.Errorf("InvalidNextTokenException", "Invalid NextToken.")
		}
		return nil, err
	}
	out := &sm.ListSecretsOutput{SecretList: []types.SecretListEntry{}, NextToken: next}
	for _, x := range page {
		out.SecretList = append(out.SecretList, types.SecretListEntry{
			ARN: aws.String(x.ARN()), Name: &x.Name, Description: optional(x.Description), KmsKeyId: optional(x.KMSKey),
			Type: optional(x.Type), CreatedDate: &x.Created, LastChangedDate: &x.Changed,
			LastAccessedDate: optionalTime(x.Accessed), DeletedDate: optionalTime(x.Deleted),
			Tags: tagsOf(x), SecretVersionsToStages: stagesOf(x),
		})
	}
	return out, nil
}

func sortSecrets(list []*secret.Secret, by types.SortByType, order types.SortOrderType) {
	slices.SortFunc(list, func(a, b *secret.Secret) int {
		if by == types.SortByTypeName {
			return strings.Compare(a.Name, b.Name)
		}
		x, y := a.Created, b.Created
		switch by {
		case types.SortByTypeLastChangedDate:
			x, y = a.Changed, b.Changed
		case types.SortByTypeLastAccessedDate:
			x, y = a.Accessed, b.Accessed
		}
		if c := x.Compare(y); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	if order != types.SortOrderTypeAsc {
		slices.Reverse(list)
	}
}

// passes holds a secret against all filters.
func passes(x *secret.Secret, filters []types.Filter) bool {
	for _, f := range filters {
		if !pass(x, f) {
			return false
		}
	}
	return true
}

// pass: values match by their beginning, a leading "!" turns one round. Any of
// the values is enough.
func pass(x *secret.Secret, f types.Filter) bool {
	for _, want := range f.Values {
		want, not := strings.CutPrefix(want, "!")
		hit := slices.ContainsFunc(fields(x, f.Key), func(have string) bool {
			switch f.Key {
			case types.FilterNameStringTypeDescription, types.FilterNameStringTypeAll: // not case-sensitive
				return strings.HasPrefix(strings.ToLower(have), strings.ToLower(want)) || anyWord(have, want)
			}
			return strings.HasPrefix(have, want)
		})
		if hit != not {
			return true
		}
	}
	return false
}

func anyWord(text, prefix string) bool {
	return slices.ContainsFunc(strings.Fields(strings.ToLower(text)), func(w string) bool {
		return strings.HasPrefix(w, strings.ToLower(prefix))
	})
}

// fields are the texts that a filter looks at.
func fields(x *secret.Secret, key types.FilterNameStringType) (out []string) {
	all := key == types.FilterNameStringTypeAll
	if all || key == types.FilterNameStringTypeName {
		out = append(out, x.Name)
	}
	if all || key == types.FilterNameStringTypeDescription {
		out = append(out, x.Description)
	}
	if all || key == types.FilterNameStringTypePrimaryRegion {
		out = append(out, x.Region)
	}
	for _, t := range x.Tags {
		if all || key == types.FilterNameStringTypeTagKey {
			out = append(out, t.Key)
		}
		if all || key == types.FilterNameStringTypeTagValue {
			out = append(out, t.Value)
		}
	}
	return out
}
