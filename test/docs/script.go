package docs

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// prologue is what every page begins with. await FILE WORDS waits at most
// five minutes for words in the output of a program in the background.
const prologue = `set -euo pipefail
await() {
  for _ in $(seq 3000); do
    if grep -qF -- "$2" "$1"; then return 0; fi
    sleep 0.1
  done
  echo "these words never came: $2"; cat "$1"; return 1
}
`

// Script is a page as one program for bash. It says which line of the page it is
// at; name is what the page is called in that.
func Script(name string, blocks []Block, replace *strings.Replacer) string {
	var w strings.Builder
	w.WriteString(prologue)
	for _, b := range blocks {
		body := replace.Replace(b.Text)
		switch {
		case b.File != "":
			fmt.Fprintf(&w, "base64 -d > %s <<'EOF'\n%s\nEOF\n", quote(b.File), base64.StdEncoding.EncodeToString([]byte(body)))
			continue
		case b.Lang != "sh" || b.Unrun:
			continue
		}
		fmt.Fprintf(&w, "echo '==> %s:%d'\n", name, b.Line)
		switch {
		case b.Background:
			log := fmt.Sprintf(".background-%d", b.Line)
			fmt.Fprintf(&w, ": > %[1]s\n(\n%[2]s\n) >> %[1]s 2>&1 &\n", log, body)
			if b.Until != "" {
				fmt.Fprintf(&w, "await %s %s\n", log, quote(b.Until))
			}
		case b.Fails != "":
			fmt.Fprintf(&w, "set +e; (\nset -e\n%s\n); code=$?; set -e\n", body)
			fmt.Fprintf(&w, "if [ $code != %s ]; then echo \"the end was $code, not %s\"; exit 1; fi\n", b.Fails, b.Fails)
		default:
			w.WriteString(body + "\n")
		}
	}
	return w.String()
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
