// Package internal holds no code of its own, only the test that guards the
// structure of the code below it.
package internal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/grue-ecs/grue"

// rows is the layering, lowest first. A package imports only packages of rows
// above its own here, never of its own row or of a later one. A package stands
// for the packages below its folder, too; the folders of api are services, and
// no service imports another. ARCHITECTURE.md tells what each package is.
var rows = []struct {
	layer    string
	packages []string
}{
	{"0 values", []string{"arn", "fault"}},
	{"1 pure decisions", []string{"deploy", "schedule", "route", "alarm", "taskdef", "revision", "pattern", "cron"}},
	{"2 reference model", []string{"model"}},
	{"2 worlds and wire", []string{"sim", "wire", "session"}},
	{"3 machine: ground", []string{"store", "network", "metric", "link"}},
	{"3 machine: contracts", []string{"runtime", "listening"}},
	{"3 machine: records and content", []string{"state", "image", "logs", "secret", "outbox", "queue", "cloudmap", "authority"}},
	{"4 planes: watching", []string{"watch", "usage"}},
	{"4 planes: traffic", []string{"proxy", "function", "elb"}},
	{"4 planes: mesh", []string{"connect"}},
	{"4 planes: messages", []string{"hook", "topic", "bus"}},
	{"4 planes: people", []string{"approval"}},
	{"4 planes: notifications", []string{"notify"}},
	{"4 planes: terminals", []string{"console"}},
	{"4 planes: control", []string{"engine", "metadata", "scale"}},
	{"5 faces", []string{"api", "web", "demo", "scrape", "span", "doctor", "client"}},
	{"6 wiring: server", []string{"server"}},
	{"6 wiring: command line", []string{"cli"}},
}

// parsed is one package folder.
type parsed struct {
	dir     string // "internal/api/ecs", with slashes
	files   map[string]*ast.File
	fset    *token.FileSet
	imports map[string]bool // of this module, without tests
}

// component is the first element below internal/, or "" for other folders.
func component(dir string) string {
	rest, ok := strings.CutPrefix(dir, "internal/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func rowOf(name string) int {
	for i, r := range rows {
		if slices.Contains(r.packages, name) {
			return i
		}
	}
	return -1
}

// packages parses every package of the module, whatever its build tags.
func packages(t *testing.T) map[string]*parsed {
	t.Helper()
	out := map[string]*parsed{}
	root := ".."
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); p != root && (name == "testdata" || name == "bin" || strings.HasPrefix(name, ".") && name != "..") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		dir := path.Dir(rel)
		pkg := out[dir]
		if pkg == nil {
			pkg = &parsed{dir: dir, files: map[string]*ast.File{}, fset: token.NewFileSet(), imports: map[string]bool{}}
			out[dir] = pkg
		}
		return pkg.add(p, rel)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (p *parsed) add(file, rel string) error {
	f, err := parser.ParseFile(p.fset, file, nil, parser.ParseComments)
	if err != nil {
		return err
	}
	p.files[rel] = f
	if strings.HasSuffix(rel, "_test.go") {
		return nil
	}
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if own, ok := strings.CutPrefix(name, module+"/"); ok {
			p.imports[own] = true
		}
	}
	return nil
}

func TestLayers(t *testing.T) {
	for _, pkg := range packages(t) {
		from := component(pkg.dir)
		if from == "" || pkg.dir == "internal" {
			continue
		}
		if rowOf(from) < 0 {
			t.Errorf("%s stands in no layer: add it to rows in arch_test.go and to ARCHITECTURE.md", pkg.dir)
			continue
		}
		for _, to := range slices.Sorted(maps.Keys(pkg.imports)) {
			if why := breach(pkg.dir, to); why != "" {
				t.Errorf("%s imports %s: %s", pkg.dir, to, why)
			}
		}
	}
}

// breach tells what is wrong with an import; "" = nothing.
func breach(from, to string) string {
	a, b := component(from), component(to)
	switch {
	case to == "docs":
		return "" // pages and pictures, no code
	case b == "":
		return "only test folders may use what is outside internal"
	case a == "api" && b == "api":
		return "services of AWS do not know each other; share through a lower layer"
	case a == b:
		return ""
	case rowOf(b) < 0:
		return "it stands in no layer"
	case rowOf(b) >= rowOf(a):
		return "layer " + rows[rowOf(a)].layer + " may not use layer " + rows[rowOf(b)].layer
	}
	return ""
}

func TestNoImportCircles(t *testing.T) {
	pkgs := packages(t)
	const visiting, done = 1, 2
	state := map[string]int{}
	var visit func(dir string, trail []string)
	visit = func(dir string, trail []string) {
		trail = append(trail, dir)
		switch state[dir] {
		case visiting:
			t.Errorf("import circle: %s", strings.Join(trail[slices.Index(trail, dir):], " → "))
			return
		case done:
			return
		}
		state[dir] = visiting
		if pkg := pkgs[dir]; pkg != nil {
			for _, to := range slices.Sorted(maps.Keys(pkg.imports)) {
				visit(to, trail)
			}
		}
		state[dir] = done
	}
	for _, dir := range slices.Sorted(maps.Keys(pkgs)) {
		visit(dir, nil)
	}
}

func TestPackageComments(t *testing.T) {
	for _, pkg := range packages(t) {
		commented := false
		for _, f := range pkg.files {
			text := f.Doc.Text()
			commented = commented || strings.HasPrefix(text, "Package ") || strings.HasPrefix(text, "Command ")
		}
		if !commented {
			t.Errorf("%s has no package comment", pkg.dir)
		}
	}
}

func TestPackageNames(t *testing.T) {
	for _, pkg := range packages(t) {
		if name := path.Base(pkg.dir); slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "manager", "impl"}, name) {
			t.Errorf("%s: a package is named after what it is about, not %s", pkg.dir, name)
		}
	}
}

// The machine must give the same answer to the same events, whenever and
// wherever it is asked.
func TestDecisionsArePure(t *testing.T) {
	forbidden := regexp.MustCompile(`^(os|os/.*|net|net/http|math/rand.*|crypto/rand|sync|sync/.*|context|log|log/slog|runtime|io/.*|unsafe)$`)
	for _, pkg := range packages(t) {
		if c := component(pkg.dir); c != "deploy" && c != "schedule" {
			continue
		}
		for name, f := range pkg.files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			for _, spec := range f.Imports {
				if p, _ := strconv.Unquote(spec.Path.Value); forbidden.MatchString(p) || strings.Contains(p, ".") {
					t.Errorf("%s imports %s: decisions use nothing but their arguments", name, p)
				}
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					t.Errorf("%s: a goroutine", pkg.fset.Position(n.Pos()))
				case *ast.SelectorExpr:
					if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "Sleep", "Tick", "NewTimer"}, n.Sel.Name) {
						t.Errorf("%s: time.%s; time is an argument", pkg.fset.Position(n.Pos()), n.Sel.Name)
					}
				}
				return true
			})
		}
	}
}

func TestNothingIsLeftForLater(t *testing.T) {
	later := regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)
	for _, pkg := range packages(t) {
		for name, f := range pkg.files {
			if name == "internal/arch_test.go" {
				continue
			}
			for _, group := range f.Comments {
				if later.MatchString(group.Text()) {
					t.Errorf("%s: %s", pkg.fset.Position(group.Pos()), strings.TrimSpace(group.Text()))
				}
			}
		}
	}
}
