package route

import "strings"

// queryCondition is met when any pair of the query string meets any of its
// values. Keys and values are compared without case, undecoded.
type queryCondition []queryValue

type queryValue struct {
	anyKey     bool
	key, value wildcard
}

func compileQuery(pairs []KeyValue) queryCondition {
	var c queryCondition
	for _, p := range pairs {
		c = append(c, queryValue{
			anyKey: p.Key == "",
			key:    compileWildcard(p.Key, true, true),
			value:  compileWildcard(p.Value, true, true),
		})
	}
	return c
}

func (c queryCondition) match(r *Request) bool {
	query := visible(r.Query)
	if hash := strings.IndexByte(query, '#'); hash >= 0 {
		query = query[:hash]
	}
	for query != "" {
		pair := query
		if amp := strings.IndexByte(query, '&'); amp >= 0 {
			pair, query = query[:amp], query[amp+1:]
		} else {
			query = ""
		}
		if pair != "" && c.matchPair(pair) {
			return true
		}
	}
	return false
}

// matchPair compares one key=value. A bare word is a key without a value, and
// to a condition without a key it is a value.
func (c queryCondition) matchPair(pair string) bool {
	key, value, found := strings.Cut(pair, "=")
	for i := range c {
		q := &c[i]
		switch {
		case q.anyKey && !found:
			if q.value.match(key) {
				return true
			}
		case q.anyKey || q.key.match(key):
			if q.value.match(value) {
				return true
			}
		}
	}
	return false
}
