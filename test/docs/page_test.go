package docs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	page := strings.ReplaceAll(`# Page

'''sh background until="grue ready"
grue up
'''

- in a list

  '''sh fails=3
  false
  '''

'''python hook.py
print()
'''

'''sh unrun
aws sso login
'''
`, "'''", "```")
	got, err := Parse([]byte(page))
	want := []Block{
		{Line: 4, Lang: "sh", Text: "grue up\n", Background: true, Until: "grue ready"},
		{Line: 10, Lang: "sh", Text: "false\n", Fails: "3"},
		{Line: 14, Lang: "python", File: "hook.py", Text: "print()\n"},
		{Line: 18, Lang: "sh", Text: "aws sso login\n", Unrun: true},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(err, d)
	}
	for _, fence := range []string{"console", "", "bash", "sh nowait", "sh fails", "python ../x", "text a b"} {
		if _, err := Parse([]byte("```" + fence + "\nx\n```\n")); err == nil {
			t.Errorf("%q is taken", fence)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("```sh until=\"a b\"\nx\n```\n"))
	f.Fuzz(func(t *testing.T, page []byte) {
		blocks, err := Parse(page)
		if err == nil {
			Script("page", blocks, strings.NewReplacer())
		}
	})
}
