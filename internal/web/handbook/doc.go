// Package handbook serves the manual below /ui/docs: Markdown pages made into HTML
// once, at the start. They need neither JavaScript nor a login, and look like the
// dashboard.
//
//	*.md ─► goldmark (GFM; raw HTML is left out) ─► links rewritten ─► layout ─► Page
//
// A link to another page, x.md#part, leads to /ui/docs/x#part; a picture beside the
// pages is served beside them; what else there is in the repository is linked where
// its source is.
//
// Order of the pages: as index.md (or README.md) links to them, then by title, getting-started
// before the others. Without such a page the first one is a list of all.
//
// Files: book.go (pages and their order), render.go (Markdown), link.go (links),
// layout.go and layout.html (what is around), serve.go (HTTP).
package handbook
