package handbook

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// markdown understands what GitHub understands. Raw HTML in pages is left out, and no
// style is written into tags: the content security policy forbids both.
var markdown = goldmark.New(
	goldmark.WithExtensions(
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
		extension.Strikethrough, extension.Linkify, extension.TaskList,
	),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
)

// scrolling lets wide tables and programs be scrolled by keyboard, too. The tags
// that it looks for come from the renderer alone: text is escaped.
var scrolling = strings.NewReplacer(
	"<table>", `<div class="wide" role="region" aria-label="Table" tabindex="0"><table>`, // numbered then: see numbered
	"</table>", "</table></div>",
	"<pre>", `<pre tabindex="0">`,
	"<th></th>", "<td></td>",
)

// render makes a page out of Markdown.
func render(name string, source []byte) (*Page, error) {
	doc := markdown.Parser().Parse(text.NewReader(source))
	p := &Page{Name: name, Title: name}
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			p.heading(n, source)
		case *ast.Paragraph:
			if p.Summary == "" {
				p.Summary = plain(n, source)
			}
		case *ast.Link:
			n.Destination = p.rewrite(n.Destination)
		case *ast.Image:
			n.Destination = p.rewrite(n.Destination)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := markdown.Renderer().Render(&out, source, doc); err != nil {
		return nil, err
	}
	p.Body = template.HTML(numbered(scrolling.Replace(out.String())))
	return p, nil
}

// numbered gives the tables of a page names of their own, for screen readers. Quotes
// in text are escaped, so it finds only what scrolling wrote.
func numbered(body string) string {
	const label = `aria-label="Table"`
	var b strings.Builder
	for i := 1; ; i++ {
		before, after, found := strings.Cut(body, label)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		fmt.Fprintf(&b, `aria-label="Table %d"`, i)
		body = after
	}
}

// heading notes the title, or a section.
func (p *Page) heading(h *ast.Heading, source []byte) {
	title := plain(h, source)
	if h.Level == 1 {
		p.Title = title
		return
	}
	id, _ := h.AttributeString("id")
	if b, ok := id.([]byte); ok && h.Level == 2 {
		p.Parts = append(p.Parts, Part{ID: string(b), Title: title})
	}
}

// plain is the text of a node and of those in it.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Segment.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
