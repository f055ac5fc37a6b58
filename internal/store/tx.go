package store

import (
	"encoding/json"
	"fmt"

	"github.com/google/btree"
)

// item is one record in a tree.
type item struct {
	id    string
	value any // *T of the table; json.RawMessage for kinds no table declares
}

func less(a, b item) bool { return a.id < b.id }

func newTree() *btree.BTreeG[item] { return btree.NewG(32, less) }

// trees are all records of one moment, by kind.
type trees map[string]*btree.BTreeG[item]

func (t trees) clone() trees {
	c := make(trees, len(t))
	for k, v := range t {
		c[k] = v.Clone()
	}
	return c
}

// Tx is a view of the records at one moment and, in Update, the set of changes
// to them. It must not be used after its function returned.
type Tx struct {
	trees    trees
	readonly bool
	// before holds the trees as they were, for kinds that this Tx changed.
	before  map[string]*btree.BTreeG[item]
	writes  map[[2]string]*write
	order   []*write
	events  []Event
	deferfn []func()
}

// write is one changed record.
type write struct {
	kind, id string
	old, new any
	doc      []byte // nil = deleted
}

func (tx *Tx) tree(kind string) *btree.BTreeG[item] {
	t, ok := tx.trees[kind]
	if !ok {
		t = newTree()
		if !tx.readonly {
			tx.trees[kind] = t
		}
	}
	return t
}

func (tx *Tx) touch(kind, id string) *write {
	if tx.readonly {
		panic("store: write in a View")
	}
	if _, ok := tx.before[kind]; !ok {
		tx.before[kind] = tx.tree(kind).Clone()
	}
	key := [2]string{kind, id}
	w, ok := tx.writes[key]
	if !ok {
		w = &write{kind: kind, id: id}
		if it, found := tx.tree(kind).Get(item{id: id}); found {
			w.old = it.value
		}
		tx.writes[key] = w
		tx.order = append(tx.order, w)
	}
	return w
}

func (tx *Tx) put(kind, id string, v any) {
	tx.touch(kind, id).new = v
	tx.tree(kind).ReplaceOrInsert(item{id, v})
}

func (tx *Tx) delete(kind, id string) {
	tx.touch(kind, id).new = nil
	tx.tree(kind).Delete(item{id: id})
}

// Emit appends an event to the history; it becomes visible with the commit.
func (tx *Tx) Emit(e Event) {
	if tx.readonly {
		panic("store: event in a View")
	}
	tx.events = append(tx.events, e)
}

// AfterCommit runs fn once the transaction is durable, never if it fails.
func (tx *Tx) AfterCommit(fn func()) { tx.deferfn = append(tx.deferfn, fn) }

// encode makes the documents; an error leaves the Tx to be rolled back.
func (tx *Tx) encode() error {
	for _, w := range tx.order {
		if w.new == nil {
			continue
		}
		doc, err := json.Marshal(w.new)
		if err != nil {
			return fmt.Errorf("store: encode %s %s: %w", w.kind, w.id, err)
		}
		w.doc = doc
	}
	return nil
}

// rollback puts the trees back as they were.
func (tx *Tx) rollback() {
	for kind, t := range tx.before {
		tx.trees[kind] = t
	}
}
