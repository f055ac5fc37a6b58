package elbv2

import "strings"

// checkName validates the name of a load balancer or target group.
func checkName(what, name string) error {
	switch {
	case name == "":
		return required("name")
	case len(name) > 32:
		return invalid("%s name '%s' cannot be longer than '32' characters", what, name)
	case !only(name, "-"):
		return invalid("%s name '%s' can only contain characters that are alphanumeric characters and hyphens(-)", what, name)
	case strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-"):
		return invalid("%s name '%s' cannot begin or end with '-'", what, name)
	}
	return nil
}

// only tells whether s has nothing but ASCII letters, digits and the characters
// of more.
func only(s, more string) bool {
	for _, c := range s {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune(more, c)) {
			return false
		}
	}
	return true
}
