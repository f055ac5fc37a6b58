package handbook

import (
	_ "embed"
	"html/template"
)

//go:embed layout.html
var layoutText string

var layout = template.Must(template.New("layout").Parse(layoutText))

// frame is what the layout shows.
type frame struct {
	Page  *Page
	Pages []*Page
}
