package hook

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Members of hookDetails that are for grue. A hook with one of the first two
// needs no hookTargetArn and no roleArn; if it has them they are not used.
const (
	memberURL    = "grue:url"    // "https://…": the event is sent there with POST
	memberTask   = "grue:task"   // true or an object, see taskTarget: a task is run
	memberSecret = "grue:secret" // of the URL's signatures, see secretKey
)

// maxURL bounds a URL, in bytes.
const maxURL = 2048

// target is what hookDetails name to be called; at most one is set.
type target struct {
	url  string
	key  []byte // that signs; nil = the server's
	task *taskTarget
}

// CheckDetails checks the "grue:" members of hookDetails. own tells that they name
// a URL or a task, so that hookTargetArn and roleArn may be absent; err is a
// sentence about what is wrong with them.
func CheckDetails(details json.RawMessage) (own bool, err error) {
	t, err := parseTarget(details)
	return t.own(), err
}

func (t *target) own() bool { return t.url != "" || t.task != nil }

// Name is what texts call a hook: its hookTargetArn, its URL without the query,
// or its command.
func Name(targetARN string, details json.RawMessage) string {
	t, err := parseTarget(details)
	switch {
	case err != nil || !t.own():
		return targetARN
	case t.task != nil:
		return shorten(strings.TrimRight("task:"+strings.Join(t.task.Command, " "), ": "))
	}
	short, _, _ := strings.Cut(t.url, "?")
	return short
}

// logName is Name for a log that others may read: of a URL scheme and host, for those of chats and
// workflows have their secret in the path.
func logName(name string) string {
	u, err := url.Parse(name)
	if err != nil || u.Host == "" || u.Path == "" || u.Path == "/" {
		return name
	}
	return u.Scheme + "://" + u.Host + "/…"
}

// Kinds of hooks, as Kind tells them.
const (
	KindLambda = "lambda"
	KindURL    = "url"
	KindTask   = "task"
)

// Kind is which kind of hook the hookDetails make. Those that cannot be read make a
// Lambda function's.
func Kind(details json.RawMessage) string {
	t, err := parseTarget(details)
	switch {
	case err == nil && t.url != "":
		return KindURL
	case err == nil && t.task != nil:
		return KindTask
	}
	return KindLambda
}

// parseTarget reads the members of hookDetails that are for grue; details that
// are not an object have none.
func parseTarget(details json.RawMessage) (t target, err error) {
	members, ok := object(details)
	if !ok {
		return target{}, nil
	}
	for name := range members {
		if strings.HasPrefix(name, "grue:") && !slices.Contains([]string{memberURL, memberTask, memberSecret}, name) {
			return target{}, fmt.Errorf("hookDetails has the unknown member %q; those for grue are %s, %s and %s", shorten(name), memberURL, memberSecret, memberTask)
		}
	}
	at, isURL := members[memberURL]
	run, isTask := members[memberTask]
	secret, isSecret := members[memberSecret]
	switch {
	case isURL && isTask:
		return target{}, fmt.Errorf("hookDetails has both %s and %s; give one of them", memberURL, memberTask)
	case isSecret && !isURL:
		return target{}, fmt.Errorf("hookDetails has %s without %s", memberSecret, memberURL)
	}
	if isURL {
		t.url, err = parseURL(at)
	}
	if err == nil && isSecret {
		t.key, err = parseSecret(secret)
	}
	if err == nil && isTask {
		t.task, err = parseTask(run)
	}
	if err != nil {
		return target{}, err
	}
	return t, nil
}

func parseURL(doc json.RawMessage) (string, error) {
	var text string
	if json.Unmarshal(doc, &text) != nil || text == "" || len(text) > maxURL {
		return "", fmt.Errorf("%s must be a URL of at most %d bytes", memberURL, maxURL)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s is no URL", memberURL)
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "", fmt.Errorf("%s must begin with http:// or https:// and a host name or address", memberURL)
	case u.User != nil:
		return "", fmt.Errorf("%s cannot contain a user name or password; calls are signed, see %s", memberURL, memberSecret)
	case u.Port() != "" && !validPort(u.Port()):
		return "", fmt.Errorf("%s has a port that is not between 1 and 65535", memberURL)
	}
	return text, nil
}

func validPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0 && n < 1<<16
}

func parseSecret(doc json.RawMessage) ([]byte, error) {
	var text string
	if json.Unmarshal(doc, &text) != nil {
		return nil, fmt.Errorf("%s must be a string", memberSecret)
	}
	key, err := secretKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s %w", memberSecret, err)
	}
	return key, nil
}

// object reads a JSON object; ok is false for anything else.
func object(doc json.RawMessage) (members map[string]json.RawMessage, ok bool) {
	err := json.Unmarshal(doc, &members)
	return members, err == nil && members != nil
}
