package client

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// alone is an environment without anything of AWS.
func alone(t *testing.T, env map[string]string) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte("[profile home]\nregion = eu-west-3\nendpoint_url = http://10.0.0.9:1\n"+
		"aws_access_key_id = HOME\naws_secret_access_key = h\n[profile bare]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", dir)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	for name, value := range env {
		t.Setenv(name, value)
	}
}

// The endpoint is what was said last and most clearly; credentials for Amazon are
// not sent to a port that nobody named.
func TestOpen(t *testing.T) {
	keys := map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s"}
	with := func(more ...string) map[string]string {
		env := map[string]string{}
		for name, value := range keys {
			env[name] = value
		}
		for i := 0; i < len(more); i += 2 {
			env[more[i]] = more[i+1]
		}
		return env
	}
	const url = "AWS_ENDPOINT_URL"
	for _, c := range []struct {
		name                  string
		flags                 Flags
		env                   map[string]string
		endpoint, region, key string
		refused               string
	}{
		{name: "nothing said", endpoint: Local, region: "us-east-1", key: "test"},
		{name: "keys about", env: keys, endpoint: Local, region: "us-east-1", key: "test"},
		{name: "flag", flags: Flags{Endpoint: "https://grue.example:4566/"}, env: with(url, "http://10.0.0.1"), endpoint: "https://grue.example:4566", region: "us-east-1", key: "AKID"},
		{name: "flag, no keys", flags: Flags{Endpoint: "http://10.0.0.1:4566"}, endpoint: "http://10.0.0.1:4566", region: "us-east-1", key: "test"},
		{name: "variable", env: with(url, "http://10.0.0.1", "AWS_REGION", "eu-west-1"), endpoint: "http://10.0.0.1", region: "eu-west-1", key: "AKID"},
		{name: "variable of ECS", env: with(url, "http://10.0.0.1", "AWS_ENDPOINT_URL_ECS", "http://10.0.0.2"), endpoint: "http://10.0.0.2", region: "us-east-1", key: "AKID"},
		{name: "variables ignored", env: with(url, "http://10.0.0.1", "AWS_ENDPOINT_URL_ECS", "http://10.0.0.2", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"), endpoint: Local, region: "us-east-1", key: "test"},
		{name: "profile", flags: Flags{Profile: "home"}, endpoint: "http://10.0.0.9:1", region: "eu-west-3", key: "HOME"},
		{name: "profile and region", flags: Flags{Profile: "home", Region: "ap-south-1", Endpoint: Local}, endpoint: Local, region: "ap-south-1", key: "HOME"},
		{name: "Amazon", flags: Flags{AWS: true}, env: keys, endpoint: "", region: "us-east-1", key: "AKID"},
		{name: "Amazon and an endpoint", flags: Flags{AWS: true, Endpoint: Local}, refused: "leave out --aws or --endpoint"},
		{name: "Amazon and a variable", flags: Flags{AWS: true}, env: with(url, "http://10.0.0.1"), refused: "unset it"},
		{name: "Amazon and a profile's endpoint", flags: Flags{AWS: true, Profile: "home"}, refused: "http://10.0.0.9:1"},
		{name: "no scheme", flags: Flags{Endpoint: "localhost:4566"}, refused: "http://HOST:PORT"},
		{name: "no such profile", flags: Flags{Profile: "nobody"}, refused: "nobody"},
		{name: "profile without keys", flags: Flags{Profile: "bare"}, refused: "no credentials"},
		{name: "no such file", flags: Flags{CAFile: "/nothing"}, refused: "--ca-file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			alone(t, c.env)
			cl, err := c.flags.Open(context.Background())
			if c.refused != "" {
				var usage UsageError
				if !errors.As(err, &usage) || !strings.Contains(err.Error(), c.refused) {
					t.Fatalf("%v, want a usage error with %q", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			key, err := cl.Config.Credentials.Retrieve(context.Background())
			if cl.Endpoint != c.endpoint || cl.Region != c.region || err != nil || key.AccessKeyID != c.key {
				t.Errorf("%q %s %s %v, want %q %s %s", cl.Endpoint, cl.Region, key.AccessKeyID, err, c.endpoint, c.region, c.key)
			}
		})
	}
}
