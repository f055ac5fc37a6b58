package fault

import (
	"maps"
	"regexp"
	"slices"
)

// Point is a place in the code where the process may be made to die.
type Point struct{ name string }

// points are all points of the program, by name. Only package initialisation
// writes it.
var points = map[string]*Point{}

var form = regexp.MustCompile(`^[a-z0-9]+(\.[a-z0-9]+(-[a-z0-9]+)*){2}$`)

// New declares a point; call it for a package variable. A name that is taken or
// is not of the form package.what.when is a mistake of the program: New panics.
func New(name string) *Point {
	if !form.MatchString(name) {
		panic("fault: a point is called package.what.when, not " + name)
	}
	if points[name] != nil {
		panic("fault: two points are called " + name)
	}
	p := &Point{name: name}
	points[name] = p
	return p
}

// Names lists all points that the program declares, sorted.
func Names() []string { return slices.Sorted(maps.Keys(points)) }

// Name is what New was told.
func (p *Point) Name() string { return p.name }

// Hit ends the process here if the point is armed and due; then it does not
// return. It is safe for concurrent use.
func (p *Point) Hit() {
	if armed != nil {
		armed.hit(p.name)
	}
}
