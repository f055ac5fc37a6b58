package function

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// clone copies what a change may touch.
func (fn *Function) clone() *Function {
	c := *fn
	c.Tags = cloned(fn.Tags)
	c.Aliases = cloned(fn.Aliases)
	c.Async = cloned(fn.Async)
	c.Policies = cloned(fn.Policies)
	for q, p := range c.Policies {
		p.Statements = slices.Clone(p.Statements)
		c.Policies[q] = p
	}
	return &c
}

func cloned[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return maps.Clone(m)
}

// Create stores a new function with its first $LATEST.
func (f *Functions) Create(fn *Function, v *Version) error {
	return f.opts.Store.Update(func(tx *store.Tx) error {
		if _, ok := functions.Get(tx, fn.Key(fn.Name)); ok {
			return ErrExists
		}
		functions.Put(tx, fn.Key(fn.Name), fn)
		versions.Put(tx, fn.Key(fn.Name, Latest), v)
		return nil
	})
}

// Change changes what all versions of a function share.
func (f *Functions) Change(s arn.Scope, name string, change func(*Function) error) (fn *Function, err error) {
	err = f.opts.Store.Update(func(tx *store.Tx) error {
		old, ok := functions.Get(tx, s.Key(name))
		if !ok {
			return ErrNotFound
		}
		fn = old.clone()
		if err := change(fn); err != nil {
			return err
		}
		functions.Put(tx, s.Key(name), fn)
		return nil
	})
	return fn, err
}

// ChangeLatest changes $LATEST. change replaces what pointers lead to, it does
// not write through them. Environments of the old $LATEST end.
func (f *Functions) ChangeLatest(s arn.Scope, name string, change func(*Version) error) (v *Version, err error) {
	err = f.opts.Store.Update(func(tx *store.Tx) error {
		old, ok := versions.Get(tx, s.Key(name, Latest))
		if !ok {
			return ErrNotFound
		}
		c := *old
		v = &c
		if err := change(v); err != nil {
			return err
		}
		versions.Put(tx, s.Key(name, Latest), v)
		return nil
	})
	if err == nil {
		f.retire(func(p *poolKey) bool {
			return p.function == s.Key(name) && p.version == Latest && p.revision != *v.Config.RevisionId
		})
		f.collect()
	}
	return v, err
}

// Publish makes a numbered version of $LATEST; when nothing changed since the
// last one, that one is the answer. check may refuse.
func (f *Functions) Publish(s arn.Scope, name string, check func(*Version) error, description *string) (v *Version, err error) {
	err = f.opts.Store.Update(func(tx *store.Tx) error {
		fn, ok := functions.Get(tx, s.Key(name))
		if !ok {
			return ErrNotFound
		}
		latest, _ := versions.Get(tx, s.Key(name, Latest))
		if err := check(latest); err != nil {
			return err
		}
		if last := newest(tx, s, name); last != nil && last.Digest == latest.Digest && aws.ToString(last.Config.ConfigSha256) == aws.ToString(latest.Config.ConfigSha256) {
			v = last
			return nil
		}
		next := fn.clone()
		number := strconv.Itoa(fn.Next)
		next.Next++
		c := *latest
		c.Config.Version, c.Config.RevisionId = &number, aws.String(store.NewUUID())
		c.Config.FunctionArn = aws.String(ARN(s, name, number))
		if description != nil {
			c.Config.Description = description
		}
		v = &c
		versions.Put(tx, s.Key(name, number), v)
		functions.Put(tx, s.Key(name), next)
		return nil
	})
	return v, err
}

func newest(tx *store.Tx, s arn.Scope, name string) *Version {
	all := versionsOf(tx, s, name)
	if last := all[len(all)-1]; last.Number() != Latest {
		return last
	}
	return nil
}

// ErrInUse is a version that an alias points at.
var ErrInUse = errors.New("function: an alias points at the version")

// Delete removes a function, or one published version of it.
func (f *Functions) Delete(s arn.Scope, name, number string) error {
	err := f.opts.Store.Update(func(tx *store.Tx) error {
		fn, ok := functions.Get(tx, s.Key(name))
		if !ok {
			return ErrNotFound
		}
		if number != "" {
			return deleteVersion(tx, fn, number)
		}
		for _, v := range versionsOf(tx, s, name) {
			versions.Delete(tx, s.Key(name, v.Number()))
		}
		for id := range events.Prefix(tx, s.Key(name, "")) {
			events.Delete(tx, id)
		}
		functions.Delete(tx, s.Key(name))
		return nil
	})
	if err == nil {
		f.retire(func(p *poolKey) bool {
			return p.function == s.Key(name) && (number == "" || p.version == number)
		})
		f.collect()
	}
	return err
}

func deleteVersion(tx *store.Tx, fn *Function, number string) error {
	key := fn.Key(fn.Name, number)
	if _, ok := versions.Get(tx, key); !ok {
		return nil // deleting what is not there succeeds, as in AWS
	}
	for alias, a := range fn.Aliases {
		if _, weighted := a.Weights[number]; weighted || a.Version == number {
			return fmt.Errorf("%w: %s", ErrInUse, alias)
		}
	}
	versions.Delete(tx, key)
	return nil
}
