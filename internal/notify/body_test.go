package notify

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// TestBodies compares every event in every format with testdata.
func TestBodies(t *testing.T) {
	for _, format := range []string{FormatSlack, FormatTeams, FormatGeneric, FormatText} {
		for _, k := range Kinds {
			m := sample(k, "ops", noon)
			if k == Approval {
				m.ApproveURL = "https://grue.example/grue/approve/TOKEN"
			}
			m.URL = "https://grue.example/ui/deployments/default/sample/sample"
			got, err := (&Notification{Format: format}).body(m)
			if err != nil {
				t.Fatal(err)
			}
			if format != FormatText {
				var pretty bytes.Buffer
				if err := json.Indent(&pretty, got, "", "  "); err != nil {
					t.Fatalf("%s %s is no JSON: %s", format, k, got)
				}
				got = append(pretty.Bytes(), '\n')
			}
			file := filepath.Join("testdata", format+"-"+string(k)+".golden")
			if *update {
				if err := os.WriteFile(file, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s %s: the body differs from %s (write it anew with -update):\n%s", format, k, file, got)
			}
		}
	}
}

// TestEscapes: names are of strangers, and mean nothing to the receiver's markup.
func TestEscapes(t *testing.T) {
	m := sample(Rollback, "ops", noon)
	m.Reason = "<!channel> & *all* [x](http://evil)"
	m.say()
	for format, want := range map[string]string{
		FormatSlack: "&lt;!channel&gt; &amp; *all*",
		FormatTeams: `&lt;!channel&gt; & \\*all\\* \\[x\\](http://evil)`,
	} {
		doc, err := (&Notification{Format: format}).body(m)
		if err != nil || !strings.Contains(string(doc), want) {
			t.Errorf("%s: %s, %v", format, doc, err)
		}
	}
}

// TestSlackBounds: Slack refuses a message one of whose texts is too long.
func TestSlackBounds(t *testing.T) {
	m := sample(Approval, "ops", noon)
	m.Title, m.Text, m.ApproveURL = strings.Repeat("ä", 400), strings.Repeat("ä", 5000), "https://x/"+strings.Repeat("a", 5000)
	for range 30 {
		m.Target.Images = append(m.Target.Images, m.Target.Images[0])
	}
	doc, err := encode(m.slack())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(doc), strings.Repeat("ä", 3000)) || strings.Contains(string(doc), "https://x/") || strings.Count(string(doc), "sample:v2") > 7 {
		t.Errorf("%s", doc)
	}
}

func TestTemplates(t *testing.T) {
	for _, c := range []struct{ text, want, refused string }{
		{text: `{"text": {{json .Text}}, "by": "{{.Notification}}"}`, want: `{"text": "sample in cluster default runs sample:2 after 3m0s.", "by": "ops"}`},
		{text: `{{with .Approval}}{{.HookID}}{{else}}none{{end}}`, want: "none"},
		{text: `{{range .Target.Images}}{{.Image}} {{end}}`, want: "sample:v2 "},
		{text: `{{.Nothing}}`, refused: "Nothing"},
		{text: `{{.Approval.HookID}}`, refused: "the event started"},
		{text: `{{`, refused: "template"},
		{text: strings.Repeat("x", maxTemplate+1), refused: "larger than 65536"},
		{text: `{{range .Target.Images}}` + strings.Repeat("0123456789", 6000) + `{{end}}{{define "x"}}{{end}}` + strings.Repeat(`{{template "x"}}`, 10), want: strings.Repeat("0123456789", 6000)},
	} {
		r := Request{URL: "https://x.example", Template: c.text}
		err := r.check("ops")
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%.60s: %v, want %q", c.text, err, c.refused)
			}
			continue
		}
		got, bodyErr := (&Notification{Template: c.text}).body(sample(Succeeded, "ops", noon))
		if err != nil || bodyErr != nil || string(got) != c.want {
			t.Errorf("%.60s: %.100s, %v, %v", c.text, got, err, bodyErr)
		}
	}
	huge := `{{range .Target.Images}}` + strings.Repeat("0123456789", 6000) + `{{end}}`
	m := sample(Succeeded, "ops", noon)
	for range 10 {
		m.Target.Images = append(m.Target.Images, m.Target.Images[0])
	}
	if _, err := execute(huge, m); err != errLong {
		t.Errorf("a huge body: %v", err)
	}
}

func TestCheck(t *testing.T) {
	const url = "https://hooks.example/services/T0/B0/secret"
	for _, c := range []struct {
		name, of string
		r        Request
		refused  string
	}{
		{of: "ops", r: Request{URL: url}},
		{of: "ops", r: Request{URL: url, Format: "slack", Events: []Kind{Stage}, Services: []string{"web", "shop/web"}}},
		{of: "ops", r: Request{Topic: "arn:aws:sns:us-east-1:000000000000:t"}},
		{of: "ops", r: Request{URL: url, Secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="}},
		{of: "", r: Request{URL: url}, refused: "name"},
		{of: "a b", r: Request{URL: url}, refused: "name"},
		{of: "ops", r: Request{}, refused: "either"},
		{of: "ops", r: Request{URL: url, Topic: "x"}, refused: "either"},
		{of: "ops", r: Request{URL: "hooks.example/x"}, refused: "http://"},
		{of: "ops", r: Request{URL: "ftp://hooks.example/x"}, refused: "http://"},
		{of: "ops", r: Request{URL: "https://x/" + strings.Repeat("x", 2048)}, refused: "2048"},
		{of: "ops", r: Request{URL: url, Format: "xml"}, refused: "format"},
		{of: "ops", r: Request{Topic: "x", Format: "slack"}, refused: "topic takes"},
		{of: "ops", r: Request{URL: url, Events: []Kind{"ended"}}, refused: "started, stage, approval"},
		{of: "ops", r: Request{URL: url, Services: []string{"a/b/c"}}, refused: "CLUSTER/NAME"},
		{of: "ops", r: Request{URL: url, Services: make([]string, 101)}, refused: "at most 100"},
		{of: "ops", r: Request{URL: url, Secret: "short"}, refused: "16 to 256"},
		{of: "ops", r: Request{URL: url, Format: "slack", Secret: "0123456789abcdef"}, refused: "secret signs"},
	} {
		err := c.r.check(c.of)
		if c.refused == "" && err != nil || c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)) {
			t.Errorf("%q %+v: %v", c.of, c.r, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") && strings.Contains(err.Error(), "T0") {
			t.Errorf("the error tells the URL: %v", err)
		}
	}
	r := Request{URL: url, Services: []string{"web"}}
	if err := r.check("ops"); err != nil || r.Services[0] != "default/web" || r.Format != FormatGeneric || len(r.Events) != 5 {
		t.Errorf("%+v, %v", r, err)
	}
}
