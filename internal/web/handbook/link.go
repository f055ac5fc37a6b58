package handbook

import (
	"net/url"
	"path"
	"strings"
)

// source is where the rest of the repository is.
const source = "https://github.com/grue-ecs/grue/blob/main/"

// rewrite says where a link leads, as seen from the server. The pages are in the
// folder docs of the repository.
func (p *Page) rewrite(destination []byte) []byte {
	u, err := url.Parse(string(destination))
	if err != nil || u.Scheme != "" || u.Host != "" || u.Path == "" {
		return destination
	}
	at := path.Join("docs", u.Path)
	inside, ok := strings.CutPrefix(at, "docs/")
	if !ok || strings.Contains(inside, "/") {
		return []byte(source + at + fragment(u))
	}
	name, ok := strings.CutSuffix(inside, ".md")
	if !ok {
		return []byte(Root + "/" + inside)
	}
	if name == "index" || name == "README" {
		return []byte(Root + fragment(u))
	}
	p.Links = append(p.Links, name)
	return []byte(Root + "/" + name + fragment(u))
}

func fragment(u *url.URL) string {
	if u.Fragment == "" {
		return ""
	}
	return "#" + u.EscapedFragment()
}
