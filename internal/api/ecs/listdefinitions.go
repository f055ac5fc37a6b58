package ecs

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
)

// hasRevision matches "family:7" and ARNs that end so.
var hasRevision = regexp.MustCompile(`:[0-9]+$`)

func (r *request) definitionARN(ref string) string {
	if arn.Is(ref) {
		return ref
	}
	return r.ECS("task-definition/" + ref)
}

// ListTaskDefinitions lists revisions: families in order of name, revisions in
// order of number. familyPrefix is a whole family name.
func (s *Service) ListTaskDefinitions(ctx context.Context, in *sdk.ListTaskDefinitionsInput) (*sdk.ListTaskDefinitionsOutput, error) {
	if err := oneOf("status", in.Status, in.Status.Values()); err != nil {
		return nil, err
	}
	if err := oneOf("sort", in.Sort, in.Sort.Values()); err != nil {
		return nil, err
	}
	status := in.Status
	if status == "" {
		status = types.TaskDefinitionStatusActive
	}
	var found []*state.TaskDefinition
	if err := s.view(ctx, func(r *request) error {
		prefix := r.Key("")
		if f := get(in.FamilyPrefix); f != "" {
			prefix = r.Key(f, "")
		}
		for _, td := range state.TaskDefinitions.Prefix(r.Tx, prefix) {
			if td.Def.V.Status == status {
				found = append(found, td)
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	key := func(td *state.TaskDefinition) string { return fmt.Sprintf("%s/%010d", td.Family, td.Revision) }
	if in.Sort == types.SortOrderDesc {
		key = func(td *state.TaskDefinition) string {
			return invert(td.Family) + fmt.Sprintf("%010d", 1<<31-td.Revision)
		}
	}
	slices.SortFunc(found, func(a, b *state.TaskDefinition) int { return strings.Compare(key(a), key(b)) })
	page, next, err := pageBy(found, key, in.NextToken, in.MaxResults, 100)
	out := &sdk.ListTaskDefinitionsOutput{TaskDefinitionArns: []string{}, NextToken: next}
	for _, td := range page {
		out.TaskDefinitionArns = append(out.TaskDefinitionArns, get(td.Def.V.TaskDefinitionArn))
	}
	return out, err
}

// invert maps a name so that ascending order becomes descending: a prefix of
// another name comes after it.
func invert(name string) string {
	b := []byte(name)
	for i := range b {
		b[i] = 0x7f - b[i]
	}
	return string(b) + "\x7f"
}

// ListTaskDefinitionFamilies lists family names. INACTIVE families have no ACTIVE
// revision.
func (s *Service) ListTaskDefinitionFamilies(ctx context.Context, in *sdk.ListTaskDefinitionFamiliesInput) (*sdk.ListTaskDefinitionFamiliesOutput, error) {
	if err := oneOf("status", in.Status, in.Status.Values()); err != nil {
		return nil, err
	}
	var names []string
	if err := s.view(ctx, func(r *request) error {
		for _, f := range state.Families.Prefix(r.Tx, r.Key(get(in.FamilyPrefix))) {
			any, live := r.family(f.Name)
			switch in.Status {
			case types.TaskDefinitionFamilyStatusActive:
				any = live
			case types.TaskDefinitionFamilyStatusInactive:
				any = any && !live
			}
			if any {
				names = append(names, f.Name)
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	page, next, err := pageARNs(names, in.NextToken, in.MaxResults, 100)
	return &sdk.ListTaskDefinitionFamiliesOutput{Families: page, NextToken: next}, err
}

// family tells whether a family has revisions, and ACTIVE ones.
func (r *request) family(name string) (any, live bool) {
	for _, td := range state.TaskDefinitions.Prefix(r.Tx, r.Key(name, "")) {
		any = true
		if td.Def.V.Status == types.TaskDefinitionStatusActive {
			return true, true
		}
	}
	return any, false
}
