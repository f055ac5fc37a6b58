// Command ui is the page of Unicorn Watch, behind the load balancer under
// /frontend: who was seen where, what the catalogue sells and what was ordered. It
// asks the others by their names in the namespace.
//
//	GET  /frontend             the page
//	GET  /frontend/sightings   {"version":"v1","count":8,"sightings":[…]}
//	GET  /frontend/catalog     what http://catalog/catalog answers
//	GET  /frontend/orders      what http://orders/orders answers
//	POST /frontend/orders
//	GET  /frontend/healthz
package main

import (
	_ "embed"
	"io"
	"net/http"
	"time"

	"github.com/grue-ecs/grue/examples/unicornwatch/unicorn"
)

//go:embed page.html
var page []byte

// others asks the services of the namespace.
var others = &http.Client{Timeout: 5 * time.Second}

func main() {
	unicorn.Start()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /frontend", home)
	mux.HandleFunc("GET /frontend/{$}", home)
	mux.HandleFunc("GET /frontend/sightings", sightings)
	mux.HandleFunc("GET /frontend/catalog", from("http://catalog/catalog"))
	mux.HandleFunc("GET /frontend/orders", from("http://orders/orders"))
	mux.HandleFunc("POST /frontend/orders", from("http://orders/orders"))
	unicorn.Serve(":8080", "/frontend", mux)
}

func home(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page) // a client that is gone needs no answer
}

// sighting is one line of the page.
type sighting struct {
	unicorn.Unicorn
	Minutes int `json:"minutes"` // ago
}

// sightings change with the minute of the day, the same in all tasks.
func sightings(w http.ResponseWriter, _ *http.Request) {
	list := make([]sighting, 0, len(unicorn.Herd))
	now := int(time.Now().Unix() / 60)
	for i := range unicorn.Herd {
		u := unicorn.Herd[(i+now)%len(unicorn.Herd)]
		list = append(list, sighting{u, 1 + i*i + u.ID})
	}
	count := len(list)
	if unicorn.Is(unicorn.Wrong) {
		count, list = 0, nil // "there are no unicorns"
	}
	unicorn.JSON(w, http.StatusOK, map[string]any{"version": unicorn.Version(), "count": count, "sightings": list})
}

// from passes a request on to another service and its answer back.
func from(url string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		req, err := http.NewRequestWithContext(r.Context(), r.Method, url, http.MaxBytesReader(w, r.Body, 1<<10))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		resp, err := others.Do(req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
		w.Header().Set("X-From", resp.Header.Get(unicorn.HeaderVersion))
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	}
}
