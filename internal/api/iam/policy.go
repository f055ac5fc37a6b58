package iam

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Policy is a managed policy.
type Policy struct {
	Name, Path, ID, ARN string
	Description         string
	Created, Updated    time.Time
	Versions            []Version // oldest first
	Next                int       // number of the next version
	Tags                map[string]string
}

// Version is one version of a policy's document.
type Version struct {
	ID       string // "v1"
	Document string
	Created  time.Time
	Default  bool
}

var policies = store.NewTable[Policy]("iam.policy")

// findPolicy finds a policy of the account or of AWS.
func findPolicy(tx *store.Tx, h home, policyARN *string) (*Policy, error) {
	text := aws.ToString(policyARN)
	a, ok := arn.Parse(text)
	if !ok || a.Service != "iam" || !strings.HasPrefix(a.Resource, "policy/") {
		return nil, wire.Errorf("InvalidInput", "ARN %s is not valid.", text)
	}
	if a.Account == "aws" {
		return managedPolicy(text), nil
	}
	p, ok := policies.Get(tx, h.key(arn.Name(a.Resource)))
	if !ok || p.ARN != text {
		return nil, noSuch("Policy %s was not found.", text)
	}
	return p, nil
}

func (p *Policy) version(id string) (*Version, bool) {
	for i := range p.Versions {
		if p.Versions[i].ID == id || id == "" && p.Versions[i].Default {
			return &p.Versions[i], true
		}
	}
	return nil, false
}

func (p *Policy) defaultVersion() string {
	if v, ok := p.version(""); ok {
		return v.ID
	}
	return ""
}

// attachments counts the roles and users that a policy is attached to, and
// those that it bounds.
func (p *Policy) attachments(tx *store.Tx, h home) (attached, bounding int32) {
	count := func(g Grants) {
		for _, a := range g.Attached {
			if a == p.ARN {
				attached++
			}
		}
		if g.Boundary == p.ARN {
			bounding++
		}
	}
	for _, r := range roles.Prefix(tx, h.key("")) {
		count(r.Grants)
	}
	for _, u := range users.Prefix(tx, h.key("")) {
		count(u.Grants)
	}
	return attached, bounding
}

func (p *Policy) describe(tx *store.Tx, h home, full bool) *types.Policy {
	attached, bounding := p.attachments(tx, h)
	out := &types.Policy{
		Arn:                           &p.ARN,
		AttachmentCount:               &attached,
		CreateDate:                    &p.Created,
		DefaultVersionId:              aws.String(p.defaultVersion()),
		IsAttachable:                  true,
		Path:                          &p.Path,
		PermissionsBoundaryUsageCount: &bounding,
		PolicyId:                      &p.ID,
		PolicyName:                    &p.Name,
		UpdateDate:                    &p.Updated,
	}
	if full {
		out.Tags = tagList(p.Tags)
		if p.Description != "" {
			out.Description = &p.Description
		}
	}
	return out
}

// changePolicy runs fn on a copy of a policy of the account and keeps the copy.
func (s *Service) changePolicy(ctx context.Context, policyARN *string, fn func(tx *store.Tx, p *Policy) error) error {
	h := homeOf(ctx)
	return s.store.Update(func(tx *store.Tx) error {
		old, err := findPolicy(tx, h, policyARN)
		if err != nil {
			return err
		}
		if old.isAWS() {
			return wire.Errorf("AccessDenied", "The policy %s belongs to AWS and cannot be changed.", old.ARN).WithStatus(403)
		}
		p := *old
		if err := fn(tx, &p); err != nil {
			return err
		}
		policies.Put(tx, h.key(p.Name), &p)
		return nil
	})
}

// viewPolicy runs fn on a policy.
func (s *Service) viewPolicy(ctx context.Context, policyARN *string, fn func(tx *store.Tx, h home, p *Policy) error) (err error) {
	h := homeOf(ctx)
	s.store.View(func(tx *store.Tx) {
		var p *Policy
		if p, err = findPolicy(tx, h, policyARN); err == nil {
			err = fn(tx, h, p)
		}
	})
	return err
}

