package registry

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// TagsOf lists the tags of a repository in ascending order.
func (r *Registry) TagsOf(s arn.Scope, name string) (all []string, err error) {
	r.store.View(func(tx *store.Tx) {
		prefix := repositoryKey(s, name)
		if _, ok := repositories.Get(tx, prefix); !ok {
			err = noRepository(s, name)
			return
		}
		for k := range tags.Prefix(tx, prefix+":") {
			all = append(all, k[len(prefix)+1:])
		}
	})
	return all, err
}

// listTags answers GET /v2/name/tags/list.
func (r *Registry) listTags(c *call) error {
	all, err := r.TagsOf(c.read(r), c.name)
	if err != nil {
		return err
	}
	part, err := pageOf(c.w, c.req, all)
	if err != nil {
		return err
	}
	return answerJSON(c.w, http.StatusOK, map[string]any{"name": c.name, "tags": part})
}

// catalog answers GET /v2/_catalog.
func (r *Registry) catalog(w http.ResponseWriter, req *http.Request, who client) error {
	if req.Method != http.MethodGet {
		return problem(Unsupported, "%s is not supported here", req.Method)
	}
	names := []string{}
	for _, repo := range r.Repositories(who.scope) {
		names = append(names, repo.Name)
	}
	part, err := pageOf(w, req, names)
	if err != nil {
		return err
	}
	return answerJSON(w, http.StatusOK, map[string]any{"repositories": part})
}

// pageOf picks what ?n= and ?last= ask for from a sorted list, and says in a
// Link header where the rest begins.
func pageOf(w http.ResponseWriter, req *http.Request, all []string) ([]string, error) {
	q := req.URL.Query()
	if last := q.Get("last"); last != "" {
		i, found := slices.BinarySearch(all, last)
		if found {
			i++
		}
		all = all[i:]
	}
	if all == nil {
		all = []string{}
	}
	if q.Get("n") == "" {
		return all, nil
	}
	n, err := strconv.Atoi(q.Get("n"))
	if err != nil || n < 0 {
		return nil, problem(Unsupported, "n is a number of results, not %.40q", q.Get("n"))
	}
	if n >= len(all) {
		return all, nil
	}
	if n > 0 {
		next := url.Values{"n": {strconv.Itoa(n)}, "last": {all[n-1]}}
		w.Header().Set("Link", fmt.Sprintf(`<%s?%s>; rel="next"`, req.URL.Path, next.Encode()))
	}
	return all[:n], nil
}
