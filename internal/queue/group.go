package queue

import "github.com/google/btree"

func byNumber(a, b *entry) bool { return a.number < b.number }

func newOrder() *btree.BTreeG[*entry] { return btree.NewG(16, byNumber) }

// group is the messages of a FIFO queue with one MessageGroupId.
type group struct {
	id     string
	order  *btree.BTreeG[*entry] // all of them
	flying int
	head   *entry // as it is in live.heads; nil when the group is not
}

// groupOf returns the group of an id, a new one if need be.
func (l *live) groupOf(id string) *group {
	g := l.groups[id]
	if g == nil {
		g = &group{id: id, order: newOrder()}
		l.groups[id] = g
	}
	return g
}

// offer puts the group among those that can be received from, or takes it out:
// none of its messages is in flight, and the first is visible.
func (l *live) offer(g *group) {
	head, ok := g.order.Min()
	if !ok {
		delete(l.groups, g.id)
	}
	if !ok || g.flying > 0 || head.state != visible {
		head = nil
	}
	if head == g.head {
		return
	}
	if g.head != nil {
		l.ready.Delete(g.head)
	}
	if head != nil {
		l.ready.ReplaceOrInsert(head)
	}
	g.head = head
}

// run lists the messages of a group that can be received now, in order: those
// before the first that is not visible.
func (g *group) run(limit int) (out []*entry) {
	g.order.Ascend(func(e *entry) bool {
		if e.state != visible || len(out) == limit {
			return false
		}
		out = append(out, e)
		return true
	})
	return out
}
