package web

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// change collects how the items of a view differ from those before.
type change struct {
	items map[string][]byte // all of them, afterwards
	fresh bool              // items is a copy
	sets  map[string][]byte
	goes  []string
}

func newChange(items map[string][]byte) *change {
	return &change{items: items, sets: map[string][]byte{}}
}

// own copies the items before the first change: readers may hold the old ones.
func (c *change) own() {
	if !c.fresh {
		c.items, c.fresh = maps.Clone(c.items), true
		if c.items == nil {
			c.items = map[string][]byte{}
		}
	}
}

// set puts an item; nil removes it.
func (c *change) set(key string, doc any) {
	old, was := c.items[key]
	if doc == nil {
		if was {
			c.own()
			delete(c.items, key)
			delete(c.sets, key)
			c.goes = append(c.goes, key)
		}
		return
	}
	body := marshal(doc)
	if was && bytes.Equal(old, body) {
		return
	}
	c.own()
	c.items[key], c.sets[key] = body, body
}

// replace puts every item and removes the others, but those that are measured.
func (c *change) replace(whole Items, measured map[string]bool) {
	for key := range c.items {
		if _, ok := whole[key]; !ok && !measured[key] {
			c.set(key, nil)
		}
	}
	for key, doc := range whole {
		c.set(key, doc)
	}
}

// frame is the event that tells the difference.
func (c *change) frame(now time.Time) []byte {
	var b bytes.Buffer
	b.WriteString(`{"set":`)
	writeItems(&b, c.sets)
	b.WriteString(`,"gone":`)
	goes := slices.DeleteFunc(c.goes, func(key string) bool { _, again := c.sets[key]; return again })
	slices.Sort(goes)
	b.Write(marshal(append([]string{}, goes...)))
	b.WriteString(`,"now":`)
	b.Write(marshal(At(now)))
	b.WriteByte('}')
	return event("delta", b.Bytes())
}

// writeItems writes an object of documents that are JSON already.
func writeItems(b *bytes.Buffer, items map[string][]byte) {
	b.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(items)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(marshal(key))
		b.WriteByte(':')
		b.Write(items[key])
	}
	b.WriteByte('}')
}

// marshal is JSON of a document of ours; one that cannot be written says so.
func marshal(doc any) []byte {
	body, err := json.Marshal(doc)
	if err != nil {
		return []byte(`{"code":"InternalFailure","message":` + strconv.Quote(err.Error()) + `}`)
	}
	return body
}

// event is a server-sent event. JSON has no line breaks.
func event(name string, data []byte) []byte {
	return slices.Concat([]byte("event: "+name+"\ndata: "), data, []byte("\n\n"))
}
