package wire

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// union holds the members of a union: in the SDK an interface whose members are
// structs named <Union>Member<Name> with one field Value; on the wire an object
// with exactly one member.
type union struct {
	byName map[string]*unionMember
	byType map[reflect.Type]*unionMember // of pointers to the structs
}

type unionMember struct {
	name string
	key  string
	typ  reflect.Type // the struct
	elem *plan        // of its Value
}

var unions struct {
	sync.Mutex
	members map[reflect.Type][]reflect.Type
}

// RegisterUnion names the members of the union U; Go cannot list the types that
// satisfy an interface. Call it from init.
func RegisterUnion[U any](members ...U) {
	unions.Lock()
	defer unions.Unlock()
	if unions.members == nil {
		unions.members = map[reflect.Type][]reflect.Type{}
	}
	t := reflect.TypeFor[U]()
	for _, m := range members {
		unions.members[t] = append(unions.members[t], reflect.TypeOf(m).Elem())
	}
}

// buildUnion plans an interface. An unregistered one has no members: writing it
// is an error, and reading it finds only unknown members.
func (p *planner) buildUnion(t reflect.Type, made map[reflect.Type]*plan) *union {
	unions.Lock()
	members := unions.members[t]
	unions.Unlock()
	u := &union{byName: map[string]*unionMember{}, byType: map[reflect.Type]*unionMember{}}
	for _, m := range members {
		value, ok := m.FieldByName("Value")
		goName, cut := strings.CutPrefix(m.Name(), t.Name()+"Member")
		if !ok || !cut {
			panic(fmt.Sprintf("wire: %v is no member of the union %v", m, t))
		}
		name := p.caseOf(goName)
		if ex, ok := p.exceptions[t.Name()+"."+goName]; ok {
			name = ex
		}
		um := &unionMember{name: name, key: `"` + name + `":`, typ: m, elem: p.build(value.Type, made)}
		u.byName[um.name] = um
		u.byType[reflect.PointerTo(m)] = um
	}
	return u
}

// of returns the member that v, an interface value, holds, and its Value.
func (u *union) of(v reflect.Value) (*unionMember, reflect.Value, error) {
	m, ok := u.byType[v.Elem().Type()]
	if !ok {
		return nil, reflect.Value{}, fmt.Errorf("wire: %v is not registered as a member of %v", v.Elem().Type(), v.Type())
	}
	return m, v.Elem().Elem().FieldByName("Value"), nil
}
