package wire

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"reflect"
	"slices"

	smithydocument "github.com/aws/smithy-go/document"
	"github.com/fxamacker/cbor/v2"
)

// cborMode reads requests: bounded in depth and size, string keys only.
var cborMode = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:  maxDepth,
		MaxArrayElements: 1 << 20,
		MaxMapPairs:      1 << 20,
		DefaultMapType:   reflect.TypeFor[map[string]any](),
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// parseCBOR reads a body of rpc-v2-cbor into the common tree; an empty body is
// an operation without input.
func parseCBOR(data []byte) (any, error) {
	if len(data) == 0 {
		return nil, nil
	}
	var tree any
	if err := cborMode.Unmarshal(data, &tree); err != nil {
		return nil, Errorf("SerializationException", "The body is not CBOR: %v.", err)
	}
	return tree, nil
}

// The major types of CBOR (RFC 8949, section 3.1).
const (
	cborUint  = 0 << 5
	cborNeg   = 1 << 5
	cborBytes = 2 << 5
	cborText  = 3 << 5
	cborArray = 4 << 5
	cborMap   = 5 << 5
	cborTag   = 6 << 5
)

const (
	cborFalse   = 0xf4
	cborTrue    = 0xf5
	cborNull    = 0xf6
	cborFloat64 = 0xfb
)

// cborEncoder appends values as rpc-v2-cbor writes them.
type cborEncoder struct {
	b   []byte
	err error
}

// head writes a major type with its number in the shortest form.
func (e *cborEncoder) head(major byte, n uint64) {
	switch {
	case n < 24:
		e.b = append(e.b, major|byte(n))
	case n <= math.MaxUint8:
		e.b = append(e.b, major|24, byte(n))
	case n <= math.MaxUint16:
		e.b = binary.BigEndian.AppendUint16(append(e.b, major|25), uint16(n))
	case n <= math.MaxUint32:
		e.b = binary.BigEndian.AppendUint32(append(e.b, major|26), uint32(n))
	default:
		e.b = binary.BigEndian.AppendUint64(append(e.b, major|27), n)
	}
}

func (e *cborEncoder) text(s string) {
	e.head(cborText, uint64(len(s)))
	e.b = append(e.b, s...)
}

func (e *cborEncoder) float(f float64) {
	e.b = binary.BigEndian.AppendUint64(append(e.b, cborFloat64), math.Float64bits(f))
}

func (e *cborEncoder) int(n int64) {
	if n < 0 {
		e.head(cborNeg, uint64(-(n + 1)))
		return
	}
	e.head(cborUint, uint64(n))
}

func (e *cborEncoder) value(pl *plan, v reflect.Value) {
	switch pl.kind {
	case kindString:
		e.text(v.String())
	case kindBool:
		e.bool(v.Bool())
	case kindInt:
		e.int(v.Int())
	case kindFloat:
		e.float(v.Float())
	case kindTime:
		e.head(cborTag, 1)
		e.float(float64(timeOf(v).UnixMilli()) / 1000)
	case kindBlob:
		e.head(cborBytes, uint64(v.Len()))
		e.b = append(e.b, v.Bytes()...)
	case kindPointer:
		if v.IsNil() {
			e.b = append(e.b, cborNull)
			return
		}
		e.value(pl.elem, v.Elem())
	case kindList:
		e.head(cborArray, uint64(v.Len()))
		for i := range v.Len() {
			e.value(pl.elem, v.Index(i))
		}
	case kindStruct:
		e.structure(pl, v)
	case kindMap:
		e.mapping(pl, v)
	case kindUnion:
		e.union(pl, v)
	case kindRaw, kindDocument:
		e.document(v)
	}
}

func (e *cborEncoder) bool(b bool) {
	if b {
		e.b = append(e.b, cborTrue)
		return
	}
	e.b = append(e.b, cborFalse)
}

func (e *cborEncoder) structure(pl *plan, v reflect.Value) {
	present := 0
	for i := range pl.fields {
		if f := &pl.fields[i]; !f.plan.absent(v.Field(f.index)) {
			present++
		}
	}
	e.head(cborMap, uint64(present))
	for i := range pl.fields {
		f := &pl.fields[i]
		fv := v.Field(f.index)
		if f.plan.absent(fv) {
			continue
		}
		e.text(f.name)
		e.value(f.plan, fv)
	}
}

func (e *cborEncoder) mapping(pl *plan, v reflect.Value) {
	keys := v.MapKeys()
	slices.SortFunc(keys, compareStrings)
	e.head(cborMap, uint64(len(keys)))
	for _, k := range keys {
		e.text(k.String())
		e.value(pl.elem, v.MapIndex(k))
	}
}

func (e *cborEncoder) union(pl *plan, v reflect.Value) {
	if v.IsNil() {
		e.b = append(e.b, cborNull)
		return
	}
	m, value, err := pl.union.of(v)
	if err != nil {
		e.fail(err)
		return
	}
	e.head(cborMap, 1)
	e.text(m.name)
	e.value(m.elem, value)
}

// document writes any JSON as the CBOR of the same shape.
func (e *cborEncoder) document(v reflect.Value) {
	text, ok := v.Interface().(json.RawMessage)
	if d, isDoc := v.Interface().(smithydocument.Marshaler); !ok && isDoc {
		var err error
		if text, err = DocumentJSON(d); err != nil {
			e.fail(err)
			return
		}
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		e.fail(err)
		return
	}
	e.tree(tree)
}

func (e *cborEncoder) tree(tree any) {
	b, err := cbor.Marshal(tree)
	if err != nil {
		e.fail(err)
		return
	}
	e.b = append(e.b, b...)
}

func (e *cborEncoder) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}
