package servicediscovery

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Patterns of AWS's model.
var (
	printable   = regexp.MustCompile(`^[!-~]+$`)
	domain      = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$`)
	instanceID  = regexp.MustCompile(`^[0-9A-Za-z_/:.@-]+$`)
	vpcID       = regexp.MustCompile(`^vpc-[0-9A-Za-z-]+$`)
	ec2Instance = regexp.MustCompile(`^i-[0-9a-f]{8,17}$`)
)

// maxTTL is the longest time to live, in seconds.
const maxTTL = 1<<31 - 1

// required answers the value of a member that must be there.
func required(member string, value *string, most int) (string, error) {
	if aws.ToString(value) == "" {
		return "", invalid("%s is required.", member)
	}
	return *value, optional(member, value, most)
}

// optional checks the length, in characters, of a member that may be missing.
func optional(member string, value *string, most int) error {
	if n := utf8.RuneCountInString(aws.ToString(value)); n > most {
		return invalid("%s has %d characters; it can have at most %d.", member, n, most)
	}
	return nil
}

// first is the first error of several checks.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func checkTTL(member string, ttl *int64) error {
	if ttl == nil {
		return invalid("%s is required.", member)
	}
	if *ttl < 0 || *ttl > maxTTL {
		return invalid("%s must be between 0 and %d seconds; it was %d.", member, maxTTL, *ttl)
	}
	return nil
}

// checkDomain checks the name of a DNS namespace.
func checkDomain(name string, public bool) error {
	switch {
	case len(name) > 253 || !domain.MatchString(strings.TrimSuffix(name, ".")):
		return invalid("Name %q is no domain name: labels of 1 to 63 letters, digits, '-' and '_', at most 253 characters in all.", name)
	case public && !strings.Contains(strings.TrimSuffix(name, "."), "."):
		return invalid("Name %q is no public domain name: it has only one label.", name)
	}
	return nil
}
