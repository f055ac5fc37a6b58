package docs

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// Block is one fenced block of a page.
type Block struct {
	Line int // of the text, counted from 1
	Lang string
	File string // the name to write it to
	Text string

	Background, Unrun bool
	Until             string
	Fails             string // exit code; "" = 0
}

var word = regexp.MustCompile(`^\s*(?:([a-z]+)="([^"]*)"|([a-z]+)=(\S+)|(\S+))`)

// Parse finds the blocks of a page. A word in a fence that means nothing is an
// error: it would be a command that nobody runs.
func Parse(page []byte) (blocks []Block, err error) {
	root := goldmark.DefaultParser().Parse(text.NewReader(page))
	err = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		fence, ok := n.(*ast.FencedCodeBlock)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		b := Block{Text: string(fence.Lines().Value(page))}
		start := 0
		if fence.Lines().Len() > 0 {
			start = fence.Lines().At(0).Start
		}
		b.Line = 1 + strings.Count(string(page[:start]), "\n")
		info := ""
		if fence.Info != nil {
			info = string(fence.Info.Segment.Value(page))
		}
		if err := b.words(info); err != nil {
			return ast.WalkStop, fmt.Errorf("line %d: %w", b.Line-1, err)
		}
		blocks = append(blocks, b)
		return ast.WalkSkipChildren, nil
	})
	return blocks, err
}

// words reads the fence's info.
func (b *Block) words(info string) error {
	for i := 0; strings.TrimSpace(info) != ""; i++ {
		m := word.FindStringSubmatch(info)
		info = info[len(m[0]):]
		key, value, plain := m[1]+m[3], m[2]+m[4], m[5]
		switch {
		case i == 0:
			b.Lang = plain
		case b.Lang != "sh" && plain != "" && b.File == "" && !strings.ContainsAny(plain, "/\\"):
			b.File = plain
		case b.Lang == "sh" && plain == "background":
			b.Background = true
		case b.Lang == "sh" && plain == "unrun":
			b.Unrun = true
		case b.Lang == "sh" && key == "until":
			b.Until = value
		case b.Lang == "sh" && key == "fails":
			b.Fails = value
		default:
			return fmt.Errorf("a fence does not know %q", strings.TrimSpace(m[0]))
		}
	}
	if b.Lang == "" || b.Lang == "console" || b.Lang == "bash" && b.File == "" || b.Lang == "shell" {
		return fmt.Errorf("a fence says sh, text, json or the language of a file; this one says %q", b.Lang)
	}
	return nil
}
