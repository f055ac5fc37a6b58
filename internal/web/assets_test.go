package web

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// bundle is every file of the front end by its name below assets/.
func bundle(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(embedded, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		doc, err := fs.ReadFile(embedded, name)
		out[strings.TrimPrefix(name, "assets/")] = string(doc)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The whole front end stays small: what a browser can ever load of it, compressed.
func TestBundleIsSmall(t *testing.T) {
	const most = 150 << 10
	assets, err := loadAssets(embedded)
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, a := range assets {
		if a.zipped != nil {
			size += len(a.zipped)
		} else {
			size += len(a.plain)
		}
	}
	t.Logf("%d files, %d bytes compressed", len(assets), size)
	if size > most {
		t.Errorf("the front end has %d bytes compressed, more than %d", size, most)
	}
}

// What a strict Content-Security-Policy forbids, and every way from text to
// markup or code, does not occur.
func TestFrontEndIsSafe(t *testing.T) {
	everywhere := []string{"javascript:", "http://", "https://"}
	allowed := []string{"http://www.w3.org/"} // names of SVG, never fetched
	forbidden := map[string][]*regexp.Regexp{
		".html": {regexp.MustCompile(`(?i)<style`), regexp.MustCompile(`(?i)\sstyle\s*=`), regexp.MustCompile(`(?i)\son[a-z]+\s*=`), regexp.MustCompile(`(?i)<script(>|\s[^>]*>[^<])`)},
		".svg":  {regexp.MustCompile(`(?i)<script`), regexp.MustCompile(`(?i)\son[a-z]+\s*=`)},
		".js": {
			regexp.MustCompile(`\b(inner|outer)HTML\b`), regexp.MustCompile(`\binsertAdjacentHTML\b`), regexp.MustCompile(`\bdocument\.write`), regexp.MustCompile(`\beval\s*\(`),
			regexp.MustCompile(`\bnew Function\b`), regexp.MustCompile(`\bsetHTML|parseFromString|createContextualFragment\b`), regexp.MustCompile(`\bset(Timeout|Interval)\(\s*['"` + "`]"),
			regexp.MustCompile(`setAttribute\(\s*['"](style|on[a-z]+)['"]`),
		},
		".css": {regexp.MustCompile(`@import`)},
	}
	for name, text := range bundle(t) {
		for _, bad := range forbidden[path.Ext(name)] {
			if at := bad.FindString(text); at != "" {
				t.Errorf("%s: %q is not allowed", name, at)
			}
		}
		for _, ok := range allowed {
			text = strings.ReplaceAll(text, ok, "")
		}
		for _, bad := range everywhere {
			if strings.Contains(text, bad) {
				t.Errorf("%s: %q: the dashboard works without other machines", name, bad)
			}
		}
	}
}

var (
	importsOf = regexp.MustCompile(`(?s)\bimport\s+(?:([\w$]+)\s+from\s+|\{([^}]*)\}\s*from\s+)?'([^']+)'|\bexport\s+\{([^}]*)\}\s*from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)`)
	exports   = regexp.MustCompile(`(?m)^export\s+(?:async\s+)?(?:function\*?|const|let|class)\s+([\w$]+)`)
	reexports = regexp.MustCompile(`(?s)\bexport\s+\{([^}]*)\}`)
	mentioned = regexp.MustCompile(`(?:href|src)="/ui/assets/([^"]+)"`)
)

// Every import names a module of the bundle, and something that it exports;
// index.html names files that exist.
func TestImportsResolve(t *testing.T) {
	files := bundle(t)
	for _, m := range mentioned.FindAllStringSubmatch(files["index.html"], -1) {
		if _, ok := files[m[1]]; !ok {
			t.Errorf("index.html: there is no %s", m[1])
		}
	}
	for name, text := range files {
		if path.Ext(name) != ".js" {
			continue
		}
		for _, m := range importsOf.FindAllStringSubmatch(withoutComments(text), -1) {
			to := path.Join(path.Dir(name), m[3]+m[5]+m[6])
			target, ok := files[to]
			if !ok || !strings.HasPrefix(m[3]+m[5]+m[6], ".") {
				t.Errorf("%s: there is no module %q", name, m[3]+m[5]+m[6])
				continue
			}
			have := exported(target)
			for _, want := range names(m[2] + "," + m[4]) {
				if !slices.Contains(have, want) {
					t.Errorf("%s: %s exports no %q", name, to, want)
				}
			}
			if (m[1] != "" || m[6] != "") && strings.Contains(name, "pages") && !strings.Contains(target, "export default") {
				t.Errorf("%s: %s has no default export", name, to)
			}
		}
	}
}

func withoutComments(text string) string {
	lines := strings.Split(text, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), "//") }), "\n")
}

func exported(text string) []string {
	var out []string
	for _, m := range exports.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	for _, m := range reexports.FindAllStringSubmatch(text, -1) {
		for part := range strings.SplitSeq(m[1], ",") {
			if words := strings.Fields(part); len(words) > 0 {
				out = append(out, words[len(words)-1])
			}
		}
	}
	return out
}

// names are the parts of "a, b as c" as the other module calls them.
func names(list string) []string {
	var out []string
	for part := range strings.SplitSeq(list, ",") {
		if first, _, _ := strings.Cut(strings.TrimSpace(part), " "); first != "" {
			out = append(out, first)
		}
	}
	return out
}
