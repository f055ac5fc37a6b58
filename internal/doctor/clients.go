package doctor

import (
	"bufio"
	"context"
	"errors"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
)

// awsEndpoint: the SDKs speak to AWS unless they are told otherwise.
func awsEndpoint(_ context.Context, o *Options) []Finding {
	m := o.Machine
	want := o.URL
	if want == "" {
		want = "http://" + o.Listen
	}
	export := "export AWS_ENDPOINT_URL=" + want + " AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1"
	if strings.EqualFold(m.Env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
		return warn("unset AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true: the SDKs and the AWS CLI speak to AWS, not to grue.")
	}
	for _, e := range m.Environ() {
		name, value, _ := strings.Cut(e, "=")
		if service, ok := strings.CutPrefix(name, "AWS_ENDPOINT_URL_"); ok && value != "" && !same(value, want) {
			return warn("unset "+name, "%s sends calls of %s elsewhere than to grue.", name, strings.ToLower(service))
		}
	}
	at := m.Env("AWS_ENDPOINT_URL")
	if at == "" {
		at = m.profile()["endpoint_url"]
	}
	switch {
	case at == "":
		return warn(export, "AWS_ENDPOINT_URL is not set in this shell: the SDKs and the AWS CLI speak to AWS, not to grue.")
	case !same(at, want):
		return warn(export, "AWS_ENDPOINT_URL names %s, and grue is at %s.", host(at), want)
	case m.Env("AWS_ACCESS_KEY_ID") == "" && m.Env("AWS_PROFILE") == "" && m.profile()["aws_access_key_id"] == "" && !m.exists(filepath.Join(m.Home, ".aws", "credentials")):
		return warn(export, "The SDKs and the AWS CLI find grue, but no keys to sign with.")
	}
	return ok("The SDKs and the AWS CLI of this shell find grue at %s.", host(at))
}

// same tells whether two URLs name the same port, however loopback is spelled.
func same(a, b string) bool { return host(a) == host(b) }

// host is host:port of a URL, without a user's name or password.
func host(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return "something that is no URL"
	}
	h := strings.ToLower(u.Host)
	for _, name := range []string{"localhost:", "[::1]:"} {
		if rest, ok := strings.CutPrefix(h, name); ok {
			return "127.0.0.1:" + rest
		}
	}
	return h
}

// profile is the part of ~/.aws/config that holds in this shell.
func (m *Machine) profile() map[string]string {
	file, name := m.Env("AWS_CONFIG_FILE"), m.Env("AWS_PROFILE")
	if file == "" {
		file = filepath.Join(m.Home, ".aws", "config")
	}
	want := "profile " + name
	if name == "" || name == "default" {
		want = "default"
	}
	out, in := map[string]string{}, false
	for lines := bufio.NewScanner(strings.NewReader(m.text(file))); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "[") {
			in = strings.TrimSpace(strings.Trim(line, "[]")) == want
			continue
		}
		if key, value, found := strings.Cut(line, "="); in && found && !strings.HasPrefix(line, "#") {
			out[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return out
}

// awsCLI: old ones do not know AWS_ENDPOINT_URL.
func awsCLI(ctx context.Context, o *Options) []Finding {
	out, err := o.Machine.Command(ctx, "aws", "--version")
	if errors.Is(err, exec.ErrNotFound) {
		return ok("The AWS CLI is not installed; 'grue status', 'deploy' and others do without it.")
	}
	word, _, _ := strings.Cut(firstLine(out), " ")
	major, minor, known := version(word)
	switch {
	case err != nil || !known:
		return warn("Install it again.", "The AWS CLI does not tell its version.")
	case major == 1 && minor < 29 || major == 2 && minor < 13:
		return warn("Install version 2.13 or newer, or give every call --endpoint-url.", "%s does not know AWS_ENDPOINT_URL and speaks to AWS.", word)
	case major == 1:
		return warn("Give 'aws sqs' --endpoint-url, or install version 2.", "%s does not look for AWS_ENDPOINT_URL when it speaks to SQS.", word)
	}
	return ok("%s.", word)
}

// boto3: old ones do not know AWS_ENDPOINT_URL, nor service deployments.
func boto3(ctx context.Context, o *Options) []Finding {
	out, err := o.Machine.Command(ctx, "python3", "-c", "import botocore; print(botocore.__version__)")
	major, minor, known := version(firstLine(out))
	switch {
	case err != nil || !known:
		return ok("The Python of this shell has no boto3.")
	case before(major, minor, 1, 31):
		return warn("pip install -U boto3", "botocore %s does not know AWS_ENDPOINT_URL and speaks to AWS.", firstLine(out))
	case before(major, minor, 1, 36):
		return warn("pip install -U boto3", "botocore %s does not know service deployments.", firstLine(out))
	}
	return ok("botocore %s.", firstLine(out))
}
