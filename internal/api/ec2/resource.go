package ec2

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// kind is one kind of resource: where its records are, and what AWS says when
// one is missing.
type kind[T any] struct {
	store.Table[T]
	code string // InvalidVpcID.NotFound
	noun string // "vpc ID"
	// values are what a filter compares with; known is false for a filter that
	// the kind does not have.
	values func(t tx, id string, r *T, filter string) (values []string, known bool)
}

func (k *kind[T]) notFound(id string) error {
	return wire.Errorf(k.code, "The %s '%s' does not exist", k.noun, id)
}

// get finds a resource by id; parameter names the member that held the id.
func (k *kind[T]) get(t tx, id *string, parameter string) (*T, error) {
	if aws.ToString(id) == "" {
		return nil, missing(parameter)
	}
	r, ok := k.Get(t.Tx, t.Key(*id))
	if !ok {
		return nil, k.notFound(*id)
	}
	return r, nil
}

// put keeps a resource.
func (k *kind[T]) put(t tx, id string, r *T) { k.Put(t.Tx, t.Key(id), r) }

// drop deletes a resource, its tags and the token that it was made with.
func (k *kind[T]) drop(t tx, id string) {
	k.Delete(t.Tx, t.Key(id))
	tagSets.Delete(t.Tx, t.Key(id))
	for key, tok := range tokens.Prefix(t.Tx, t.Key("")) {
		if tok.ID == id {
			tokens.Delete(t.Tx, key)
		}
	}
}

// change runs fn on a copy of a resource and keeps the copy.
func (k *kind[T]) change(t tx, id *string, parameter string, fn func(r *T) error) error {
	old, err := k.get(t, id, parameter)
	if err != nil {
		return err
	}
	r := *old
	if err := fn(&r); err != nil {
		return err
	}
	k.put(t, *id, &r)
	return nil
}

// each walks the resources of a scope until fn returns false.
func (k *kind[T]) each(t tx, fn func(id string, r *T) bool) {
	prefix := t.Key("")
	for id, r := range k.Prefix(t.Tx, prefix) {
		if !fn(id[len(prefix):], r) {
			return
		}
	}
}

// any says whether a resource of the kind satisfies fn.
func (k *kind[T]) any(t tx, fn func(r *T) bool) (found bool) {
	k.each(t, func(_ string, r *T) bool {
		found = fn(r)
		return !found
	})
	return found
}

// token remembers which resource a client token made: a client that repeats a
// request after a lost answer must not get a second resource.
type token struct{ ID string }

var tokens = store.NewTable[token]("ec2.token")

// fresh is the id for a new resource. When the token made one before that still
// exists, made is true and the id is that one's.
func (k *kind[T]) fresh(t tx, prefix string, clientToken *string) (id string, made bool) {
	id = prefix + "-" + arn.NewHex(17)
	if aws.ToString(clientToken) == "" {
		return id, false
	}
	key := t.Key(prefix, *clientToken)
	if old, ok := tokens.Get(t.Tx, key); ok {
		if _, ok := k.Get(t.Tx, t.Key(old.ID)); ok {
			return old.ID, true
		}
	}
	tokens.Put(t.Tx, key, &token{ID: id})
	return id, false
}

// query is what all Describe operations take.
type query struct {
	ids       []string
	filters   []Filter
	max       *int32
	nextToken *string
}

// list finds the resources that a query asks for, by id, and shows them.
func list[T, Out any](t tx, k *kind[T], q query, show func(id string, r *T) Out) ([]Out, *string, error) {
	var found []string
	records := map[string]*T{}
	add := func(id string, r *T) (bool, error) {
		ok, err := matches(t, id, q.filters, func(f string) ([]string, bool) { return k.values(t, id, r, f) })
		if ok {
			found = append(found, id)
			records[id] = r
		}
		return err == nil, err
	}
	var err error
	for _, id := range q.ids {
		r, gerr := k.get(t, &id, "id")
		if gerr != nil {
			return nil, nil, gerr
		}
		if _, twice := records[id]; !twice {
			if _, err = add(id, r); err != nil {
				return nil, nil, err
			}
		}
	}
	if len(q.ids) == 0 {
		k.each(t, func(id string, r *T) (more bool) {
			more, err = add(id, r)
			return more
		})
	}
	if err != nil {
		return nil, nil, err
	}
	ids, next, err := pageOf(found, q)
	out := make([]Out, len(ids))
	for i, id := range ids {
		out[i] = show(id, records[id])
	}
	return out, next, err
}

// pageOf cuts a page; all when the client gives no MaxResults.
func pageOf[T any](items []T, q query) ([]T, *string, error) {
	n := len(items)
	if q.max != nil {
		if n = int(*q.max); n < 1 {
			return nil, nil, badValue("MaxResults", "maxResults", "It must be at least 1.")
		}
	}
	if n == 0 {
		return nil, nil, nil
	}
	got, next, err := wire.Page(items, q.nextToken, n, n, 0)
	return got, next, wire.Recode(err, "InvalidNextToken")
}
