package iam

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/grue-ecs/grue/internal/store"
)

// Profile is an instance profile: a role for an EC2 instance.
type Profile struct {
	Name, Path, ID, ARN string
	Created             time.Time
	Roles               []string // names; AWS allows one
	Tags                map[string]string
}

var profiles = store.NewTable[Profile]("iam.profile")

func findProfile(tx *store.Tx, h home, name *string) (*Profile, error) {
	p, ok := profiles.Get(tx, h.key(aws.ToString(name)))
	if !ok {
		return nil, noSuch("Instance Profile %s cannot be found.", aws.ToString(name))
	}
	return p, nil
}

// profilesOf are the instance profiles that hold a role.
func profilesOf(tx *store.Tx, h home, role string) []*Profile {
	var list []*Profile
	for _, p := range profiles.Prefix(tx, h.key("")) {
		if slices.Contains(p.Roles, role) {
			list = append(list, p)
		}
	}
	return list
}

func (p *Profile) describe(tx *store.Tx, h home) *types.InstanceProfile {
	out := &types.InstanceProfile{
		Arn: &p.ARN, CreateDate: &p.Created, InstanceProfileId: &p.ID, InstanceProfileName: &p.Name, Path: &p.Path,
		Roles: []types.Role{}, Tags: tagList(p.Tags),
	}
	for _, name := range p.Roles {
		if r, ok := roles.Get(tx, h.key(name)); ok {
			out.Roles = append(out.Roles, *r.describe(false))
		}
	}
	return out
}

// changeProfile runs fn on a copy of a profile and keeps the copy.
func (s *Service) changeProfile(ctx context.Context, name *string, fn func(tx *store.Tx, h home, p *Profile) error) error {
	h := homeOf(ctx)
	return s.store.Update(func(tx *store.Tx) error {
		old, err := findProfile(tx, h, name)
		if err != nil {
			return err
		}
		p := *old
		if err := fn(tx, h, &p); err != nil {
			return err
		}
		profiles.Put(tx, h.key(p.Name), &p)
		return nil
	})
}

// CreateInstanceProfile creates an empty profile.
func (s *Service) CreateInstanceProfile(ctx context.Context, in *iam.CreateInstanceProfileInput) (*iam.CreateInstanceProfileOutput, error) {
	h := homeOf(ctx)
	if err := checkName("instanceProfileName", in.InstanceProfileName, 128); err != nil {
		return nil, err
	}
	path, err := checkPath(in.Path)
	if err != nil {
		return nil, err
	}
	p := &Profile{Name: *in.InstanceProfileName, Path: path, ID: newID("AIPA"), ARN: h.arn("instance-profile", path, *in.InstanceProfileName), Created: s.now()}
	if p.Tags, err = tagged(nil, in.Tags); err != nil {
		return nil, err
	}
	out := &iam.CreateInstanceProfileOutput{}
	return out, s.store.Update(func(tx *store.Tx) error {
		if _, ok := profiles.Get(tx, h.key(p.Name)); ok {
			return exists("Instance Profile %s already exists.", p.Name)
		}
		profiles.Put(tx, h.key(p.Name), p)
		out.InstanceProfile = p.describe(tx, h)
		return nil
	})
}

// GetInstanceProfile describes a profile.
func (s *Service) GetInstanceProfile(ctx context.Context, in *iam.GetInstanceProfileInput) (out *iam.GetInstanceProfileOutput, err error) {
	h := homeOf(ctx)
	s.store.View(func(tx *store.Tx) {
		var p *Profile
		if p, err = findProfile(tx, h, in.InstanceProfileName); err == nil {
			out = &iam.GetInstanceProfileOutput{InstanceProfile: p.describe(tx, h)}
		}
	})
	return out, err
}

// AddRoleToInstanceProfile puts a role into an empty profile.
func (s *Service) AddRoleToInstanceProfile(ctx context.Context, in *iam.AddRoleToInstanceProfileInput) (*iam.AddRoleToInstanceProfileOutput, error) {
	return &iam.AddRoleToInstanceProfileOutput{}, s.changeProfile(ctx, in.InstanceProfileName, func(tx *store.Tx, h home, p *Profile) error {
		r, err := findRole(tx, h, in.RoleName)
		if err != nil {
			return err
		}
		if len(p.Roles) > 0 {
			return limit("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
		}
		p.Roles = []string{r.Name}
		return nil
	})
}

// RemoveRoleFromInstanceProfile takes the role out.
func (s *Service) RemoveRoleFromInstanceProfile(ctx context.Context, in *iam.RemoveRoleFromInstanceProfileInput) (*iam.RemoveRoleFromInstanceProfileOutput, error) {
	return &iam.RemoveRoleFromInstanceProfileOutput{}, s.changeProfile(ctx, in.InstanceProfileName, func(_ *store.Tx, _ home, p *Profile) error {
		i := slices.Index(p.Roles, aws.ToString(in.RoleName))
		if i < 0 {
			return noSuch("The role with name %s cannot be found.", aws.ToString(in.RoleName))
		}
		p.Roles = slices.Delete(slices.Clone(p.Roles), i, i+1)
		return nil
	})
}

// DeleteInstanceProfile deletes an empty profile.
func (s *Service) DeleteInstanceProfile(ctx context.Context, in *iam.DeleteInstanceProfileInput) (*iam.DeleteInstanceProfileOutput, error) {
	h := homeOf(ctx)
	return &iam.DeleteInstanceProfileOutput{}, s.store.Update(func(tx *store.Tx) error {
		p, err := findProfile(tx, h, in.InstanceProfileName)
		if err != nil {
			return err
		}
		if len(p.Roles) > 0 {
			return conflict("Cannot delete entity, must remove roles from instance profile first.")
		}
		profiles.Delete(tx, h.key(p.Name))
		return nil
	})
}

// ListInstanceProfiles lists the profiles under a path.
func (s *Service) ListInstanceProfiles(ctx context.Context, in *iam.ListInstanceProfilesInput) (*iam.ListInstanceProfilesOutput, error) {
	h := homeOf(ctx)
	var all []types.InstanceProfile
	s.store.View(func(tx *store.Tx) {
		for _, p := range profiles.Prefix(tx, h.key("")) {
			if under(p.Path, in.PathPrefix) {
				all = append(all, *p.describe(tx, h))
			}
		}
	})
	got, err := page(all, func(p types.InstanceProfile) string { return h.key(*p.InstanceProfileName) }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &iam.ListInstanceProfilesOutput{InstanceProfiles: got.items, Marker: got.marker, IsTruncated: got.more()}, nil
}

// ListInstanceProfilesForRole lists the profiles that hold a role.
func (s *Service) ListInstanceProfilesForRole(ctx context.Context, in *iam.ListInstanceProfilesForRoleInput) (*iam.ListInstanceProfilesForRoleOutput, error) {
	out := &iam.ListInstanceProfilesForRoleOutput{}
	return out, s.viewRole(ctx, in.RoleName, func(tx *store.Tx, h home, r *Role) error {
		var all []types.InstanceProfile
		for _, p := range profilesOf(tx, h, r.Name) {
			all = append(all, *p.describe(tx, h))
		}
		got, err := page(all, func(p types.InstanceProfile) string { return h.key(*p.InstanceProfileName) }, in.Marker, in.MaxItems)
		out.InstanceProfiles, out.Marker, out.IsTruncated = got.items, got.marker, got.more()
		return err
	})
}
