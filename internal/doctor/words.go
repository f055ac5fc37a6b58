package doctor

import (
	"regexp"
	"strings"
)

// phrases are what is told of an error's text: those parts that every program
// says. The rest may hold anything.
var phrases = []string{
	"connection refused", "connection reset by peer", "broken pipe", "no such file or directory", "permission denied", "operation not permitted",
	"address already in use", "cannot assign requested address", "no route to host", "network is unreachable", "i/o timeout", "context deadline exceeded",
	"context canceled", "no space left on device", "disk quota exceeded", "read-only file system", "too many open files", "device or resource busy",
	"cannot allocate memory", "invalid argument", "resource temporarily unavailable", "no such process", "no such device", "not a directory",
	"is a directory", "file exists", "text file busy", "input/output error", "no such host", "server misbehaving", "unexpected EOF", "EOF",
	"tls: ", "x509: ", "certificate has expired", "certificate signed by unknown authority", "database is locked", "database disk image is malformed",
	"exit status", "signal: killed", "executable file not found", "exec format error", "stale NFS file handle", "not supported", "Unauthorized",
	"manifest unknown", "not found", "toomanyrequests", "no child processes", "use of closed network connection", "link: client is closed",
}

// known tells an error by what of its text every program says.
func known(text string) string {
	var out []string
	for _, p := range phrases {
		if strings.Contains(text, p) {
			out = append(out, strings.TrimSpace(p))
		}
	}
	if len(out) == 0 {
		return "(a text that is left out)"
	}
	return "… " + strings.Join(out, " … ")
}

// name is what grue's and AWS's names look like: no blank, no quote, nothing that
// only a text has.
var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/+-]{0,300}$`)

// address is what a target is: an ARN, or an address with a port; not a URL, whose
// path may be a key.
var address = regexp.MustCompile(`^(arn:aws:[a-z-]+:[a-z0-9-]*:[0-9]*:[A-Za-z0-9._:/+-]{1,300}|[0-9.]+:[0-9]+)$`)

// code is what an AWS error code looks like: "CannotPullContainerError".
var code = regexp.MustCompile(`^([A-Z][A-Za-z]{2,60}(?:Error|Exception|Failure|Killed))\b`)

// reasonCode is the code that a stopped reason begins with; of others nothing is
// told.
func reasonCode(reason string) string {
	if m := code.FindStringSubmatch(reason); m != nil {
		return m[1]
	}
	return ""
}
