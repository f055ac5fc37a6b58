package iam

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var (
	nameRule = regexp.MustCompile(`^[\w+=,.@-]+$`)
	pathRule = regexp.MustCompile(`^(/|/[!-~]*/)$`)
)

// checkName wants a name of at most longest characters.
func checkName(member string, name *string, longest int) error {
	n := aws.ToString(name)
	switch {
	case n == "":
		return invalid("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must not be null", member)
	case len(n) > longest:
		return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", n, member, longest)
	case !nameRule.MatchString(n):
		return invalid("The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", member)
	}
	return nil
}

// checkPath returns the path to use, "/" when none is given.
func checkPath(path *string) (string, error) {
	p := aws.ToString(path)
	if p == "" {
		return "/", nil
	}
	if len(p) > 512 || !pathRule.MatchString(p) {
		return "", invalid("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return p, nil
}

// under says whether path begins with the prefix of a List call.
func under(path string, prefix *string) bool { return strings.HasPrefix(path, aws.ToString(prefix)) }
