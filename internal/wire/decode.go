package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// decoder places a tree of parsed values into Go values. Every protocol parses
// into the same tree: map[string]any, []any, json.Number or the numbers of
// CBOR, string, bool, []byte, time.Time; and formValue, which stands for any
// scalar in a query.
type decoder struct {
	form bool // the tree comes from a query: lists and maps have its shapes
	// unknown hears of members that the struct lacks; an error stops decoding.
	unknown func(typ, member string) error
}

// formValue is a scalar of a query string: its type is known only to the plan.
type formValue string

// memberError is a value of the wrong type, and where it stands.
type memberError struct {
	path string
	text string
}

func (e *memberError) Error() string {
	if e.path == "" {
		return e.text
	}
	return strings.TrimPrefix(e.path, ".") + ": " + e.text
}

// within puts the name of the enclosing member before the path of err.
func within(err error, step string) error {
	if e, ok := err.(*memberError); ok {
		return &memberError{path: step + e.path, text: e.text}
	}
	return err
}

func wrongType(tree any, want string) error {
	return &memberError{text: fmt.Sprintf("%s can not be converted to a %s", typeName(tree), want)}
}

func typeName(tree any) string {
	switch tree.(type) {
	case map[string]any:
		return "START_OBJECT"
	case []any:
		return "START_ARRAY"
	case string:
		return "STRING_VALUE"
	case bool:
		return "BOOLEAN_VALUE"
	case formValue:
		return "VALUE"
	case nil:
		return "NULL_VALUE"
	}
	return "NUMBER_VALUE"
}

// place stores tree, which is not nil, in v.
func (d *decoder) place(pl *plan, tree any, v reflect.Value) error {
	switch pl.kind {
	case kindString:
		return d.placeString(tree, v)
	case kindBool:
		return d.placeBool(tree, v)
	case kindInt:
		return d.placeInt(tree, v)
	case kindFloat:
		return d.placeFloat(tree, v)
	case kindTime:
		return d.placeTime(tree, v)
	case kindBlob:
		return d.placeBlob(tree, v)
	case kindRaw, kindDocument:
		return d.placeDocument(pl, tree, v)
	case kindPointer:
		if tree == formValue("") && pl.elem.kind != kindString && pl.elem.kind != kindStruct {
			return nil // "ProtocolVersion=" means not given
		}
		p := reflect.New(pl.elem.typ)
		if err := d.place(pl.elem, tree, p.Elem()); err != nil {
			return err
		}
		v.Set(p)
		return nil
	case kindList:
		return d.placeList(pl, tree, v)
	case kindMap:
		return d.placeMap(pl, tree, v)
	case kindStruct:
		return d.placeStruct(pl, tree, v)
	default:
		return d.placeUnion(pl, tree, v)
	}
}

func (d *decoder) placeStruct(pl *plan, tree any, v reflect.Value) error {
	members, ok := tree.(map[string]any)
	if !ok {
		if tree == formValue("") {
			return nil
		}
		return wrongType(tree, "structure")
	}
	for name, sub := range members {
		i, ok := pl.byName[name]
		if !ok {
			if err := d.foreign(pl, name); err != nil {
				return err
			}
			continue
		}
		if sub == nil { // null means absent
			continue
		}
		f := &pl.fields[i]
		if err := d.place(f.plan, sub, v.Field(f.index)); err != nil {
			return within(err, "."+name)
		}
	}
	return nil
}

// foreign reports a member that pl lacks. __type names the shape and is nobody's
// member.
func (d *decoder) foreign(pl *plan, member string) error {
	if d.unknown == nil || member == "__type" {
		return nil
	}
	return d.unknown(pl.typ.Name(), member)
}

func (d *decoder) placeList(pl *plan, tree any, v reflect.Value) error {
	items, ok := tree.([]any)
	if !ok {
		if items, ok = formList(tree); !ok || !d.form {
			return wrongType(tree, "list")
		}
	}
	s := reflect.MakeSlice(pl.typ, 0, min(len(items), 4096))
	item := reflect.New(pl.elem.typ).Elem()
	for i, sub := range items {
		if sub == nil { // AWS drops nulls in lists
			continue
		}
		item.SetZero()
		if err := d.place(pl.elem, sub, item); err != nil {
			return within(err, "["+strconv.Itoa(i)+"]")
		}
		s = reflect.Append(s, item)
	}
	v.Set(s)
	return nil
}

func (d *decoder) placeMap(pl *plan, tree any, v reflect.Value) error {
	entries, ok := tree.(map[string]any)
	if tree == formValue("") {
		entries, ok = nil, true
	} else if d.form {
		entries = formMap(entries)
	}
	if !ok {
		return wrongType(tree, "map")
	}
	m := reflect.MakeMapWithSize(pl.typ, min(len(entries), 4096))
	for name, sub := range entries {
		if sub == nil {
			continue
		}
		item := reflect.New(pl.elem.typ).Elem()
		if err := d.place(pl.elem, sub, item); err != nil {
			return within(err, "."+name)
		}
		m.SetMapIndex(reflect.ValueOf(name).Convert(pl.typ.Key()), item)
	}
	v.Set(m)
	return nil
}

// placeUnion takes the one member that is given. More than one is the client's
// mistake; an unknown one leaves the union empty.
func (d *decoder) placeUnion(pl *plan, tree any, v reflect.Value) error {
	members, ok := tree.(map[string]any)
	if !ok {
		return wrongType(tree, "union")
	}
	var found string
	for name, sub := range members {
		if sub == nil || name == "__type" {
			continue
		}
		m, ok := pl.union.byName[name]
		if !ok {
			if err := d.foreign(pl, name); err != nil {
				return err
			}
			continue
		}
		if found != "" {
			return &memberError{text: fmt.Sprintf("exactly one member may be given, not both %q and %q", min(found, name), max(found, name))}
		}
		found = name
		p := reflect.New(m.typ)
		if err := d.place(m.elem, sub, p.Elem().FieldByName("Value")); err != nil {
			return within(err, "."+name)
		}
		v.Set(p)
	}
	return nil
}

func (d *decoder) placeDocument(pl *plan, tree any, v reflect.Value) error {
	text, err := json.Marshal(plainTree(tree))
	if err != nil {
		return &memberError{text: "is not a document"}
	}
	if pl.kind == kindRaw {
		v.SetBytes(text)
		return nil
	}
	doc, err := NewDocument(text)
	if err != nil {
		return &memberError{text: err.Error()}
	}
	v.Set(reflect.ValueOf(doc))
	return nil
}

func plainTree(tree any) any {
	if s, ok := tree.(formValue); ok {
		return string(s)
	}
	return tree
}
