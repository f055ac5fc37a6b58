package wire

import (
	"encoding/base64"
	"math"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"

	smithydocument "github.com/aws/smithy-go/document"
)

// xmlEncoder appends the members of structs as the XML of the query protocols.
type xmlEncoder struct {
	b    []byte
	item string // the element of a list: "member", in EC2's dialect "item"
	flat bool   // lists and maps have no element around them
	err  error
}

// structure writes the members of v without an element around them.
func (e *xmlEncoder) structure(pl *plan, v reflect.Value) {
	for i := range pl.fields {
		f := &pl.fields[i]
		fv := v.Field(f.index)
		switch {
		case f.plan.absent(fv):
		case e.flat && f.plan.kind == kindList:
			for j := range fv.Len() {
				e.element(f.name, f.plan.elem, fv.Index(j))
			}
		case e.flat && f.plan.kind == kindMap:
			e.flatMap(f.name, f.plan, fv)
		default:
			e.element(f.name, f.plan, fv)
		}
	}
}

// flatMap writes each entry as <name><Name>k</Name><Value>v</Value></name>; tags
// have keys, not names.
func (e *xmlEncoder) flatMap(name string, pl *plan, v reflect.Value) {
	label := "Name"
	if name == "Tag" {
		label = "Key"
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, compareStrings)
	for _, k := range keys {
		e.b = append(append(append(append(append(e.b, '<'), name...), "><"...), label...), '>')
		e.text(k.String())
		e.b = append(append(append(e.b, "</"...), label...), '>')
		e.element("Value", pl.elem, v.MapIndex(k))
		e.b = append(append(append(e.b, "</"...), name...), '>')
	}
}

// element writes <name>v</name>, or <name/> when v is empty.
func (e *xmlEncoder) element(name string, pl *plan, v reflect.Value) {
	start := len(e.b)
	e.b = append(append(append(e.b, '<'), name...), '>')
	inside := len(e.b)
	e.content(pl, v)
	if len(e.b) == inside {
		e.b = append(append(append(e.b[:start], '<'), name...), "/>"...)
		return
	}
	e.b = append(append(append(e.b, "</"...), name...), '>')
}

func (e *xmlEncoder) content(pl *plan, v reflect.Value) {
	switch pl.kind {
	case kindString:
		e.text(v.String())
	case kindBool:
		e.b = strconv.AppendBool(e.b, v.Bool())
	case kindInt:
		e.b = strconv.AppendInt(e.b, v.Int(), 10)
	case kindFloat:
		e.float(v.Float(), v.Type().Bits())
	case kindTime:
		e.b = timeOf(v).UTC().AppendFormat(e.b, isoMillis)
	case kindBlob:
		e.b = base64.StdEncoding.AppendEncode(e.b, v.Bytes())
	case kindRaw:
		e.text(string(v.Bytes()))
	case kindPointer:
		if !v.IsNil() {
			e.content(pl.elem, v.Elem())
		}
	case kindStruct:
		e.structure(pl, v)
	case kindList:
		for i := range v.Len() {
			e.element(e.item, pl.elem, v.Index(i))
		}
	case kindMap:
		e.mapping(pl, v)
	case kindUnion:
		e.union(pl, v)
	case kindDocument:
		e.document(v)
	}
}

func (e *xmlEncoder) mapping(pl *plan, v reflect.Value) {
	keys := v.MapKeys()
	slices.SortFunc(keys, compareStrings)
	for _, k := range keys {
		e.b = append(e.b, "<entry><key>"...)
		e.text(k.String())
		e.b = append(e.b, "</key>"...)
		e.element("value", pl.elem, v.MapIndex(k))
		e.b = append(e.b, "</entry>"...)
	}
}

func (e *xmlEncoder) union(pl *plan, v reflect.Value) {
	if v.IsNil() {
		return
	}
	m, value, err := pl.union.of(v)
	if err != nil {
		e.fail(err)
		return
	}
	e.element(m.name, m.elem, value)
}

func (e *xmlEncoder) document(v reflect.Value) {
	d, ok := v.Interface().(smithydocument.Marshaler)
	if !ok {
		return
	}
	text, err := DocumentJSON(d)
	if err != nil {
		e.fail(err)
	}
	e.text(string(text))
}

func (e *xmlEncoder) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

func (e *xmlEncoder) float(f float64, bits int) {
	switch {
	case math.IsNaN(f):
		e.b = append(e.b, "NaN"...)
	case math.IsInf(f, 1):
		e.b = append(e.b, "Infinity"...)
	case math.IsInf(f, -1):
		e.b = append(e.b, "-Infinity"...)
	default:
		e.b = appendFloat(e.b, f, bits)
	}
}

// text escapes s. Carriage returns are written as references, or parsers would
// turn them into line feeds; characters that XML cannot hold become U+FFFD.
func (e *xmlEncoder) text(s string) {
	for _, r := range s {
		switch {
		case r == '&':
			e.b = append(e.b, "&amp;"...)
		case r == '<':
			e.b = append(e.b, "&lt;"...)
		case r == '>':
			e.b = append(e.b, "&gt;"...)
		case r == '"':
			e.b = append(e.b, "&quot;"...)
		case r == '\r':
			e.b = append(e.b, "&#xD;"...)
		case r < ' ' && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF:
			e.b = append(e.b, "\uFFFD"...)
		default:
			e.b = utf8.AppendRune(e.b, r)
		}
	}
}
