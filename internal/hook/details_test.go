package hook

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckDetails(t *testing.T) {
	for _, tt := range []struct {
		doc  string
		own  bool
		name string // what texts call the hook
		err  string // a part of the error
	}{
		{``, false, target1, ""},
		{`null`, false, target1, ""},
		{`"grue:url"`, false, target1, ""},
		{`{"any":"json"}`, false, target1, ""},
		{`{"grue:url":"https://h.example:8443/a/b?token=x"}`, true, "https://h.example:8443/a/b", ""},
		{`{"grue:url":"http://[::1]:1/","grue:secret":"0123456789abcdef","x":1}`, true, "http://[::1]:1/", ""},
		{`{"grue:url":"http://h","grue:secret":"whsec_MDEyMzQ1Njc4OWFiY2RlZg=="}`, true, "http://h", ""},
		{`{"grue:task":true}`, true, "task", ""},
		{`{"grue:task":{}}`, true, "task", ""},
		{`{"grue:task":{"command":["./migrate","up"],"container":"main","environment":[{"name":"A","value":"1=2"}],"taskDefinition":"m:3"}}`, true, "task:./migrate up", ""},

		{`{"grue:URL":"http://h"}`, false, "", `unknown member "grue:URL"`},
		{`{"grue:url":"http://h","grue:task":true}`, false, "", "both"},
		{`{"grue:secret":"0123456789abcdef"}`, false, "", "without grue:url"},
		{`{"grue:task":true,"grue:secret":"0123456789abcdef"}`, false, "", "without grue:url"},
		{`{"grue:url":"http://h","grue:secret":"short"}`, false, "", "16 to 256 bytes"},
		{`{"grue:url":"http://h","grue:secret":"whsec_!"}`, false, "", "must have base64"},
		{`{"grue:url":"http://h","grue:secret":7}`, false, "", "must be a string"},
		{`{"grue:url":""}`, false, "", "must be a URL"},
		{`{"grue:url":null}`, false, "", "must be a URL"},
		{`{"grue:url":["http://h"]}`, false, "", "must be a URL"},
		{`{"grue:url":"http://h/` + strings.Repeat("x", 2048) + `"}`, false, "", "at most 2048 bytes"},
		{`{"grue:url":"h.example/x"}`, false, "", "must begin with http"},
		{`{"grue:url":"ftp://h"}`, false, "", "must begin with http"},
		{`{"grue:url":"http://"}`, false, "", "host name"},
		{`{"grue:url":"http://:80/"}`, false, "", "host name"},
		{`{"grue:url":"http://h:0/"}`, false, "", "port"},
		{`{"grue:url":"http://h:99999/"}`, false, "", "port"},
		{`{"grue:url":"http://h\u0000/"}`, false, "", "no URL"},
		{`{"grue:url":"http://u:p@h/"}`, false, "", "user name"},
		{`{"grue:task":false}`, false, "", "must be true or an object"},
		{`{"grue:task":null}`, false, "", "must be true or an object"},
		{`{"grue:task":"./migrate"}`, false, "", "must be true or an object"},
		{`{"grue:task":{"cmd":["x"]}}`, false, "", `unknown member "cmd"`},
		{`{"grue:task":{"Command":["x"]}}`, false, "", `unknown member "Command"`},
		{`{"grue:task":{"command":"x"}}`, false, "", "list of strings"},
		{`{"grue:task":{"command":[]}}`, false, "", "empty command"},
		{`{"grue:task":{"command":[""]}}`, false, "", "empty command"},
		{`{"grue:task":{"command":["x\u0000"]}}`, false, "", "NUL"},
		{`{"grue:task":{"container":""}}`, false, "", "empty container"},
		{`{"grue:task":{"taskDefinition":""}}`, false, "", "empty taskDefinition"},
		{`{"grue:task":{"environment":[{"value":"1"}]}}`, false, "", "without a name"},
		{`{"grue:task":{"environment":[{"name":"A=B","value":"1"}]}}`, false, "", "="},
		{`{"grue:task":{"environment":{"A":"1"}}}`, false, "", "list of {name, value}"},
	} {
		own, err := CheckDetails(json.RawMessage(tt.doc))
		if own != tt.own || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%.200s: own %v, error %v", tt.doc, own, err)
		}
		if got := Name(target1, json.RawMessage(tt.doc)); err == nil && got != tt.name {
			t.Errorf("%s: is called %q, want %q", tt.doc, got, tt.name)
		}
	}
}

// The example of the Standard Webhooks specification's own libraries.
func TestSignature(t *testing.T) {
	key, err := secretKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Error(got)
	}
}

func TestLoadKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hooks.key")
	key, err := LoadKey(path)
	if err != nil || len(key) != 32 {
		t.Fatalf("%x, %v", key, err)
	}
	again, err := LoadKey(path)
	if err != nil || string(again) != string(key) {
		t.Errorf("another key the second time: %v", err)
	}
	doc, _ := os.ReadFile(path)
	if want := "whsec_" + base64.StdEncoding.EncodeToString(key) + "\n"; string(doc) != want {
		t.Errorf("the file holds %q", doc)
	}
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", st.Mode())
	}
	for _, bad := range []string{"", "whsec_", "0123456789abcdef0123456789abcdef", "whsec_%%%"} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadKey(path); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := LoadKey(filepath.Join(path, "x")); err == nil {
		t.Error("no error for a path that cannot be")
	}
}
