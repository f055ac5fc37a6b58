package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// UnknownMembers are members of a document that its type does not have, as
// "Type.member", sorted.
type UnknownMembers []string

// Error names them all.
func (u UnknownMembers) Error() string {
	return "unknown members: " + strings.Join(u, ", ")
}

// UnmarshalStrict is UnmarshalJSON for what a person wrote: members that v does not
// have are an UnknownMembers error, which names each once. What could be read is in v
// even then.
func UnmarshalStrict(data []byte, v any, lower bool) error {
	ptr := reflect.ValueOf(v)
	if ptr.Kind() != reflect.Pointer || ptr.IsNil() {
		return fmt.Errorf("wire: cannot decode into a %T", v)
	}
	var unknown UnknownMembers
	d := decoder{unknown: func(typ, member string) error {
		unknown = append(unknown, typ+"."+member)
		return nil
	}}
	if err := d.placeJSON(data, names(lower).of(ptr.Type().Elem()), ptr.Elem()); err != nil {
		return err
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return slices.Compact(unknown)
	}
	return nil
}
