package pattern

// Matches tells whether a document matches. doc is what Decode returned.
func (p *Pattern) Matches(doc any) bool { return p.root.matches(doc) }

// matches walks an object of the document. Whatever else stands in its place has
// none of the keys; of an array one element must match.
func (o *object) matches(doc any) bool {
	if list, ok := doc.([]any); ok && len(list) > 0 {
		return o.matchesElement(list)
	}
	m, _ := doc.(map[string]any)
	for _, k := range o.keys {
		if !k.matches(m) {
			return false
		}
	}
	for _, list := range o.or {
		if !anyObject(list, doc) {
			return false
		}
	}
	return true
}

// matchesElement looks for one element that matches. Keys that must not be there
// must be in none.
func (o *object) matchesElement(list []any) bool {
	for _, e := range list {
		if o.matches(e) != o.absent {
			return !o.absent
		}
	}
	return o.absent
}

func anyObject(list []*object, doc any) bool {
	for _, o := range list {
		if o.matches(doc) {
			return true
		}
	}
	return false
}

func (k *key) matches(m map[string]any) bool {
	v, found := m[k.name]
	if k.below != nil {
		return k.below.matches(v)
	}
	there := found && anyLeaf(v, func(any) bool { return true })
	for _, op := range k.alternatives {
		if e, ok := op.(exists); ok {
			if bool(e) == there {
				return true
			}
			continue
		}
		if there && anyLeaf(v, op.matches) {
			return true
		}
	}
	return false
}

// anyLeaf tells whether a value, or an element of it, is a leaf that ok accepts.
func anyLeaf(v any, ok func(leaf any) bool) bool {
	switch v := v.(type) {
	case map[string]any:
		return false
	case []any:
		for _, e := range v {
			if anyLeaf(e, ok) {
				return true
			}
		}
		return false
	}
	return ok(v)
}
