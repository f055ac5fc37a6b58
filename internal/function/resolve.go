package function

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Errors of this package; the API gives them AWS's codes and sentences.
var (
	ErrNotFound  = errors.New("function: no such function")
	ErrExists    = errors.New("function: the function exists")
	ErrThrottled = errors.New("function: all allowed environments are busy")
	ErrReserved  = errors.New("function: the reserved concurrency is used up")
	ErrTooLarge  = errors.New("function: the payload is too large")
	ErrQueueFull = errors.New("function: too many events wait")
	ErrClosed    = errors.New("function: the server is stopping")
)

// Reference is what a FunctionName in a request means.
type Reference struct {
	arn.Scope
	Name, Qualifier string
}

// ARN of what is referred to.
func (r Reference) ARN() string { return ARN(r.Scope, r.Name, r.Qualifier) }

// Parse reads a name, name:qualifier, account:function:name or an ARN, seen
// from a scope.
func Parse(s arn.Scope, text string) (Reference, error) {
	r := Reference{Scope: s}
	rest := text
	if a, ok := arn.Parse(text); ok {
		if a.Service != "lambda" {
			return r, fmt.Errorf("%q is not the ARN of a Lambda function", text)
		}
		r.Scope, rest = arn.Scope{Account: a.Account, Region: a.Region}, a.Resource
		if !strings.HasPrefix(rest, "function:") {
			return r, fmt.Errorf("%q is not the ARN of a Lambda function", text)
		}
	} else if account, after, ok := strings.Cut(text, ":"); ok && strings.HasPrefix(after, "function:") {
		r.Account, rest = account, after
	}
	rest = strings.TrimPrefix(rest, "function:")
	r.Name, r.Qualifier, _ = strings.Cut(rest, ":")
	if !validName(r.Name) || r.Qualifier != "" && !validQualifier(r.Qualifier) {
		return r, fmt.Errorf("%q names no function: give a name of up to 64 letters, digits, '-' and '_', or an ARN", text)
	}
	return r, nil
}

func validName(s string) bool {
	return len(s) > 0 && len(s) <= 64 && strings.Trim(s, nameChars) == ""
}

func validQualifier(s string) bool {
	return s == Latest || len(s) <= 128 && strings.Trim(s, nameChars) == ""
}

const nameChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

// Find returns a function, which must not be changed.
func (f *Functions) Find(s arn.Scope, name string) (fn *Function, ok bool) {
	f.opts.Store.View(func(tx *store.Tx) { fn, ok = functions.Get(tx, s.Key(name)) })
	return fn, ok
}

// Version returns the version that a qualifier means; "" is $LATEST, an alias
// with weights chooses.
func (f *Functions) Version(r Reference) (v *Version, err error) {
	f.opts.Store.View(func(tx *store.Tx) {
		fn, ok := functions.Get(tx, r.Key(r.Name))
		if !ok {
			err = ErrNotFound
			return
		}
		number := r.Qualifier
		if number == "" {
			number = Latest
		}
		if a, ok := fn.Aliases[number]; ok {
			number = a.choose(rand.Float64())
		}
		if v, ok = versions.Get(tx, r.Key(r.Name, number)); !ok {
			err = ErrNotFound
		}
	})
	return v, err
}

// choose picks a version by weight; at is between 0 and 1.
func (a Alias) choose(at float64) string {
	for _, number := range slices.Sorted(maps.Keys(a.Weights)) {
		if at -= a.Weights[number]; at < 0 {
			return number
		}
	}
	return a.Version
}

// Functions lists the functions of a scope by name.
func (f *Functions) Functions(s arn.Scope) (out []*Function) {
	f.opts.Store.View(func(tx *store.Tx) {
		for _, fn := range functions.Prefix(tx, s.Key("")) {
			out = append(out, fn)
		}
	})
	return out
}

// Versions lists $LATEST and the published versions of a function, oldest first.
func (f *Functions) Versions(s arn.Scope, name string) (out []*Version) {
	f.opts.Store.View(func(tx *store.Tx) { out = versionsOf(tx, s, name) })
	return out
}

func versionsOf(tx *store.Tx, s arn.Scope, name string) (out []*Version) {
	for _, v := range versions.Prefix(tx, s.Key(name, "")) {
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b *Version) int { // numbers have no leading zeros
		if d := len(a.Number()) - len(b.Number()); d != 0 && a.Number() != Latest && b.Number() != Latest {
			return d
		}
		return strings.Compare(a.Number(), b.Number())
	})
	return out
}
