package revision

import "reflect"

// Values lists the differences of any two structs of the SDK of one type, with
// paths below prefix ("" = none). It serves what a service has beside its revision,
// such as its deployment configuration.
func Values[T any](prefix string, before, after T) []Difference {
	w := &walker{}
	w.walk(prefix, reflect.ValueOf(before), reflect.ValueOf(after))
	return w.found
}
