package wire

import (
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	smithydocument "github.com/aws/smithy-go/document"
)

// jsonEncoder appends values to b. The first error stays in err, and what was
// written is then worthless.
type jsonEncoder struct {
	b     []byte
	exact bool // keep nanoseconds; AWS sends milliseconds
	err   error
}

func (e *jsonEncoder) value(pl *plan, v reflect.Value) {
	switch pl.kind {
	case kindString:
		e.string(v.String())
	case kindBool:
		e.b = strconv.AppendBool(e.b, v.Bool())
	case kindInt:
		e.b = strconv.AppendInt(e.b, v.Int(), 10)
	case kindFloat:
		e.float(v.Float(), v.Type().Bits())
	case kindPointer:
		if v.IsNil() {
			e.b = append(e.b, "null"...)
			return
		}
		e.value(pl.elem, v.Elem())
	case kindTime:
		e.time(timeOf(v))
	case kindBlob:
		e.b = append(e.b, '"')
		e.b = base64.StdEncoding.AppendEncode(e.b, v.Bytes())
		e.b = append(e.b, '"')
	case kindRaw:
		e.raw(v.Bytes())
	default:
		e.container(pl, v)
	}
}

func (e *jsonEncoder) container(pl *plan, v reflect.Value) {
	switch pl.kind {
	case kindStruct:
		e.structure(pl, v)
	case kindList:
		e.b = append(e.b, '[')
		for i := range v.Len() {
			if i > 0 {
				e.b = append(e.b, ',')
			}
			e.value(pl.elem, v.Index(i))
		}
		e.b = append(e.b, ']')
	case kindMap:
		e.mapping(pl, v)
	case kindUnion:
		e.union(pl, v)
	case kindDocument:
		e.document(v)
	}
}

func (e *jsonEncoder) structure(pl *plan, v reflect.Value) {
	e.b = append(e.b, '{')
	first := true
	for i := range pl.fields {
		f := &pl.fields[i]
		fv := v.Field(f.index)
		if f.plan.absent(fv) {
			continue
		}
		if !first {
			e.b = append(e.b, ',')
		}
		first = false
		e.b = append(e.b, f.key...)
		e.value(f.plan, fv)
	}
	e.b = append(e.b, '}')
}

// mapping writes keys in order, so that equal values have equal text.
func (e *jsonEncoder) mapping(pl *plan, v reflect.Value) {
	keys := v.MapKeys()
	slices.SortFunc(keys, compareStrings)
	e.b = append(e.b, '{')
	for i, k := range keys {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.string(k.String())
		e.b = append(e.b, ':')
		e.value(pl.elem, v.MapIndex(k))
	}
	e.b = append(e.b, '}')
}

func (e *jsonEncoder) union(pl *plan, v reflect.Value) {
	if v.IsNil() {
		e.b = append(e.b, "null"...)
		return
	}
	m, value, err := pl.union.of(v)
	if err != nil {
		e.fail(err)
		return
	}
	e.b = append(e.b, '{')
	e.b = append(e.b, m.key...)
	e.value(m.elem, value)
	e.b = append(e.b, '}')
}

func (e *jsonEncoder) document(v reflect.Value) {
	d, ok := v.Interface().(smithydocument.Marshaler)
	if !ok {
		e.b = append(e.b, "null"...)
		return
	}
	text, err := DocumentJSON(d)
	if err != nil {
		e.fail(err)
		return
	}
	e.raw(text)
}

func (e *jsonEncoder) raw(text []byte) {
	if len(text) == 0 {
		text = []byte("null")
	}
	e.b = append(e.b, text...)
}

func (e *jsonEncoder) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// float writes whole numbers with a fraction, as AWS does: 10.0.
func (e *jsonEncoder) float(f float64, bits int) {
	switch {
	case math.IsNaN(f):
		e.b = append(e.b, `"NaN"`...)
	case math.IsInf(f, 1):
		e.b = append(e.b, `"Infinity"`...)
	case math.IsInf(f, -1):
		e.b = append(e.b, `"-Infinity"`...)
	default:
		e.b = appendFloat(e.b, f, bits)
	}
}

func appendFloat(b []byte, f float64, bits int) []byte {
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e15) {
		return strconv.AppendFloat(b, f, 'E', -1, bits)
	}
	b = strconv.AppendFloat(b, f, 'f', -1, bits)
	if f == math.Trunc(f) {
		b = append(b, ".0"...)
	}
	return b
}

// time writes seconds since 1970 with as many digits as there are.
func (e *jsonEncoder) time(t time.Time) {
	digits, unit := 3, int64(time.Millisecond)
	if e.exact {
		digits, unit = 9, 1
	}
	sec, frac := t.Unix(), int64(t.Nanosecond())/unit
	if sec < 0 && frac > 0 { // -1.5 s is sec -2 and frac .5
		e.b = append(e.b, '-')
		sec, frac = -(sec + 1), int64(time.Second)/unit-frac
	}
	e.b = strconv.AppendInt(e.b, sec, 10)
	if frac == 0 {
		return
	}
	e.b = append(e.b, '.')
	for unit := pow10[digits-1]; frac > 0; unit /= 10 { // ends with the last digit that is not 0
		e.b = append(e.b, byte('0'+frac/unit))
		frac %= unit
	}
}

var pow10 = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8}

const hexDigits = "0123456789abcdef"

// string writes s quoted; bytes that are not UTF-8 become U+FFFD.
func (e *jsonEncoder) string(s string) {
	e.b = append(e.b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				e.b = append(append(e.b, s[start:i]...), "\uFFFD"...)
				start = i + 1
			}
			i += n
			continue
		}
		e.b = appendEscape(append(e.b, s[start:i]...), c)
		i++
		start = i
	}
	e.b = append(append(e.b, s[start:]...), '"')
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

func compareStrings(a, b reflect.Value) int {
	if a.String() < b.String() {
		return -1
	}
	return 1
}

func timeOf(v reflect.Value) time.Time {
	if v.CanAddr() {
		return *v.Addr().Interface().(*time.Time)
	}
	t, ok := v.Interface().(time.Time)
	if !ok {
		panic(fmt.Sprintf("wire: %v is no time", v.Type()))
	}
	return t
}
