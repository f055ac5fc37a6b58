// Command catalog sells unicorns: behind the load balancer under /catalog, and in
// the namespace as http://catalog.
//
//	GET /catalog        all unicorns, as JSON
//	GET /catalog/3      one of them
//	GET /catalog/healthz
package main

import (
	"net/http"
	"strconv"

	"github.com/grue-ecs/grue/examples/unicornwatch/unicorn"
)

func main() {
	unicorn.Start()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /catalog", all)
	mux.HandleFunc("GET /catalog/{id}", one)
	unicorn.Serve(":8080", "/catalog", mux)
}

func all(w http.ResponseWriter, _ *http.Request) {
	out := make([]unicorn.Unicorn, 0, len(unicorn.Herd))
	for i := range unicorn.Herd {
		out = append(out, priced(i))
	}
	unicorn.JSON(w, http.StatusOK, out)
}

func one(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || id < 0 || id >= len(unicorn.Herd) {
		http.Error(w, "no such unicorn", http.StatusNotFound)
		return
	}
	unicorn.JSON(w, http.StatusOK, priced(id))
}

func priced(id int) unicorn.Unicorn {
	u := unicorn.Herd[id]
	u.Price = unicorn.Price(id)
	return u
}
