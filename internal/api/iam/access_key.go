package iam

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// AccessKey is a pair of long-term credentials of a user. Signatures cannot be
// checked against a hash, so the secret is kept.
type AccessKey struct {
	ID, Secret    string
	Account, User string
	Active        bool
	Created       time.Time
}

// Access keys are found by their id alone: it is all that a request shows.
var accessKeys = store.NewTable[AccessKey]("iam.accesskey")

// maxKeys is AWS's limit for a user.
const maxKeys = 2

// keysOf are the access keys of a user.
func keysOf(tx *store.Tx, h home, user string) []*AccessKey {
	var list []*AccessKey
	for _, k := range accessKeys.All(tx) {
		if k.Account == h.account && k.User == user {
			list = append(list, k)
		}
	}
	return list
}

func (k *AccessKey) status() types.StatusType {
	if k.Active {
		return types.StatusTypeActive
	}
	return types.StatusTypeInactive
}

// CreateAccessKey gives a user a key; the secret is shown only here.
func (s *Service) CreateAccessKey(ctx context.Context, in *iam.CreateAccessKeyInput) (*iam.CreateAccessKeyOutput, error) {
	name, err := callerUser(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	secret := make([]byte, 30)
	rand.Read(secret)
	k := &AccessKey{
		ID:      "AKIA" + rand.Text()[:16],
		Secret:  base64.StdEncoding.EncodeToString(secret),
		Active:  true,
		Created: s.now(),
	}
	h := homeOf(ctx)
	err = s.store.Update(func(tx *store.Tx) error {
		u, err := findUser(tx, h, name)
		if err != nil {
			return err
		}
		if len(keysOf(tx, h, u.Name)) >= maxKeys {
			return limit("Cannot exceed quota for AccessKeysPerUser: %d", maxKeys)
		}
		k.Account, k.User = h.account, u.Name
		accessKeys.Put(tx, k.ID, k)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreateAccessKeyOutput{AccessKey: &types.AccessKey{
		AccessKeyId: &k.ID, SecretAccessKey: &k.Secret, Status: k.status(), UserName: &k.User, CreateDate: &k.Created,
	}}, nil
}

// findKey finds a key of a user.
func findKey(tx *store.Tx, h home, user, id *string) (*AccessKey, error) {
	k, ok := accessKeys.Get(tx, aws.ToString(id))
	if !ok || k.Account != h.account || k.User != aws.ToString(user) {
		return nil, noSuch("The Access Key with id %s cannot be found.", aws.ToString(id))
	}
	return k, nil
}

// UpdateAccessKey switches a key on or off.
func (s *Service) UpdateAccessKey(ctx context.Context, in *iam.UpdateAccessKeyInput) (*iam.UpdateAccessKeyOutput, error) {
	name, err := callerUser(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	if in.Status != types.StatusTypeActive && in.Status != types.StatusTypeInactive {
		return nil, invalid("1 validation error detected: Value '%s' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]", in.Status)
	}
	h := homeOf(ctx)
	return &iam.UpdateAccessKeyOutput{}, s.store.Update(func(tx *store.Tx) error {
		old, err := findKey(tx, h, name, in.AccessKeyId)
		if err != nil {
			return err
		}
		k := *old
		k.Active = in.Status == types.StatusTypeActive
		accessKeys.Put(tx, k.ID, &k)
		return nil
	})
}

// DeleteAccessKey deletes a key; requests signed with it are refused from then on.
func (s *Service) DeleteAccessKey(ctx context.Context, in *iam.DeleteAccessKeyInput) (*iam.DeleteAccessKeyOutput, error) {
	name, err := callerUser(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	h := homeOf(ctx)
	return &iam.DeleteAccessKeyOutput{}, s.store.Update(func(tx *store.Tx) error {
		k, err := findKey(tx, h, name, in.AccessKeyId)
		if err != nil {
			return err
		}
		accessKeys.Delete(tx, k.ID)
		return nil
	})
}

// ListAccessKeys lists the keys of a user, without secrets.
func (s *Service) ListAccessKeys(ctx context.Context, in *iam.ListAccessKeysInput) (*iam.ListAccessKeysOutput, error) {
	name, err := callerUser(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	out := &iam.ListAccessKeysOutput{}
	return out, s.viewUser(ctx, name, func(tx *store.Tx, h home, u *User) error {
		var all []types.AccessKeyMetadata
		for _, k := range keysOf(tx, h, u.Name) {
			all = append(all, types.AccessKeyMetadata{AccessKeyId: &k.ID, CreateDate: &k.Created, Status: k.status(), UserName: &k.User})
		}
		got, err := page(all, func(k types.AccessKeyMetadata) string { return *k.AccessKeyId }, in.Marker, in.MaxItems)
		out.AccessKeyMetadata, out.Marker, out.IsTruncated = got.items, got.marker, got.more()
		return err
	})
}

// Authenticate is wire.Options.Authenticate for the keys of users.
func (s *Service) Authenticate(accessKey string) (secret string, c wire.Caller, ok bool) {
	s.store.View(func(tx *store.Tx) {
		k, found := accessKeys.Get(tx, accessKey)
		if !found || !k.Active {
			return
		}
		u, found := users.Get(tx, home{account: k.Account}.key(k.User))
		if !found {
			return
		}
		secret, ok = k.Secret, true
		c = wire.Caller{Account: k.Account, ARN: u.ARN, UserID: u.ID, AccessKey: k.ID}
	})
	return secret, c, ok
}

// AccountOf tells whose an access key is.
func (s *Service) AccountOf(accessKey string) (account string, ok bool) {
	s.store.View(func(tx *store.Tx) {
		var k *AccessKey
		if k, ok = accessKeys.Get(tx, accessKey); ok {
			account = k.Account
		}
	})
	return account, ok
}