// CreatePolicy creates a managed policy with its version v1.
func (s *Service) CreatePolicy(ctx context.Context, in *iam.CreatePolicyInput) (*iam.CreatePolicyOutput, error) {
	h := homeOf(ctx)
	if err := checkName("policyName", in.PolicyName, 128); err != nil {
		return nil, err
	}
	path, err := checkPath(in.Path)
	if err != nil {
		return nil, err
	}
	if err := checkIdentityPolicy(aws.ToString(in.PolicyDocument)); err != nil {
		return nil, err
	}
	now := s.now()
	p := &Policy{
		Name: *in.PolicyName, Path: path, ID: newID("ANPA"), ARN: h.arn("policy", path, *in.PolicyName), Created: now, Updated: now,
		Description: aws.ToString(in.Description), Next: 2,
		Versions: []Version{{ID: "v1", Document: *in.PolicyDocument, Created: now, Default: true}},
	}
	if p.Tags, err = tagged(nil, in.Tags); err != nil {
		return nil, err
	}
	out := &iam.CreatePolicyOutput{}
	return out, s.store.Update(func(tx *store.Tx) error {
		if _, ok := policies.Get(tx, h.key(p.Name)); ok {
			return exists("A policy called %s already exists. Duplicate names are not allowed.", p.Name)
		}
		policies.Put(tx, h.key(p.Name), p)
		out.Policy = p.describe(tx, h, true)
		return nil
	})
}

// GetPolicy describes a policy.
func (s *Service) GetPolicy(ctx context.Context, in *iam.GetPolicyInput) (*iam.GetPolicyOutput, error) {
	out := &iam.GetPolicyOutput{}
	return out, s.viewPolicy(ctx, in.PolicyArn, func(tx *store.Tx, h home, p *Policy) error {
		out.Policy = p.describe(tx, h, true)
		return nil
	})
}

// ListPolicies lists the policies of the account and the AWS policies that grue
// has documents for.
func (s *Service) ListPolicies(ctx context.Context, in *iam.ListPoliciesInput) (*iam.ListPoliciesOutput, error) {
	h := homeOf(ctx)
	var all []types.Policy
	s.store.View(func(tx *store.Tx) {
		add := func(p *Policy) {
			d := p.describe(tx, h, false)
			if under(p.Path, in.PathPrefix) && (!in.OnlyAttached || *d.AttachmentCount > 0) {
				all = append(all, *d)
			}
		}
		if in.Scope != types.PolicyScopeTypeLocal {
			for _, p := range managedPolicies() {
				add(p)
			}
		}
		if in.Scope != types.PolicyScopeTypeAws {
			for _, p := range policies.Prefix(tx, h.key("")) {
				add(p)
			}
		}
	})
	key := func(p types.Policy) string { // AWS's before the account's, each by name
		owner := "1"
		if strings.Contains(*p.Arn, "::aws:") {
			owner = "0"
		}
		return owner + strings.ToLower(*p.PolicyName)
	}
	got, err := page(all, key, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &iam.ListPoliciesOutput{Policies: got.items, Marker: got.marker, IsTruncated: got.more()}, nil
}

// DeletePolicy deletes a policy that is attached nowhere and has no version but
// its default.
func (s *Service) DeletePolicy(ctx context.Context, in *iam.DeletePolicyInput) (*iam.DeletePolicyOutput, error) {
	h := homeOf(ctx)
	return &iam.DeletePolicyOutput{}, s.store.Update(func(tx *store.Tx) error {
		p, err := findPolicy(tx, h, in.PolicyArn)
		if err != nil {
			return err
		}
		if attached, bounding := p.attachments(tx, h); attached+bounding > 0 || p.isAWS() {
			return conflict("Cannot delete a policy attached to entities.")
		}
		if len(p.Versions) > 1 {
			return conflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
		}
		policies.Delete(tx, h.key(p.Name))
		return nil
	})
}

// ListEntitiesForPolicy lists the roles and users that a policy is attached to.
func (s *Service) ListEntitiesForPolicy(ctx context.Context, in *iam.ListEntitiesForPolicyInput) (*iam.ListEntitiesForPolicyOutput, error) {
	out := &iam.ListEntitiesForPolicyOutput{PolicyGroups: []types.PolicyGroup{}, PolicyRoles: []types.PolicyRole{}, PolicyUsers: []types.PolicyUser{}}
	wants := func(t types.EntityType) bool { return in.EntityFilter == "" || in.EntityFilter == t }
	return out, s.viewPolicy(ctx, in.PolicyArn, func(tx *store.Tx, h home, p *Policy) error {
		uses := func(g Grants) bool {
			if in.PolicyUsageFilter == types.PolicyUsageTypePermissionsBoundary {
				return g.Boundary == p.ARN
			}
			_, err := g.detach(&p.ARN)
			return err == nil
		}
		for _, r := range roles.Prefix(tx, h.key("")) {
			if wants(types.EntityTypeRole) && uses(r.Grants) {
				out.PolicyRoles = append(out.PolicyRoles, types.PolicyRole{RoleId: &r.ID, RoleName: &r.Name})
			}
		}
		for _, u := range users.Prefix(tx, h.key("")) {
			if wants(types.EntityTypeUser) && uses(u.Grants) {
				out.PolicyUsers = append(out.PolicyUsers, types.PolicyUser{UserId: &u.ID, UserName: &u.Name})
			}
		}
		return nil
	})
}
