package wire

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/fxamacker/cbor/v2"
)

// TestRoundTrip fills every input and output of several services with random
// values, writes them and reads them back: nothing may change or be lost.
func TestRoundTrip(t *testing.T) {
	for _, client := range []any{(*ecs.Client)(nil), (*elasticloadbalancingv2.Client)(nil), (*ecr.Client)(nil), (*ssm.Client)(nil), (*acm.Client)(nil)} {
		for _, typ := range shapesOf(reflect.TypeOf(client)) {
			for seed := range uint64(3) {
				f := filler{rand.New(rand.NewPCG(seed, 1))}
				v := reflect.New(typ)
				f.fill(lowerNames.of(typ), v.Elem(), 0)
				roundTripJSON(t, v)
				roundTripCBOR(t, v)
			}
		}
	}
}

// shapesOf are the inputs and outputs of a client's operations.
func shapesOf(client reflect.Type) (all []reflect.Type) {
	for i := range client.NumMethod() {
		m := client.Method(i).Type
		if m.NumIn() == 4 && m.NumOut() == 2 && isStructPointer(m.In(2)) && isStructPointer(m.Out(0)) {
			all = append(all, m.In(2).Elem(), m.Out(0).Elem())
		}
	}
	return all
}

func roundTripJSON(t *testing.T, v reflect.Value) {
	t.Helper()
	for _, lower := range []bool{true, false} {
		text, err := MarshalJSON(v.Interface(), lower)
		if err != nil {
			t.Fatalf("%v: %v", v.Type(), err)
		}
		if !json.Valid(text) {
			t.Fatalf("%v: not JSON: %s", v.Type(), text)
		}
		back := reflect.New(v.Type().Elem())
		if err := UnmarshalJSON(text, back.Interface(), lower); err != nil {
			t.Fatalf("%v: %v in %s", v.Type(), err, text)
		}
		again, err := MarshalJSON(back.Interface(), lower)
		if err != nil || string(again) != string(text) {
			t.Fatalf("%v: %v\n%s\nbecame\n%s", v.Type(), err, text, again)
		}
	}
}

func roundTripCBOR(t *testing.T, v reflect.Value) {
	t.Helper()
	pl := upperNames.of(v.Type().Elem())
	e := cborEncoder{}
	e.structure(pl, v.Elem())
	if e.err != nil {
		t.Fatalf("%v: %v", v.Type(), e.err)
	}
	if err := cbor.Wellformed(e.b); err != nil {
		t.Fatalf("%v: %v", v.Type(), err)
	}
	tree, err := parseCBOR(e.b)
	if err != nil {
		t.Fatalf("%v: %v", v.Type(), err)
	}
	back := reflect.New(v.Type().Elem())
	d := decoder{unknown: func(typ, member string) error { return fmt.Errorf("no %s in %s", member, typ) }}
	if err := d.place(pl, tree, back.Elem()); err != nil {
		t.Fatalf("%v: %v", v.Type(), err)
	}
	a := jsonEncoder{}
	a.value(pl, v.Elem())
	b := jsonEncoder{}
	b.value(pl, back.Elem())
	if string(a.b) != string(b.b) {
		t.Fatalf("%v:\n%s\nbecame\n%s", v.Type(), a.b, b.b)
	}
}

// filler makes random values of planned types.
type filler struct{ *rand.Rand }

func (f filler) fill(pl *plan, v reflect.Value, depth int) {
	switch pl.kind {
	case kindString:
		v.SetString([]string{"a", "", "ü\n\"", "<&>\x00"}[f.IntN(4)])
	case kindBool:
		v.SetBool(f.IntN(2) == 0)
	case kindInt:
		v.SetInt(int64(int32(f.Uint32())) >> f.IntN(30))
	case kindFloat:
		v.SetFloat([]float64{0, -1, 0.1, 12.5, 1e-9}[f.IntN(5)])
	case kindTime:
		v.Set(reflect.ValueOf(time.UnixMilli(f.Int64N(1e13)).UTC()))
	case kindBlob:
		v.SetBytes([]byte{0, 1, byte(f.IntN(256))})
	case kindRaw:
		v.SetBytes([]byte(`{"a":1}`))
	case kindDocument:
		d, err := NewDocument([]byte(`{"a":[1.5,null,"x"]}`))
		if err != nil {
			panic(err)
		}
		v.Set(reflect.ValueOf(d))
	default:
		if depth < 8 {
			f.fillContainer(pl, v, depth+1)
		}
	}
}

func (f filler) fillContainer(pl *plan, v reflect.Value, depth int) {
	switch pl.kind {
	case kindPointer:
		v.Set(reflect.New(pl.elem.typ))
		f.fill(pl.elem, v.Elem(), depth)
	case kindList:
		v.Set(reflect.MakeSlice(pl.typ, 0, 0))
		for range f.IntN(3) {
			item := reflect.New(pl.elem.typ).Elem()
			f.fill(pl.elem, item, depth)
			if item.Kind() != reflect.Interface || !item.IsNil() {
				v.Set(reflect.Append(v, item))
			}
		}
	case kindMap:
		v.Set(reflect.MakeMap(pl.typ))
		for range f.IntN(3) {
			item := reflect.New(pl.elem.typ).Elem()
			f.fill(pl.elem, item, depth)
			v.SetMapIndex(reflect.ValueOf(string(rune('a'+f.IntN(26)))).Convert(pl.typ.Key()), item)
		}
	case kindStruct:
		for i := range pl.fields {
			if f.IntN(4) > 0 {
				f.fill(pl.fields[i].plan, v.Field(pl.fields[i].index), depth)
			}
		}
	case kindUnion:
		for _, m := range pl.union.byName {
			p := reflect.New(m.typ)
			f.fill(m.elem, p.Elem().FieldByName("Value"), depth)
			v.Set(p)
			break
		}
	}
}
