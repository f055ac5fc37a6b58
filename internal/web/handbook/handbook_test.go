package handbook

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/grue-ecs/grue/docs"
)

func book(t *testing.T, pages map[string]string) *Book {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range pages {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	b, err := New(files)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRender(t *testing.T) {
	for _, c := range []struct{ name, markdown, want string }{
		{"link to a page", "[x](other.md)", `<a href="/ui/docs/other">x</a>`},
		{"link to a section", "[x](other.md#a-part)", `<a href="/ui/docs/other#a-part">x</a>`},
		{"link within the page", "[x](#a-part)", `<a href="#a-part">x</a>`},
		{"link to the first page", "[x](index.md)", `<a href="/ui/docs">x</a>`},
		{"link to a source", "[x](../examples/unicornwatch)", `<a href="https://github.com/grue-ecs/grue/blob/main/examples/unicornwatch">x</a>`},
		{"link elsewhere", "[x](https://example.com/y.md)", `<a href="https://example.com/y.md">x</a>`},
		{"picture", "![p](deployment.svg)", `<img src="/ui/docs/deployment.svg" alt="p">`},
		{"raw HTML is left out", "a <script>alert(1)</script> b", "<p>a <!-- raw HTML omitted -->alert(1)<!-- raw HTML omitted --> b</p>"},
		{"no script in a link", "[x](javascript:alert(1))", `<a href="">x</a>`},
		{"table", "| a | b |\n|---|---|\n| 1 | 2 |", `<div class="wide" role="region" aria-label="Table 1" tabindex="0"><table>`},
		{"aligned column", "| a |\n|--:|\n| 1 |", `<td align="right">1</td>`},
		{"heading with an id", "## A part", `<h2 id="a-part">A part</h2>`},
		{"code is escaped", "```\n<b>\n```", "<pre tabindex=\"0\"><code>&lt;b&gt;\n</code></pre>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, _ := book(t, map[string]string{"page.md": c.markdown}).Page("page")
			if got := string(p.Body); !strings.Contains(got, c.want) {
				t.Errorf("%s\nhas not %s", got, c.want)
			}
		})
	}
}

func TestSummary(t *testing.T) {
	b := book(t, map[string]string{"a.md": "# A\n\nIt is at `/ui/`: <http://127.0.0.1:4566/ui/>,\nand *live*.\n\nMore."})
	p, _ := b.Page("a")
	if want := "It is at /ui/: http://127.0.0.1:4566/ui/, and live."; p.Summary != want {
		t.Errorf("%q", p.Summary)
	}
}

func TestOrder(t *testing.T) {
	pages := map[string]string{"a.md": "# Zebra", "b.md": "# Apple", "c.md": "# Horse"}
	titles := func(b *Book) string {
		var all []string
		for _, p := range b.Pages() {
			all = append(all, p.Title)
		}
		return strings.Join(all, " ")
	}
	if got := titles(book(t, pages)); got != "Documentation Apple Horse Zebra" {
		t.Error(got)
	}
	pages["index.md"] = "# Manual\n\n[x](c.md) [y](a.md)"
	if got := titles(book(t, pages)); got != "Manual Horse Zebra Apple" {
		t.Error(got)
	}
}

// attribute finds what a page refers to.
var attribute = regexp.MustCompile(`(?:href|src)="([^"]*)"`)

// Every link of the real manual leads to a page, to a section of it, to a picture or
// to a file of the repository.
func TestEveryLinkResolves(t *testing.T) {
	b, err := New(docs.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range b.Pages() {
		if p.Title == "" || p.Title == p.Name {
			t.Errorf("%s has no heading", p.Name)
		}
		for _, m := range attribute.FindAllStringSubmatch(string(p.Body), -1) {
			if why := b.lost(p, m[1]); why != "" {
				t.Errorf("%s links to %s: %s", p.Name, m[1], why)
			}
		}
	}
}

// lost tells why a link leads nowhere.
func (b *Book) lost(from *Page, link string) string {
	if file, ok := strings.CutPrefix(link, source); ok {
		if _, err := os.Stat(filepath.Join("../../..", file)); err != nil {
			return "the repository has no such file"
		}
		return ""
	}
	to, part, _ := strings.Cut(link, "#")
	target := from
	switch {
	case strings.HasPrefix(to, "https://"), strings.HasPrefix(to, "http://"):
		return ""
	case to == "" && part == "":
		return "nothing"
	case to != "":
		rest, ok := strings.CutPrefix(to, Root)
		name := strings.Trim(rest, "/")
		if _, picture := b.Picture(name); picture && ok {
			return ""
		}
		if target, ok = b.Page(name); !ok {
			return "no such page or picture; pictures are *.svg and *.png"
		}
	}
	if part != "" && !strings.Contains(string(target.Body), ` id="`+part+`"`) {
		return "the page has no such section"
	}
	return ""
}

func TestServe(t *testing.T) {
	b, err := New(docs.Files)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b)
	defer server.Close()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, c := range []struct {
		path         string
		status       int
		kind, inside string
	}{
		{"/ui/docs", 200, "text/html; charset=utf-8", `<a href="/ui/docs/hooks"`},
		{"/ui/docs/", 200, "text/html; charset=utf-8", "<h1"},
		{"/ui/docs/hooks", 200, "text/html; charset=utf-8", `aria-current="page"`},
		{"/ui/docs/hooks.md", 308, "", ""},
		{"/ui/docs/deployment.svg", 200, "image/svg+xml", "<svg"},
		{"/ui/docs/absent", 404, "text/html; charset=utf-8", "No such page"},
		{"/ui/docs/doc.go", 404, "text/html; charset=utf-8", "No such page"},
		{"/ui/docs/..%2Fgo.mod", 404, "text/html; charset=utf-8", "No such page"},
	} {
		res, err := client.Get(server.URL + c.path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != c.status || c.kind != "" && res.Header.Get("Content-Type") != c.kind || !strings.Contains(string(body), c.inside) {
			t.Errorf("%s: %d %s, %d bytes", c.path, res.StatusCode, res.Header.Get("Content-Type"), len(body))
		}
		if strings.Contains(string(body), "<style") || strings.Contains(string(body), "style=") {
			t.Errorf("%s has a style of its own, which the content security policy forbids", c.path)
		}
	}
}
