// Package docs holds the manual: the pages of this folder and their pictures, as
// they are served at /ui/docs.
package docs

//go:generate go run ./stages .

import "embed"

// Files are the pages (*.md) and the pictures (*.svg, *.png).
//
//go:embed *.md *.svg *.png
var Files embed.FS
