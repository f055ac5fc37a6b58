package iam

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// maxAttached is AWS's default limit of managed policies for a role or user.
const maxAttached = 20

// Grants are the policies of a role or a user.
type Grants struct {
	Inline   map[string]string // name → document
	Attached []string          // ARNs, sorted
	Boundary string            // ARN
}

// withInline returns g with one inline policy more or changed.
func (g Grants) withInline(name, document string) Grants {
	g.Inline = maps.Clone(g.Inline)
	if g.Inline == nil {
		g.Inline = map[string]string{}
	}
	g.Inline[name] = document
	return g
}

// withoutInline returns g without an inline policy; owner is for the error.
func (g Grants) withoutInline(owner, name string) (Grants, error) {
	if _, ok := g.Inline[name]; !ok {
		return g, noSuch("The %s policy with name %s cannot be found.", owner, name)
	}
	g.Inline = maps.Clone(g.Inline)
	delete(g.Inline, name)
	return g, nil
}

// attach adds a managed policy; attaching it again changes nothing.
func (g Grants) attach(tx *store.Tx, h home, policyARN *string) (Grants, error) {
	if _, err := findPolicy(tx, h, policyARN); err != nil {
		return g, err
	}
	if slices.Contains(g.Attached, *policyARN) {
		return g, nil
	}
	if len(g.Attached) >= maxAttached {
		return g, limit("Cannot exceed quota for PoliciesPerRole: %d", maxAttached)
	}
	g.Attached = append(slices.Clone(g.Attached), *policyARN)
	slices.Sort(g.Attached)
	return g, nil
}

// detach removes a managed policy.
func (g Grants) detach(policyARN *string) (Grants, error) {
	i := slices.Index(g.Attached, aws.ToString(policyARN))
	if i < 0 {
		return g, noSuch("Policy %s was not found.", aws.ToString(policyARN))
	}
	g.Attached = slices.Delete(slices.Clone(g.Attached), i, i+1)
	return g, nil
}

// deletable: an entity goes only after its policies.
func (g Grants) deletable() error {
	switch {
	case len(g.Attached) > 0:
		return conflict("Cannot delete entity, must detach all policies first.")
	case len(g.Inline) > 0:
		return conflict("Cannot delete entity, must delete policies first.")
	}
	return nil
}

func (g Grants) boundary() *types.AttachedPermissionsBoundary {
	if g.Boundary == "" {
		return nil
	}
	return &types.AttachedPermissionsBoundary{
		PermissionsBoundaryArn:  aws.String(g.Boundary),
		PermissionsBoundaryType: types.PermissionsBoundaryAttachmentTypePolicy,
	}
}

// inlineNames are the names of the inline policies, sorted.
func (g Grants) inlineNames() []string { return slices.Sorted(maps.Keys(g.Inline)) }

// attached lists the managed policies under a path.
func (g Grants) attached(tx *store.Tx, h home, prefix *string) []types.AttachedPolicy {
	var list []types.AttachedPolicy
	for _, a := range g.Attached {
		p, err := findPolicy(tx, h, &a)
		if err == nil && under(p.Path, prefix) {
			list = append(list, types.AttachedPolicy{PolicyArn: aws.String(a), PolicyName: aws.String(arn.Name(a))})
		}
	}
	return list
}

func attachedKey(p types.AttachedPolicy) string { return *p.PolicyArn }

func itself(s string) string { return s }
