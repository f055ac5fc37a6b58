package revision

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

var timeType = reflect.TypeFor[time.Time]()

// unordered are lists of texts whose order says nothing.
var unordered = []string{"subnets", "securityGroups", "requiresCompatibilities", "credentialSpecs"}

// text writes a value; nil = it is absent or, where absence is not kept, zero.
func text(path string, v reflect.Value) *string {
	tree := plain(v)
	var s string
	switch x := tree.(type) {
	case nil:
		return nil
	case string:
		s = x
	case []any:
		if slices.ContainsFunc(unordered, func(name string) bool { return path == name || strings.HasSuffix(path, "."+name) }) {
			slices.SortFunc(x, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
		s = encode(x)
	default:
		s = encode(x)
	}
	return &s
}

// encode writes JSON without escapes that only HTML needs.
func encode(tree any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(tree); err != nil {
		return fmt.Sprint(tree)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// plain turns a value into what JSON is made of, without members that are absent.
func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		if e := v.Elem(); e.Kind() == reflect.Struct || e.Kind() == reflect.Pointer || e.Kind() == reflect.Interface {
			return plain(e)
		} else if e.Kind() == reflect.String {
			return e.String() // a text that was given, even an empty one
		} else {
			return e.Interface()
		}
	case reflect.Struct:
		return object(v)
	case reflect.Map:
		if v.Len() == 0 {
			return nil
		}
		out := map[string]any{}
		for it := v.MapRange(); it.Next(); {
			out[it.Key().String()] = plain(it.Value())
		}
		return out
	case reflect.Slice:
		if v.Len() == 0 {
			return nil
		}
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plain(v.Index(i))
		}
		return out
	case reflect.String:
		if v.Len() == 0 {
			return nil
		}
		return v.String()
	}
	if v.IsZero() {
		return nil
	}
	return v.Interface()
}

// object writes a struct; nil = no member is set.
func object(v reflect.Value) any {
	if t, ok := v.Interface().(time.Time); ok {
		return t.UTC().Format(time.RFC3339Nano)
	}
	out := map[string]any{}
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() {
			if member := plain(v.Field(i)); member != nil {
				out[memberName(f.Name)] = member
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// memberName is the API's name of a member.
func memberName(name string) string {
	r := []rune(name)
	r[0] = unicode.ToLower(r[0])
	return string(r)
}
