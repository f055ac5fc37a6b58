package logs

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/grue-ecs/grue/internal/arn"
)

const (
	groupForm  = `[\.\-_/#A-Za-z0-9]+`
	streamForm = `[^:*]*`
)

var (
	groupName  = regexp.MustCompile(`^` + groupForm + `$`)
	streamName = regexp.MustCompile(`^` + streamForm + `$`)
)

// checkName holds the rules for names of groups and streams: 1 to 512 characters
// of a form.
func checkName(name *string, member, form string, re *regexp.Regexp) (string, error) {
	const detected = "1 validation error detected: "
	switch {
	case name == nil:
		return "", invalid(detected+"Value null at '%s' failed to satisfy constraint: Member must not be null", member)
	case *name == "":
		return "", invalid(detected+"Value '' at '%s' failed to satisfy constraint: Member must have length greater than or equal to 1", member)
	case len(*name) > 512:
		return "", invalid(detected+"Value '%s' at '%s' failed to satisfy constraint: Member must have length less than or equal to 512", *name, member)
	case !re.MatchString(*name):
		return "", invalid(detected+"Value '%s' at '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", *name, member, form)
	}
	return *name, nil
}

func group(name *string) (string, error) {
	return checkName(name, "logGroupName", groupForm, groupName)
}

func stream(name *string) (string, error) {
	return checkName(name, "logStreamName", streamForm, streamName)
}

// groupOf finds the group by one of two members: a name, or a name or ARN.
func groupOf(name, identifier *string) (string, error) {
	switch {
	case name != nil && identifier != nil:
		return "", invalid("LogGroup name and LogGroup ARN are mutually exclusive parameters.")
	case identifier == nil:
		return group(name)
	}
	id := *identifier
	if parsed, ok := groupInARN(id); ok {
		id = parsed
	}
	return checkName(&id, "logGroupIdentifier", groupForm, groupName)
}

// groupInARN is the group that an ARN of CloudWatch Logs names, with or without
// ":*" at its end.
func groupInARN(s string) (string, bool) {
	a, ok := arn.Parse(s)
	if !ok || a.Service != "logs" {
		return "", false
	}
	name, ok := strings.CutPrefix(a.Resource, "log-group:")
	return strings.TrimSuffix(name, ":*"), ok
}

// limitOf reads the size of a page.
func limitOf(limit *int32, deflt, most int) (int, error) {
	if limit == nil {
		return deflt, nil
	}
	if n := int(*limit); n >= 1 && n <= most {
		return n, nil
	}
	return 0, invalid("%s", fmt.Sprintf("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: "+
		"Member must have value between 1 and %d", *limit, most))
}
