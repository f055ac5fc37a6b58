package wire

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// parseQuery turns the dotted names of a form into a tree of maps whose leaves
// are formValues: "Tags.member.1.Key=a" → {Tags: {member: {1: {Key: a}}}}.
func parseQuery(form string) (map[string]any, error) {
	tree := map[string]any{}
	for form != "" {
		var pair string
		pair, form, _ = strings.Cut(form, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, errQuery()
		}
		value, err = url.QueryUnescape(value)
		if err != nil {
			return nil, errQuery()
		}
		if err := plant(tree, name, value); err != nil {
			return nil, err
		}
	}
	return tree, nil
}

func errQuery() *Error {
	return Errorf("MalformedQueryString", "The query string contains a syntax error.")
}

// plant stores one value under its dotted name.
func plant(tree map[string]any, name, value string) error {
	for depth := 0; ; depth++ {
		step, rest, more := strings.Cut(name, ".")
		if step == "" || depth > maxDepth {
			return errQuery()
		}
		if !more {
			if _, taken := tree[step].(map[string]any); taken && value == "" {
				return nil // "Tags=" beside "Tags.member.1"
			} else if taken {
				return errQuery()
			}
			tree[step] = formValue(value)
			return nil
		}
		sub, ok := tree[step].(map[string]any)
		if !ok {
			if old, taken := tree[step]; taken && old != formValue("") {
				return errQuery()
			}
			sub = map[string]any{}
			tree[step] = sub
		}
		tree, name = sub, rest
	}
}

// formList finds the items of a list in a query: under "member" or "item", or
// flat; the numbers say only the order. An empty value is an empty list.
func formList(tree any) ([]any, bool) {
	if tree == formValue("") {
		return nil, true
	}
	m, ok := tree.(map[string]any)
	if !ok {
		return nil, false
	}
	if len(m) == 1 {
		for _, wrapper := range []string{"member", "item"} {
			if sub, ok := m[wrapper]; ok {
				return formList(sub)
			}
		}
	}
	keys, ok := sortedIndexes(m)
	if !ok {
		return nil, false
	}
	items := make([]any, len(keys))
	for i, k := range keys {
		items[i] = m[k]
	}
	return items, true
}

// formMap finds the entries of a map: in a query under entry.N.key and
// entry.N.value (some services say Name and Value), elsewhere m itself.
func formMap(m map[string]any) map[string]any {
	list := any(m)
	if entry, ok := m["entry"]; ok && len(m) == 1 {
		list = entry
	}
	items, ok := list.(map[string]any)
	if !ok {
		return m
	}
	keys, ok := sortedIndexes(items)
	if !ok {
		return m
	}
	out := make(map[string]any, len(keys))
	for _, k := range keys {
		pair, ok := items[k].(map[string]any)
		if !ok {
			return m
		}
		name, found := firstOf(pair, "key", "Key", "Name", "name")
		text, isText := name.(formValue)
		if !found || !isText {
			return m
		}
		value, _ := firstOf(pair, "value", "Value")
		if value == nil {
			value = formValue("")
		}
		out[string(text)] = value
	}
	return out
}

func firstOf(m map[string]any, names ...string) (any, bool) {
	for _, n := range names {
		if v, ok := m[n]; ok {
			return v, true
		}
	}
	return nil, false
}

// sortedIndexes returns the keys of m that are positive numbers, in their order.
func sortedIndexes(m map[string]any) (keys []string, ok bool) {
	type numbered struct {
		n   uint64
		key string
	}
	all := make([]numbered, 0, len(m))
	for k := range m {
		n, err := strconv.ParseUint(k, 10, 31)
		if err != nil {
			return nil, false
		}
		all = append(all, numbered{n, k})
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].n != all[j].n {
			return all[i].n < all[j].n
		}
		return all[i].key < all[j].key
	})
	for _, e := range all {
		keys = append(keys, e.key)
	}
	return keys, true
}
