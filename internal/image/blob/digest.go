package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Digest is "sha256:" and 64 lower-case hex digits. Digests in requests and
// manifests are strings from strangers: Parse them before they name a file.
type Digest string

// ErrDigest is in the chain of every error about the form of a digest.
var ErrDigest = errors.New("invalid digest")

const algorithm = "sha256:"

// Parse checks the form of a digest.
func Parse(s string) (Digest, error) {
	if len(s) != len(algorithm)+2*sha256.Size || s[:len(algorithm)] != algorithm {
		return "", fmt.Errorf("%w %.80q: want sha256: and 64 hex digits", ErrDigest, s)
	}
	for _, c := range []byte(s[len(algorithm):]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return "", fmt.Errorf("%w %.80q: want lower-case hex digits", ErrDigest, s)
		}
	}
	return Digest(s), nil
}

// Of is the digest of b.
func Of(b []byte) Digest {
	sum := sha256.Sum256(b)
	return FromSum(sum[:])
}

// FromSum makes a digest of a finished SHA-256.
func FromSum(sum []byte) Digest { return Digest(algorithm + hex.EncodeToString(sum)) }

// Hex is the digest without its algorithm.
func (d Digest) Hex() string { return string(d)[len(algorithm):] }
