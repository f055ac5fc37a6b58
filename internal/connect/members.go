package connect

import "slices"

// members are the instances of an endpoint, in the order of their registration.
type members []*Instance

func (p *part) members(key string) (out members) {
	for _, i := range instances.Prefix(p.tx, key+"/") {
		out = append(out, i)
	}
	slices.SortStableFunc(out, func(a, b *Instance) int { return a.Registered.Compare(b.Registered) })
	return out
}

func (m members) of(revision string) members {
	return slices.DeleteFunc(slices.Clone(m), func(i *Instance) bool { return i.Revision != revision })
}

func (m members) without(revisions []string) members {
	return slices.DeleteFunc(slices.Clone(m), func(i *Instance) bool { return slices.Contains(revisions, i.Revision) })
}

// well leaves out what is sick, unless nothing else is there.
func (m members) well() members {
	if !slices.ContainsFunc(m, func(i *Instance) bool { return !i.Sick && !i.Draining }) {
		return m
	}
	return slices.DeleteFunc(slices.Clone(m), func(i *Instance) bool { return i.Sick && !i.Draining })
}
