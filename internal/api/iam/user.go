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

// User is a person or program with long-term credentials.
type User struct {
	Name, Path, ID, ARN string
	Created             time.Time
	Tags                map[string]string
	Grants
}

var users = store.NewTable[User]("iam.user")

func findUser(tx *store.Tx, h home, name *string) (*User, error) {
	u, ok := users.Get(tx, h.key(aws.ToString(name)))
	if !ok {
		return nil, noSuch("The user with name %s cannot be found.", aws.ToString(name))
	}
	return u, nil
}

// callerUser is the user that calls, for operations that may leave the name out.
func callerUser(ctx context.Context, name *string) (*string, error) {
	if name != nil {
		return name, nil
	}
	a, _ := arn.Parse(wire.CallerFrom(ctx).ARN)
	if !strings.HasPrefix(a.Resource, "user/") {
		return nil, invalid("Must specify userName when calling with non-User credentials")
	}
	return aws.String(arn.Name(a.Resource)), nil
}

// changeUser runs fn on a copy of a user and keeps the copy.
func (s *Service) changeUser(ctx context.Context, name *string, fn func(tx *store.Tx, h home, u *User) error) error {
	h := homeOf(ctx)
	return s.store.Update(func(tx *store.Tx) error {
		old, err := findUser(tx, h, name)
		if err != nil {
			return err
		}
		u := *old
		if err := fn(tx, h, &u); err != nil {
			return err
		}
		users.Put(tx, h.key(u.Name), &u)
		return nil
	})
}

// viewUser runs fn on a user.
func (s *Service) viewUser(ctx context.Context, name *string, fn func(tx *store.Tx, h home, u *User) error) (err error) {
	h := homeOf(ctx)
	s.store.View(func(tx *store.Tx) {
		var u *User
		if u, err = findUser(tx, h, name); err == nil {
			err = fn(tx, h, u)
		}
	})
	return err
}

func (u *User) describe(full bool) *types.User {
	out := &types.User{Arn: &u.ARN, CreateDate: &u.Created, Path: &u.Path, UserId: &u.ID, UserName: &u.Name}
	if full {
		out.Tags, out.PermissionsBoundary = tagList(u.Tags), u.boundary()
	}
	return out
}

// CreateUser creates a user.
func (s *Service) CreateUser(ctx context.Context, in *iam.CreateUserInput) (*iam.CreateUserOutput, error) {
	h := homeOf(ctx)
	if err := checkName("userName", in.UserName, 64); err != nil {
		return nil, err
	}
	path, err := checkPath(in.Path)
	if err != nil {
		return nil, err
	}
	u := &User{Name: *in.UserName, Path: path, ID: newID("AIDA"), ARN: h.arn("user", path, *in.UserName), Created: s.now()}
	if u.Tags, err = tagged(nil, in.Tags); err != nil {
		return nil, err
	}
	err = s.store.Update(func(tx *store.Tx) error {
		if _, ok := users.Get(tx, h.key(u.Name)); ok {
			return exists("User with name %s already exists.", u.Name)
		}
		if in.PermissionsBoundary != nil {
			if _, err := findPolicy(tx, h, in.PermissionsBoundary); err != nil {
				return err
			}
			u.Boundary = *in.PermissionsBoundary
		}
		users.Put(tx, h.key(u.Name), u)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreateUserOutput{User: u.describe(true)}, nil
}

// GetUser describes a user, without a name the caller: the root of an account
// has no name.
func (s *Service) GetUser(ctx context.Context, in *iam.GetUserInput) (*iam.GetUserOutput, error) {
	c := wire.CallerFrom(ctx)
	if in.UserName == nil && strings.HasSuffix(c.ARN, ":root") {
		return &iam.GetUserOutput{User: &types.User{Arn: &c.ARN, UserId: &c.UserID, Path: aws.String("/"), UserName: aws.String("root"), CreateDate: &managedSince}}, nil
	}
	name, err := callerUser(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	out := &iam.GetUserOutput{}
	return out, s.viewUser(ctx, name, func(_ *store.Tx, _ home, u *User) error {
		out.User = u.describe(true)
		return nil
	})
}

// ListUsers lists the users under a path.
func (s *Service) ListUsers(ctx context.Context, in *iam.ListUsersInput) (*iam.ListUsersOutput, error) {
	h := homeOf(ctx)
	var all []types.User
	s.store.View(func(tx *store.Tx) {
		for _, u := range users.Prefix(tx, h.key("")) {
			if under(u.Path, in.PathPrefix) {
				all = append(all, *u.describe(false))
			}
		}
	})
	got, err := page(all, func(u types.User) string { return h.key(*u.UserName) }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &iam.ListUsersOutput{Users: got.items, Marker: got.marker, IsTruncated: got.more()}, nil
}

// DeleteUser deletes a user that has neither keys nor policies.
func (s *Service) DeleteUser(ctx context.Context, in *iam.DeleteUserInput) (*iam.DeleteUserOutput, error) {
	h := homeOf(ctx)
	return &iam.DeleteUserOutput{}, s.store.Update(func(tx *store.Tx) error {
		u, err := findUser(tx, h, in.UserName)
		if err != nil {
			return err
		}
		if len(keysOf(tx, h, u.Name)) > 0 {
			return conflict("Cannot delete entity, must delete access keys first.")
		}
		if err := u.deletable(); err != nil {
			return err
		}
		users.Delete(tx, h.key(u.Name))
		return nil
	})
}

// ListGroupsForUser: grue has no groups, so the list is empty.
func (s *Service) ListGroupsForUser(ctx context.Context, in *iam.ListGroupsForUserInput) (*iam.ListGroupsForUserOutput, error) {
	return &iam.ListGroupsForUserOutput{Groups: []types.Group{}}, s.viewUser(ctx, in.UserName, func(*store.Tx, home, *User) error { return nil })
}
