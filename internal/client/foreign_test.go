package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// foreign is an ECS of somebody else: it keeps no service deployments, throttles
// each third call, and remembers what it was asked.
type foreign struct {
	mu        sync.Mutex
	paths     map[string]int
	calls     map[string]int
	completed bool
}

func (f *foreign) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paths[r.Method+" "+r.URL.Path]++
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	f.calls[op]++
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	switch op {
	case "DescribeServices":
		if f.calls[op] == 2 {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"ThrottlingException","message":"Rate exceeded"}`)
			return
		}
		state := "IN_PROGRESS"
		if f.completed {
			state = "COMPLETED"
		}
		fmt.Fprintf(w, `{"services":[{"serviceName":"web","serviceArn":"arn:aws:ecs:us-east-1:123456789012:service/c/web","clusterArn":"arn:aws:ecs:us-east-1:123456789012:cluster/c",
			"status":"ACTIVE","desiredCount":1,"runningCount":1,"deployments":[{"id":"ecs-svc/7","status":"PRIMARY","desiredCount":1,"runningCount":1,"rolloutState":%q,
			"taskDefinition":"arn:aws:ecs:us-east-1:123456789012:task-definition/web:7"}]}],"failures":[]}`, state)
		f.completed = true
	case "ListServices":
		fmt.Fprint(w, `{"serviceArns":["arn:aws:ecs:us-east-1:123456789012:service/c/web"]}`)
	case "ListTasks":
		fmt.Fprint(w, `{"taskArns":[]}`)
	default:
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, `<h1>not implemented</h1>`)
	}
}

// Against another ECS the client uses AWS's API and nothing of grue's own, sees a
// deployment that has no service deployment, and bears being throttled.
func TestForeign(t *testing.T) {
	alone(t, nil)
	f := &foreign{paths: map[string]int{}, calls: map[string]int{}}
	web := httptest.NewServer(f)
	defer web.Close()
	ctx := context.Background()
	c, err := Flags{Endpoint: web.URL, Cluster: "c"}.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cfg := c.Config
	cfg.RetryMaxAttempts = 1 // throttling comes through to Observe
	c.build(cfg)
	var last *Snapshot
	for s, err := range c.Observe(ctx, Watching{Service: "web", Every: time.Millisecond}) {
		if err != nil {
			t.Fatal(err)
		}
		last = s
		if s.Over() && f.told("DescribeServices") > 2 {
			break
		}
	}
	if d := last.Deployment; d.Outcome != Deployed || d.New.Name() != "web:7" || d.ARN != "" {
		t.Errorf("%+v", d)
	}
	if all, err := c.Services(ctx); err != nil || len(all) != 1 {
		t.Errorf("%v %v", all, err)
	}
	if all, err := c.Tasks(ctx, "web", true); err != nil || len(all) != 0 {
		t.Errorf("%v %v", all, err)
	}
	if lines, err := c.LogReader(LogQuery{Of: "web"}).Next(ctx); err != nil || len(lines) != 0 {
		t.Errorf("%v %v", lines, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.paths) != 1 || f.paths["POST /"] == 0 {
		t.Errorf("asked for %v", f.paths)
	}
}

func (f *foreign) told(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[op]
}

// sent keeps the request of a client that talks to nobody.
type sent struct{ hosts map[string]bool }

func (s sent) Do(r *http.Request) (*http.Response, error) {
	s.hosts[r.URL.Scheme+"://"+r.URL.Host+r.URL.Path] = true
	return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader([]byte(`{"__type":"AccessDeniedException"}`)))}, nil
}

// With --aws calls go to Amazon's own endpoints.
func TestAmazon(t *testing.T) {
	alone(t, map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s"})
	ctx := context.Background()
	c, err := Flags{AWS: true, Region: "eu-central-1", Cluster: "c"}.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	hosts := map[string]bool{}
	cfg := c.Config
	cfg.HTTPClient = sent{hosts}
	c.build(cfg)
	if _, err := c.Look(ctx, "web", ""); !Is(err, "AccessDeniedException") {
		t.Error(err)
	}
	if len(hosts) != 1 || !hosts["https://ecs.eu-central-1.amazonaws.com/"] || c.Here() || c.Where() != "Amazon ECS in eu-central-1" {
		t.Errorf("%v", hosts)
	}
}
