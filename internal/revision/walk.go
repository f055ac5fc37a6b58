package revision

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
)

// walker collects differences.
type walker struct{ found []Difference }

// scalar compares two texts.
func (w *walker) scalar(path string, before, after *string) {
	if (before == nil) != (after == nil) || before != nil && *before != *after {
		w.found = append(w.found, Difference{path, before, after})
	}
}

// walk compares two values of the same type.
func (w *walker) walk(path string, a, b reflect.Value) {
	if a.Kind() == reflect.Pointer {
		if a.IsNil() || b.IsNil() || a.Elem().Kind() != reflect.Struct {
			w.whole(path, a, b)
			return
		}
		a, b = a.Elem(), b.Elem()
	}
	switch {
	case a.Kind() == reflect.Struct && a.Type() != timeType:
		w.members(path, a, b)
	case a.Kind() == reflect.Map:
		w.entries(path, a, b)
	case a.Kind() == reflect.Slice && a.Type().Elem().Kind() == reflect.Struct:
		w.elements(path, a, b)
	default:
		w.whole(path, a, b)
	}
}

// whole compares values as they are written.
func (w *walker) whole(path string, a, b reflect.Value) { w.scalar(path, text(path, a), text(path, b)) }

// members compares two structs.
func (w *walker) members(path string, a, b reflect.Value) {
	t := a.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() || slices.Contains(skipped[t], f.Name) {
			continue
		}
		w.walk(join(path, memberName(f.Name)), a.Field(i), b.Field(i))
	}
}

// join appends a member to a path.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// entries compares two maps with keys of text.
func (w *walker) entries(path string, a, b reflect.Value) {
	keys := append(a.MapKeys(), b.MapKeys()...)
	slices.SortFunc(keys, func(x, y reflect.Value) int { return cmp.Compare(x.String(), y.String()) })
	keys = slices.CompactFunc(keys, func(x, y reflect.Value) bool { return x.String() == y.String() })
	for _, k := range keys {
		at := path + "[" + k.String() + "]"
		w.scalar(at, present(at, a.MapIndex(k)), present(at, b.MapIndex(k)))
	}
}

// elements compares two lists of structs, by key where all elements have one of
// their own.
func (w *walker) elements(path string, a, b reflect.Value) {
	left, right := keyed(a), keyed(b)
	if left == nil || right == nil {
		left, right = indexed(a), indexed(b)
	}
	for _, e := range left {
		if other, ok := find(right, e.key); ok {
			w.element(path, e, other)
		} else {
			at := path + "[" + e.key + "]"
			w.scalar(at, alone(at, e), nil)
		}
	}
	for _, e := range right {
		if _, ok := find(left, e.key); !ok {
			at := path + "[" + e.key + "]"
			w.scalar(at, nil, alone(at, e))
		}
	}
}

// element compares two elements with the same key. One with a single member besides
// its key, such as a variable of the environment, is that member.
func (w *walker) element(path string, a, b element) {
	at := path + "[" + a.key + "]"
	if name, ok := only(a); ok {
		w.walk(at, a.value.FieldByName(name), b.value.FieldByName(name))
		return
	}
	w.members(at, a.value, b.value)
}

// indexed names elements by their place.
func indexed(list reflect.Value) []element {
	out := make([]element, list.Len())
	for i := range out {
		out[i] = element{key: strconv.Itoa(i), value: list.Index(i)}
	}
	return out
}
