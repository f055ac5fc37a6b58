package registry

import (
	"regexp"
	"strings"

	"github.com/grue-ecs/grue/internal/image/blob"
)

// NamePattern is ECR's pattern for the name of a repository.
const NamePattern = `(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*`

// separators of a name may be doubled in the distribution protocol ("a__b",
// "a--b"), which ECR takes as well.
var (
	nameRule = regexp.MustCompile(`^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$`)
	tagRule  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
)

// CheckName checks the name of a repository. It can hold no "..", so that no
// name leads out of a directory.
func CheckName(name string) error {
	if len(name) < 2 || len(name) > 256 || !nameRule.MatchString(name) {
		return problem(InvalidName, "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '%s' and have 2 to 256 characters'", NamePattern)
	}
	return nil
}

// CheckTag checks an image tag.
func CheckTag(t string) error {
	if !tagRule.MatchString(t) {
		return problem(InvalidTag, "Invalid parameter at 'imageTag' failed to satisfy constraint: 'must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}''")
	}
	return nil
}

// CheckDigest checks a digest.
func CheckDigest(s string) (blob.Digest, error) {
	d, err := blob.Parse(s)
	if err != nil {
		return "", problem(InvalidDigest, "Invalid parameter at 'imageDigest' failed to satisfy constraint: 'must satisfy regular expression 'sha256:[0-9a-f]{64}''")
	}
	return d, nil
}

// Reference is a tag or a digest, as in /v2/name/manifests/REFERENCE.
type Reference struct {
	Tag    string
	Digest blob.Digest
}

// ParseReference reads a tag or a digest.
func ParseReference(s string) (Reference, error) {
	if strings.Contains(s, ":") {
		d, err := CheckDigest(s)
		return Reference{Digest: d}, err
	}
	return Reference{Tag: s}, CheckTag(s)
}

func (r Reference) String() string {
	if r.Digest != "" {
		return string(r.Digest)
	}
	return r.Tag
}
