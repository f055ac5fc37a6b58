package internal

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestLogLines: messages of log lines are constants and keys are words in small
// letters, of which one thing has one: who reads logs with a program looks for them.
func TestLogLines(t *testing.T) {
	key := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	other := map[string]string{"error": "err", "duration": "took", "elapsed": "took", "target_group": "group", "taskid": "task", "task_id": "task", "svc": "service"}
	lines := 0
	for _, pkg := range packages(t) {
		for file, f := range pkg.files {
			if strings.HasSuffix(file, "_test.go") || !strings.HasPrefix(file, "internal/") {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || !logs(call) {
					return true
				}
				lines++
				at := pkg.fset.Position(call.Pos())
				if _, ok := text(call.Args[0]); !ok {
					t.Errorf("%s: the message of a log line is not a constant", at)
				}
				if call.Ellipsis.IsValid() {
					return true
				}
				for _, arg := range pairs(call.Args[1:]) {
					k, ok := text(arg)
					switch {
					case !ok || !key.MatchString(k):
						t.Errorf("%s: a key of a log line is not a constant word in small letters", at)
					case other[k] != "":
						t.Errorf("%s: the key %s of a log line is %s everywhere", at, k, other[k])
					}
				}
				return true
			})
		}
	}
	if lines < 100 {
		t.Errorf("only %d log lines were found", lines)
	}
}

// logs tells whether a call writes a log line: log.Info(…), x.log.Warn(…), slog.Error(…).
func logs(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"Debug", "Info", "Warn", "Error"}, f.Sel.Name) || len(call.Args) == 0 {
		return false
	}
	switch on := f.X.(type) {
	case *ast.Ident:
		return on.Name == "log" || on.Name == "slog"
	case *ast.SelectorExpr:
		return on.Sel.Name == "log" || on.Sel.Name == "Log"
	}
	return false
}

// pairs are the keys of keys and values.
func pairs(args []ast.Expr) (out []ast.Expr) {
	for i := 0; i < len(args); i += 2 {
		out = append(out, args[i])
	}
	return out
}

// text is the value of a string literal, or of several that are added.
func text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, e.Kind == token.STRING && err == nil
	case *ast.BinaryExpr:
		a, okA := text(e.X)
		b, okB := text(e.Y)
		return a + b, okA && okB
	}
	return "", false
}
