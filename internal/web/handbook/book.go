package handbook

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"io/fs"
	"slices"
	"strings"
)

// Book is the manual, ready to be served. It does not change.
type Book struct {
	pages    []*Page
	byName   map[string]*Page
	pictures map[string][]byte
}

// Page is one page of the manual.
type Page struct {
	Name    string // "hooks"; "" = the first page
	Title   string // its first heading
	Summary string // its first paragraph, as text
	Body    template.HTML
	Parts   []Part
	Links   []string // names of pages that it links to, in order, perhaps of none
	html    []byte
}

// Part is a section of a page.
type Part struct{ ID, Title string }

// Path of the page on the server.
func (p *Page) Path() string {
	if p.Name == "" {
		return Root
	}
	return Root + "/" + p.Name
}

// Root is where the manual is served.
const Root = "/ui/docs"

// New reads all pages and pictures of a folder.
func New(files fs.FS) (*Book, error) {
	b := &Book{byName: map[string]*Page{}, pictures: map[string][]byte{}}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		data, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return nil, err
		}
		if name, ok := strings.CutSuffix(e.Name(), ".md"); ok {
			if name == "index" || name == "README" {
				name = ""
			}
			p, err := render(name, data)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", e.Name(), err)
			}
			b.pages = append(b.pages, p)
			b.byName[name] = p
			continue
		}
		b.pictures[e.Name()] = data
	}
	return b, b.bind()
}

// bind puts the pages in order and makes their HTML.
func (b *Book) bind() error {
	if b.byName[""] == nil {
		first := contents(b.pages)
		b.pages = append(b.pages, first)
		b.byName[""] = first
	}
	order := b.byName[""].Links
	place := func(p *Page) int {
		if p.Name == "" {
			return -1
		}
		if i := slices.Index(order, p.Name); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(b.pages, func(x, y *Page) int {
		return cmp.Or(cmp.Compare(place(x), place(y)), byTitle(x, y))
	})
	for _, p := range b.pages {
		var out bytes.Buffer
		if err := layout.Execute(&out, frame{Page: p, Pages: b.pages}); err != nil {
			return err
		}
		p.html = out.Bytes()
	}
	return nil
}

// byTitle orders pages by title, after that for newcomers.
func byTitle(x, y *Page) int {
	late := func(p *Page) int {
		if p.Name == "getting-started" {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(late(x), late(y)), cmp.Compare(strings.ToLower(x.Title), strings.ToLower(y.Title)))
}

// contents makes the first page of a manual that has none.
func contents(pages []*Page) *Page {
	list := slices.SortedFunc(slices.Values(pages), byTitle)
	return &Page{Title: "Documentation", Body: "<h1>Documentation</h1>\n" + listing(list)}
}

// listing is a list of pages with their first sentences.
func listing(pages []*Page) template.HTML {
	var body strings.Builder
	body.WriteString("<ul class=\"contents\">\n")
	for _, p := range pages {
		fmt.Fprintf(&body, "<li><a href=\"%s\">%s</a><br>%s</li>\n", template.HTMLEscapeString(p.Path()), template.HTMLEscapeString(p.Title), template.HTMLEscapeString(brief(p.Summary)))
	}
	body.WriteString("</ul>\n")
	return template.HTML(body.String())
}

// brief is the beginning of a text: whole sentences, of up to 200 bytes if there are such.
func brief(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	if end := strings.LastIndex(text[:most], ". "); end > 0 {
		return text[:end+1]
	}
	end := strings.LastIndexByte(text[:most], ' ')
	return text[:max(end, 0)] + " …"
}

// Page finds a page by name.
func (b *Book) Page(name string) (*Page, bool) {
	p, ok := b.byName[name]
	return p, ok
}

// Pages are all pages in order.
func (b *Book) Pages() []*Page { return b.pages }

// Picture finds a picture by file name.
func (b *Book) Picture(name string) ([]byte, bool) {
	data, ok := b.pictures[name]
	return data, ok
}
