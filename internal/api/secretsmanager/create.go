package secretsmanager

import (
	"bytes"
	"context"
	"crypto/rand"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// maxValue is the largest value of a secret.
const maxValue = 65_536

var nameForm = regexp.MustCompile(`^[a-zA-Z0-9/_+=.@\-]{1,512}$`)

// CreateSecret makes a secret, with its first value if one is given. The same
// token with the same value is the same request.
func (s *Service) CreateSecret(ctx context.Context, in *sm.CreateSecretInput) (*sm.CreateSecretOutput, error) {
	name := aws.ToString(in.Name)
	if !nameForm.MatchString(name) {
		return nil, wire.Errorf("ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
	if len(in.AddReplicaRegions) > 0 {
		return nil, invalidParameter("grue does not replicate secrets to other regions: leave AddReplicaRegions out.")
	}
	value, binary, given, err := valueOf(in.SecretString, in.SecretBinary)
	if err != nil {
		return nil, err
	}
	token := tokenOf(in.ClientRequestToken)
	var out *sm.CreateSecretOutput
	err = s.store.Update(func(tx *store.Tx) error {
		if old, ok := secret.GetSecret(tx, scopeOf(ctx), name); ok && !s.purged(old) {
			if s.repeated(old, token, value) {
				out = &sm.CreateSecretOutput{ARN: aws.String(old.ARN()), Name: &old.Name, VersionId: &token}
				return nil
			}
			if !old.Deleted.IsZero() {
				return invalidRequest("You can't create this secret because a secret with this name is already scheduled for deletion.")
			}
			return wire.Errorf("ResourceExistsException", "The operation failed because the secret %s already exists.", name)
		}
		now := s.now()
		x := &secret.Secret{
			Scope: scopeOf(ctx), Name: name, Suffix: rand.Text()[:6], Description: aws.ToString(in.Description),
			KMSKey: aws.ToString(in.KmsKeyId), Type: aws.ToString(in.Type), Created: now, Changed: now,
		}
		if err := setTags(x, in.Tags); err != nil {
			return err
		}
		out = &sm.CreateSecretOutput{ARN: aws.String(x.ARN()), Name: &name}
		if given {
			if err := s.add(x, token, value, binary, []string{secret.StageCurrent}); err != nil {
				return err
			}
			out.VersionId = &token
		}
		secret.PutSecret(tx, x)
		return nil
	})
	return out, err
}

// valueOf takes the one value of two members.
func valueOf(text *string, blob []byte) (value []byte, binary, given bool, err error) {
	switch {
	case text != nil && blob != nil:
		err = invalidParameter("You can't specify both a binary secret value and a string secret value in the same secret.")
	case text != nil:
		value, given = []byte(*text), true
	case blob != nil:
		value, binary, given = blob, true, true
	}
	if err == nil && len(value) > maxValue {
		err = invalidParameter("The secret value is too large: it may have 65536 bytes.")
	}
	return value, binary, given, err
}

// tokenOf is the client's token, which becomes the id of the version.
func tokenOf(token *string) string {
	if t := aws.ToString(token); t != "" {
		return t
	}
	return store.NewUUID()
}

// repeated tells whether a version of that id holds that value already.
func (s *Service) repeated(x *secret.Secret, id string, value []byte) bool {
	v, ok := x.Version(id, "")
	if !ok {
		return false
	}
	old, err := s.vault.SecretValue(x, v)
	return err == nil && bytes.Equal(old, value)
}

// add gives x a version. The same id again must hold the same value.
func (s *Service) add(x *secret.Secret, id string, value []byte, binary bool, stages []string) error {
	if len(id) < 32 || len(id) > 64 {
		return invalidParameter("ClientRequestToken must be 32-64 characters long.")
	}
	if _, ok := x.Version(id, ""); ok {
		if !s.repeated(x, id, value) {
			return wire.Errorf("ResourceExistsException", "You can't use ClientRequestToken %s because that value is already in use for a version of secret %s.", id, x.ARN())
		}
		return nil
	}
	x.Versions = append(x.Versions, secret.SecretVersion{
		ID: id, Sealed: s.vault.SealSecret(x, id, value), Binary: binary, Created: s.now(),
	})
	if len(x.Versions) == 1 && !slices.Contains(stages, secret.StageCurrent) {
		stages = append(slices.Clone(stages), secret.StageCurrent) // the first one always is
	}
	for _, stage := range stages {
		x.Move(stage, id)
	}
	x.Changed = s.now()
	prune(x)
	return nil
}

// prune drops old versions without a stage: AWS keeps about a hundred.
func prune(x *secret.Secret) {
	const keep = 100
	for i := 0; len(x.Versions) > keep && i < len(x.Versions); {
		if len(x.Versions[i].Stages) == 0 {
			x.Versions = slices.Delete(x.Versions, i, i+1)
			continue
		}
		i++
	}
}
