package store

import (
	"encoding/json"
	"fmt"
	"iter"
	"sync"
)

// Table is a typed set of records of one kind. The zero value is unusable;
// declare tables with NewTable in package variables.
type Table[T any] struct{ kind string }

// decoders turn a stored document into the value that tables hand out.
var (
	decodersMu sync.RWMutex
	decoders   = map[string]func([]byte) (any, error){}
)

// NewTable declares the table of a kind. A kind may be declared once in a
// program; a second declaration panics.
func NewTable[T any](kind string) Table[T] {
	decodersMu.Lock()
	defer decodersMu.Unlock()
	if _, ok := decoders[kind]; ok {
		panic("store: kind declared twice: " + kind)
	}
	decoders[kind] = func(doc []byte) (any, error) {
		v := new(T)
		if err := json.Unmarshal(doc, v); err != nil {
			return nil, err
		}
		return v, nil
	}
	return Table[T]{kind}
}

// Kind names the table, as in Change.Kind.
func (t Table[T]) Kind() string { return t.kind }

// Get returns a record. The value is shared: never change it, put a copy.
func (t Table[T]) Get(tx *Tx, id string) (*T, bool) {
	it, ok := tx.tree(t.kind).Get(item{id: id})
	if !ok {
		return nil, false
	}
	return it.value.(*T), true
}

// Put writes a record; v belongs to the store from now on.
func (t Table[T]) Put(tx *Tx, id string, v *T) {
	if id == "" {
		panic(fmt.Sprintf("store: %s without an id", t.kind))
	}
	tx.put(t.kind, id, v)
}

// Delete removes a record; an unknown id is no error.
func (t Table[T]) Delete(tx *Tx, id string) { tx.delete(t.kind, id) }

// Prefix walks the records whose ids begin with prefix, in ascending order of
// id. The loop may Put and Delete: it walks the state of its start.
func (t Table[T]) Prefix(tx *Tx, prefix string) iter.Seq2[string, *T] {
	tree := tx.tree(t.kind)
	if !tx.readonly {
		tree = tree.Clone()
	}
	return func(yield func(string, *T) bool) {
		tree.AscendGreaterOrEqual(item{id: prefix}, func(it item) bool {
			if len(it.id) < len(prefix) || it.id[:len(prefix)] != prefix {
				return false
			}
			return yield(it.id, it.value.(*T))
		})
	}
}

// All walks every record of the table in ascending order of id.
func (t Table[T]) All(tx *Tx) iter.Seq2[string, *T] { return t.Prefix(tx, "") }

// Len counts the records.
func (t Table[T]) Len(tx *Tx) int { return tx.tree(t.kind).Len() }

// Of returns the record carried by a change: its new value and, when the change
// replaced or deleted one, the old value. Either may be nil.
func (t Table[T]) Of(c Change) (value, old *T) {
	value, _ = c.New.(*T)
	old, _ = c.Old.(*T)
	return value, old
}
