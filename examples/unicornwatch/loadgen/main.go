// Command loadgen is a traffic generator inside the namespace: a service that
// exposes nothing by itself and reaches the others by their names there. Hooks and
// people drive it through port 9000 of its task.
//
//	PUT    /jobs/NAME {"url":"http://catalog/catalog/3","rate":50}  starts
//	GET    /jobs/NAME                                                    counts up to now
//	DELETE /jobs/NAME                                                    stops; the last counts
//	GET    /healthz
package main

import (
	"encoding/json"
	"net/http"
	"sync"

	"github.com/grue-ecs/grue/examples/unicornwatch/load"
	"github.com/grue-ecs/grue/examples/unicornwatch/unicorn"
)

// generator holds the jobs by name.
type generator struct {
	mu   sync.Mutex
	jobs map[string]*load.Load
}

func main() {
	unicorn.Start()
	g := &generator{jobs: map[string]*load.Load{}}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /jobs/{name}", g.start)
	mux.HandleFunc("GET /jobs/{name}", g.tell)
	mux.HandleFunc("DELETE /jobs/{name}", g.stop)
	unicorn.Serve(":9000", "", mux)
}

// start replaces a job of the same name.
func (g *generator) start(w http.ResponseWriter, r *http.Request) {
	var job load.Job
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16<<10))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&job); err != nil || job.URL == "" || job.Rate < 1 {
		http.Error(w, `a job is {"url":"http://…","rate":50}`, http.StatusBadRequest)
		return
	}
	name := r.PathValue("name")
	g.mu.Lock()
	old := g.jobs[name]
	g.jobs[name] = load.Start(job)
	g.mu.Unlock()
	if old != nil {
		old.End()
	}
	w.WriteHeader(http.StatusCreated)
}

func (g *generator) tell(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	job := g.jobs[r.PathValue("name")]
	g.mu.Unlock()
	if job == nil {
		http.Error(w, "no such job", http.StatusNotFound)
		return
	}
	unicorn.JSON(w, http.StatusOK, job.Tally())
}

func (g *generator) stop(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	job := g.jobs[r.PathValue("name")]
	delete(g.jobs, r.PathValue("name"))
	g.mu.Unlock()
	if job == nil {
		http.Error(w, "no such job", http.StatusNotFound)
		return
	}
	unicorn.JSON(w, http.StatusOK, job.End())
}
