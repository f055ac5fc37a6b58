package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// kind is what a Go type is on the wire.
type kind uint8

const (
	kindString kind = iota
	kindBool
	kindInt
	kindFloat
	kindTime
	kindBlob
	kindRaw // json.RawMessage: any JSON
	kindPointer
	kindList
	kindMap
	kindStruct
	kindUnion
	kindDocument
)

// plan says how a type is read and written. It is made once per type and
// spelling, and shared by every protocol.
type plan struct {
	kind   kind
	typ    reflect.Type
	elem   *plan          // of pointers, lists and maps
	fields []field        // of structs
	byName map[string]int // wire name → index in fields
	union  *union         // of unions
}

// field is one member of a struct.
type field struct {
	name  string // on the wire
	key   string // `"name":`, ready for JSON
	index int
	plan  *plan
}

// spelling is how a service spells its members.
type spelling struct {
	lower      bool
	exceptions map[string]string // "Type.Field" → wire name
}

// planner makes and keeps the plans of one spelling.
type planner struct {
	spelling
	mu    sync.Mutex
	plans sync.Map // reflect.Type → *plan
}

func newPlanner(s spelling) *planner { return &planner{spelling: s} }

// The spellings of MarshalJSON, shared by every caller. Query and CBOR services
// without exceptions use upperNames too.
var (
	lowerNames = newPlanner(spelling{lower: true})
	upperNames = newPlanner(spelling{})
)

// of returns the plan of t.
func (p *planner) of(t reflect.Type) *plan {
	if pl, ok := p.plans.Load(t); ok {
		return pl.(*plan)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	// Types may contain themselves, so a plan is published only when the whole
	// graph below it is complete.
	made := map[reflect.Type]*plan{}
	pl := p.build(t, made)
	for t, pl := range made {
		p.plans.LoadOrStore(t, pl)
	}
	return pl
}

var (
	timeType = reflect.TypeFor[time.Time]()
	rawType  = reflect.TypeFor[json.RawMessage]()
)

func (p *planner) build(t reflect.Type, made map[reflect.Type]*plan) *plan {
	if pl, ok := p.plans.Load(t); ok {
		return pl.(*plan)
	}
	if pl, ok := made[t]; ok {
		return pl
	}
	pl := &plan{typ: t}
	made[t] = pl
	switch {
	case t == timeType:
		pl.kind = kindTime
		return pl
	case t == rawType:
		pl.kind = kindRaw
		return pl
	case isDocument(t):
		pl.kind = kindDocument
		return pl
	}
	switch t.Kind() {
	case reflect.String:
		pl.kind = kindString
	case reflect.Bool:
		pl.kind = kindBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		pl.kind = kindInt
	case reflect.Float32, reflect.Float64:
		pl.kind = kindFloat
	case reflect.Pointer:
		pl.kind, pl.elem = kindPointer, p.build(t.Elem(), made)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			pl.kind = kindBlob
			return pl
		}
		pl.kind, pl.elem = kindList, p.build(t.Elem(), made)
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			panic(fmt.Sprintf("wire: %v: the keys of a map must be strings", t))
		}
		pl.kind, pl.elem = kindMap, p.build(t.Elem(), made)
	case reflect.Struct:
		pl.kind = kindStruct
		p.buildStruct(pl, made)
	case reflect.Interface:
		pl.kind = kindUnion
		pl.union = p.buildUnion(t, made)
	default:
		panic(fmt.Sprintf("wire: %v has no form on the wire", t))
	}
	return pl
}

// buildStruct plans the exported fields, without ResultMetadata, which is the
// client's own, and without embedded markers.
func (p *planner) buildStruct(pl *plan, made map[reflect.Type]*plan) {
	pl.byName = make(map[string]int, pl.typ.NumField())
	for i := range pl.typ.NumField() {
		f := pl.typ.Field(i)
		if !f.IsExported() || f.Anonymous || f.Name == "ResultMetadata" {
			continue
		}
		name := p.name(pl.typ, f)
		if name == "-" {
			continue
		}
		pl.byName[name] = len(pl.fields)
		pl.fields = append(pl.fields, field{
			name:  name,
			key:   strconv.Quote(name) + ":",
			index: i,
			plan:  p.build(f.Type, made),
		})
	}
}

// name is the wire name of a field: its `wire` tag, the service's exception, or
// the Go name in the service's case.
func (p *planner) name(t reflect.Type, f reflect.StructField) string {
	if tag := f.Tag.Get("wire"); tag != "" {
		return tag
	}
	if name, ok := p.exceptions[t.Name()+"."+f.Name]; ok {
		return name
	}
	return p.caseOf(f.Name)
}

func (p *planner) caseOf(goName string) string {
	goName = strings.TrimSuffix(goName, "_") // Go's way around reserved names
	if !p.lower {
		return goName
	}
	r, n := utf8.DecodeRuneInString(goName)
	return string(unicode.ToLower(r)) + goName[n:]
}

// absent says that v is not there, as opposed to there and zero. The SDK uses
// plain numbers and booleans for members that have a default, and AWS always
// sends those.
func (pl *plan) absent(v reflect.Value) bool {
	switch pl.kind {
	case kindPointer, kindList, kindMap, kindBlob, kindRaw, kindUnion, kindDocument:
		return v.IsNil()
	case kindString:
		return v.Len() == 0
	case kindTime:
		return v.IsZero()
	}
	return false
}
