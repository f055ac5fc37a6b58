package secret

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

var here = arn.Scope{Account: "111122223333", Region: "eu-west-1"}

func newVault(t *testing.T, dir string) *Vault {
	t.Helper()
	st, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	v, err := NewVault(st, filepath.Join(dir, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "key")
	v, err := NewVault(nil, file)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(file); info.Mode().Perm() != 0o600 || info.Size() != keySize {
		t.Fatalf("key file: %v %d", info.Mode(), info.Size())
	}
	sealed := v.Seal("a", []byte("hush"))
	if bytes.Contains(sealed, []byte("hush")) {
		t.Fatal("not encrypted")
	}
	again, err := NewVault(nil, file)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Open("a", sealed); err != nil || string(got) != "hush" {
		t.Fatalf("%q %v", got, err)
	}
	if _, err := again.Open("b", sealed); err != ErrKey {
		t.Fatalf("opened under another name: %v", err)
	}
	os.Chmod(file, 0o644)
	if _, err := NewVault(nil, file); err == nil {
		t.Fatal("a key file that all may read was accepted")
	}
	os.Chmod(file, 0o600)
	os.WriteFile(file, []byte("short"), 0o600)
	if _, err := NewVault(nil, file); err == nil {
		t.Fatal("a short key was accepted")
	}
}

func TestLookup(t *testing.T) {
	v := newVault(t, t.TempDir())
	err := v.Store().Update(func(tx *store.Tx) error {
		for _, name := range []string{"plain", "/app/db/url", "/one"} {
			PutParameter(tx, &Parameter{Scope: here, Name: name, Type: "String", Versions: []ParameterVersion{
				{Version: 1, Value: name + " v1", Labels: []string{"old"}}, {Version: 2, Value: name + " v2"},
			}})
		}
		secure := &Parameter{Scope: here, Name: "/app/secure", Type: "SecureString"}
		secure.Versions = []ParameterVersion{{Version: 1, Sealed: v.SealParameter(secure, 1, "hush")}}
		PutParameter(tx, secure)
		s := &Secret{Scope: here, Name: "db/main", Suffix: "AbCdEf"}
		s.Versions = []SecretVersion{
			{ID: "v-1", Sealed: v.SealSecret(s, "v-1", []byte(`{"user":"ann","port":5432}`)), Stages: []string{StageCurrent}},
			{ID: "v-2", Sealed: v.SealSecret(s, "v-2", []byte(`{"user":"bob"}`))},
		}
		s.Move(StageCurrent, "v-2")
		PutSecret(tx, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	const parameter, secret = "arn:aws:ssm:eu-west-1:111122223333:parameter/", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
	for from, want := range map[string]string{
		"plain": "plain v2", "plain:1": "plain v1", "plain:old": "plain v1",
		"/app/db/url":                               "/app/db/url v2",
		parameter + "plain":                         "plain v2",
		parameter + "one":                           "/one v2",
		parameter + "app/db/url:1":                  "/app/db/url v1",
		"/app/secure":                               "hush",
		secret + "db/main-AbCdEf":                   `{"user":"bob"}`,
		secret + "db/main":                          `{"user":"bob"}`,
		secret + "db/main-AbCdEf:user::":            "bob",
		secret + "db/main-AbCdEf:user:AWSPREVIOUS:": "ann",
		secret + "db/main-AbCdEf:port::v-1":         "5432",
		secret + "db/main-AbCdEf:::v-1":             `{"user":"ann","port":5432}`,
	} {
		got, err := v.Lookup(here, from)
		if err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", from, got, err, want)
		}
	}
	for _, from := range []string{
		"", "none", "plain:9", "plain:none", parameter + "none", secret + "none-AbCdEf", secret + "db/main-XXXXXX",
		secret + "db/main-AbCdEf:none::", secret + "db/main-AbCdEf:user:NOSTAGE:", "arn:aws:s3:::bucket/key",
	} {
		if got, err := v.Lookup(here, from); err == nil {
			t.Errorf("%s: found %q", from, got)
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add("arn:aws:ssm:r:1:parameter/a/b:1")
	f.Add("arn:aws:secretsmanager:r:1:secret:a-AbCdEf:k:s:v")
	f.Fuzz(func(t *testing.T, text string) {
		if _, name, _, ok := ParameterName(here, text); ok && name == "" {
			t.Fatalf("%q is a parameter without a name", text)
		}
		splitSecret(text)
	})
}
