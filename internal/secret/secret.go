package secret

import (
	"iter"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Stages that Secrets Manager moves by itself.
const (
	StageCurrent  = "AWSCURRENT"
	StagePrevious = "AWSPREVIOUS"
	StagePending  = "AWSPENDING"
)

// Secret is a secret of AWS Secrets Manager.
type Secret struct {
	arn.Scope
	Name        string
	Suffix      string // six letters and digits at the end of the ARN
	Description string
	KMSKey      string
	Type        string
	Policy      string // resource policy, JSON
	Tags        []Tag
	Versions    []SecretVersion // in order of their making
	Created     time.Time
	Changed     time.Time
	Accessed    time.Time // date only, as AWS keeps it
	Deleted     time.Time // when it was marked for deletion; zero = it is not
	Purge       time.Time // when it goes for good
}

// Tag is a tag; secrets keep their order.
type Tag struct{ Key, Value string }

// SecretVersion is one value of a secret.
type SecretVersion struct {
	ID       string
	Sealed   []byte
	Binary   bool
	Stages   []string
	Created  time.Time
	Accessed time.Time
}

var secrets = store.NewTable[Secret]("secret")

func secretKey(s arn.Scope, name string) string { return s.Key(url.PathEscape(name)) }

// GetSecret finds a secret by name.
func GetSecret(tx *store.Tx, s arn.Scope, name string) (*Secret, bool) {
	return secrets.Get(tx, secretKey(s, name))
}

// PutSecret writes a secret.
func PutSecret(tx *store.Tx, s *Secret) { secrets.Put(tx, secretKey(s.Scope, s.Name), s) }

// DeleteSecret removes a secret for good.
func DeleteSecret(tx *store.Tx, s *Secret) { secrets.Delete(tx, secretKey(s.Scope, s.Name)) }

// Secrets walks the secrets of a scope.
func Secrets(tx *store.Tx, s arn.Scope) iter.Seq2[string, *Secret] {
	return secrets.Prefix(tx, s.Key(""))
}

// ARN of the secret.
func (s *Secret) ARN() string {
	return arn.Make("secretsmanager", s.Region, s.Account, "secret:"+s.Name+"-"+s.Suffix)
}

// FindSecret finds a secret by name, ARN or partial ARN (without the suffix).
func FindSecret(tx *store.Tx, s arn.Scope, id string) (*Secret, bool) {
	if !arn.Is(id) {
		return GetSecret(tx, s, id)
	}
	a, ok := arn.Parse(id)
	name, isSecret := strings.CutPrefix(a.Resource, "secret:")
	if !ok || a.Service != "secretsmanager" || !isSecret {
		return nil, false
	}
	scope := arn.Scope{Account: a.Account, Region: a.Region}
	if i := len(name) - 7; i > 0 && name[i] == '-' {
		if found, ok := GetSecret(tx, scope, name[:i]); ok && found.Suffix == name[i+1:] {
			return found, true
		}
	}
	return GetSecret(tx, scope, name)
}

// Clone is a copy that may be changed.
func (s *Secret) Clone() *Secret {
	c := *s
	c.Tags = slices.Clone(s.Tags)
	c.Versions = slices.Clone(s.Versions)
	for i := range c.Versions {
		c.Versions[i].Stages = slices.Clone(c.Versions[i].Stages)
	}
	return &c
}

// Version finds a version by id, by stage, or by both, which must then agree.
// Without either it is the current one.
func (s *Secret) Version(id, stage string) (*SecretVersion, bool) {
	if id == "" && stage == "" {
		stage = StageCurrent
	}
	for i := range s.Versions {
		v := &s.Versions[i]
		if (id == "" || v.ID == id) && (stage == "" || slices.Contains(v.Stages, stage)) {
			return v, true
		}
	}
	return nil, false
}

// Move gives a stage to one version and takes it from all others. Moving
// AWSCURRENT leaves AWSPREVIOUS behind.
func (s *Secret) Move(stage, id string) {
	for i := range s.Versions {
		v := &s.Versions[i]
		had := slices.Contains(v.Stages, stage)
		switch {
		case v.ID == id && !had:
			v.Stages = append(v.Stages, stage)
		case v.ID != id && had:
			v.Stages = slices.DeleteFunc(v.Stages, func(x string) bool { return x == stage })
			if stage == StageCurrent {
				s.Move(StagePrevious, v.ID)
			}
		}
	}
}

func (s *Secret) sealID(version string) string {
	return "secret " + secretKey(s.Scope, s.Name) + " " + version
}

// SealSecret encrypts the value of a version of s.
func (v *Vault) SealSecret(s *Secret, version string, value []byte) []byte {
	return v.Seal(s.sealID(version), value)
}

// SecretValue decrypts the value of a version of s.
func (v *Vault) SecretValue(s *Secret, version *SecretVersion) ([]byte, error) {
	return v.Open(s.sealID(version.ID), version.Sealed)
}
