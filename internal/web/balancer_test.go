package web

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

func TestBalancerView(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, listener := front(d, when(20, onPath("/b")), when(3, onPath("/a"), method("GET", "HEAD")))
	group := ""
	d.store.View(func(tx *store.Tx) {
		g, _ := elb.GroupNamed(tx, d.scope, "blue")
		group = g.ARN
	})
	d.update(func(tx *store.Tx) {
		if err := elb.Register(tx, elb.Target{Group: group, ID: "10.0.0.1", Port: 8080, Address: "10.0.0.1:8080"}); err != nil {
			t.Error(err)
		}
		state.PutTask(tx, &state.Task{Scope: d.scope, Cluster: "c", ID: "t1", Service: "web", Revision: "7", LastStatus: "RUNNING", Targets: []state.Target{{Group: group, ID: "10.0.0.1", Port: 8080}}})
	})
	var v view
	if status := d.get("/ui/api/view/balancer/shop", &v); status != 200 {
		t.Fatal(status)
	}
	var order []int
	for key, doc := range v.Items {
		var r RuleItem
		if len(key) > 5 && key[:5] == "rule/" {
			if err := json.Unmarshal(doc, &r); err != nil || r.Listener != listener {
				t.Fatal(err, r)
			}
			order = append(order, r.Order)
			if r.Priority == 3 && (r.Order != 0 || !slices.Equal(r.Conditions, []string{"path is /a", "method is GET or HEAD"})) {
				t.Errorf("%+v", r)
			}
			if r.Default && (r.Order != 2 || r.Action.Words != "forwards 90 % to blue, 10 % to green") {
				t.Errorf("%+v", r)
			}
		}
	}
	slices.Sort(order)
	if !slices.Equal(order, []int{0, 1, 2}) {
		t.Error(order)
	}
	var target TargetItem
	if err := json.Unmarshal(v.Items["target/"+group+"/10.0.0.1:8080"], &target); err != nil || target.Task != "c/t1" || target.Service != "c/web" || target.Revision != "7" {
		t.Errorf("%v %+v", err, target)
	}
	var all view
	d.get("/ui/api/view/balancers", &all)
	var lb BalancerItem
	if err := json.Unmarshal(all.Items["lb/shop"], &lb); err != nil || lb.Rules != 3 || lb.Groups != 2 || !slices.Equal(lb.Listeners, []string{"HTTP:80"}) {
		t.Errorf("%v %+v", err, lb)
	}
	var p Problem
	if status := d.get("/ui/api/view/balancer/none", &p); status != 404 {
		t.Error(status)
	}
}

// Nothing that tells about an account is told without a session, and nothing of
// another account with one.
func TestListsNeedASession(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	front(d)
	d.write("a", "secret")
	with, d2 := d.client, *d
	plain := *with
	plain.Jar = nil
	d2.client = &plain
	for _, path := range []string{
		"/ui/api/compare?cluster=c&service=s&a=1&b=2", "/ui/api/logs/groups", "/ui/api/logs/streams?group=/app", "/ui/api/logs/older?group=/app",
		"/ui/api/logs/download?group=/app", "/ui/live/logs?group=/app", "/ui/live/tasks/c", "/ui/api/view/tasks/c", "/ui/api/view/task/c/t",
		"/ui/api/view/balancers", "/ui/api/view/balancer/shop",
	} {
		var p Problem
		if status := d2.get(path, &p); status != 401 || p.Code == "" {
			t.Errorf("%s: %d %+v", path, status, p)
		}
	}
	if status := d2.post("/ui/api/match", MatchRequest{LB: "shop", Port: 80, Path: "/"}, nil); status != 401 {
		t.Errorf("match: %d", status)
	}
	d.csrf = "wrong"
	if status := d.post("/ui/api/match", MatchRequest{LB: "shop", Port: 80, Path: "/"}, nil); status != 403 {
		t.Errorf("match without the token: %d", status)
	}
	for _, path := range []string{"/ui/docs", "/ui/docs/hooks", "/ui/docs/deployment.svg"} {
		if status := d2.get(path, nil); status != 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
	var groups struct{ Groups []LogGroupItem }
	if d.get("/ui/api/logs/groups?region=eu-west-1", &groups); len(groups.Groups) != 0 {
		t.Errorf("groups of another region: %v", groups)
	}
	if d.get("/ui/api/logs/groups", &groups); len(groups.Groups) != 1 {
		t.Errorf("%v", groups)
	}
}
