package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// jsonReader places JSON text in values without a tree between them. The text
// was checked before, so the reader need not fear a missing end; what it finds
// in an unexpected form it leaves to decoder.place, which knows every
// conversion and error.
type jsonReader struct {
	*decoder
	data []byte
	pos  int
}

// placeJSON checks text and places it in v.
func (d *decoder) placeJSON(text []byte, pl *plan, v reflect.Value) error {
	if err := checkJSON(text); err != nil {
		return err
	}
	r := jsonReader{decoder: d, data: text}
	if r.peek() == 'n' { // null means absent
		return nil
	}
	return r.value(pl, v)
}

// peek skips white space and returns the first byte of the next token.
func (r *jsonReader) peek() byte {
	for {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\r', '\n':
			r.pos++
		default:
			return c
		}
	}
}

// next is peek, after the comma or colon that must come first.
func (r *jsonReader) next() byte {
	if c := r.peek(); c != ',' && c != ':' {
		return c
	}
	r.pos++
	return r.peek()
}

// value places the next value, which is not null.
func (r *jsonReader) value(pl *plan, v reflect.Value) error {
	c := r.peek()
	switch pl.kind {
	case kindPointer:
		p := reflect.New(pl.elem.typ)
		if err := r.value(pl.elem, p.Elem()); err != nil {
			return err
		}
		v.Set(p)
		return nil
	case kindStruct:
		if c == '{' {
			return r.structure(pl, v)
		}
	case kindList:
		if c == '[' {
			return r.list(pl, v)
		}
	case kindMap:
		if c == '{' {
			return r.mapping(pl, v)
		}
	case kindString:
		if c == '"' {
			v.SetString(r.text())
			return nil
		}
	case kindBool:
		if c == 't' || c == 'f' {
			v.SetBool(c == 't')
			r.skip()
			return nil
		}
	case kindInt, kindFloat, kindTime:
		if c == '-' || c >= '0' && c <= '9' {
			start := r.pos
			r.skip()
			return r.place(pl, json.Number(r.data[start:r.pos]), v)
		}
	}
	return r.tree(pl, v)
}

// tree places the next value by way of a tree.
func (r *jsonReader) tree(pl *plan, v reflect.Value) error {
	start := r.pos
	r.skip()
	dec := json.NewDecoder(bytes.NewReader(r.data[start:r.pos]))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return err
	}
	return r.place(pl, tree, v)
}

func (r *jsonReader) structure(pl *plan, v reflect.Value) error {
	r.pos++
	for r.next() != '}' {
		name := r.key()
		i, known := pl.byName[string(name)]
		null := r.next() == 'n'
		switch {
		case !known:
			if err := r.foreign(pl, string(name)); err != nil {
				return err
			}
			r.skip()
		case null:
			r.skip()
		default:
			f := &pl.fields[i]
			if err := r.value(f.plan, v.Field(f.index)); err != nil {
				return within(err, "."+f.name)
			}
		}
	}
	r.pos++
	return nil
}

func (r *jsonReader) list(pl *plan, v reflect.Value) error {
	r.pos++
	v.Set(reflect.MakeSlice(pl.typ, 0, 0))
	for n := 0; r.next() != ']'; {
		if r.peek() == 'n' { // AWS drops nulls in lists
			r.skip()
			continue
		}
		if n == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(n + 1)
		item := v.Index(n)
		item.SetZero()
		if err := r.value(pl.elem, item); err != nil {
			return within(err, "["+strconv.Itoa(n)+"]")
		}
		n++
	}
	r.pos++
	return nil
}

func (r *jsonReader) mapping(pl *plan, v reflect.Value) error {
	r.pos++
	m := reflect.MakeMap(pl.typ)
	for r.next() != '}' {
		name := string(r.key())
		if r.next() == 'n' {
			r.skip()
			continue
		}
		item := reflect.New(pl.elem.typ).Elem()
		if err := r.value(pl.elem, item); err != nil {
			return within(err, "."+name)
		}
		m.SetMapIndex(reflect.ValueOf(name).Convert(pl.typ.Key()), item)
	}
	r.pos++
	v.Set(m)
	return nil
}

// key reads the name of a member; it is valid until the text changes.
func (r *jsonReader) key() []byte {
	start := r.pos
	r.skip()
	if quoted := r.data[start:r.pos]; plain(quoted) {
		return quoted[1 : len(quoted)-1]
	}
	r.pos = start
	return []byte(r.text())
}

// text reads a string.
func (r *jsonReader) text() string {
	start := r.pos
	r.skip()
	quoted := r.data[start:r.pos]
	if plain(quoted) {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // the text was checked
	return s
}

// plain says that a quoted string has no escapes and is UTF-8.
func plain(quoted []byte) bool {
	return bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted)
}

// skip moves behind the next value.
func (r *jsonReader) skip() {
	switch r.data[r.pos] {
	case '"':
		r.skipString()
	case '{', '[':
		r.skipNested()
	default:
		for r.pos < len(r.data) && !endsScalar(r.data[r.pos]) {
			r.pos++
		}
	}
}

func endsScalar(c byte) bool {
	return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\t' || c == '\r'
}

func (r *jsonReader) skipString() {
	for r.pos++; r.data[r.pos] != '"'; r.pos++ {
		if r.data[r.pos] == '\\' {
			r.pos++
		}
	}
	r.pos++
}

func (r *jsonReader) skipNested() {
	for depth := 0; ; {
		switch r.data[r.pos] {
		case '"':
			r.skipString()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		r.pos++
		if depth == 0 {
			return
		}
	}
}
