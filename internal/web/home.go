package web

import (
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/approval"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

const (
	// ratesAtOnce is for how many services rates are computed in a second: with more
	// that have traffic, each has its turn less often.
	ratesAtOnce = 50
	// measuredAlarms is up to how many alarms the home view reads metrics, each
	// alarmBeats seconds.
	measuredAlarms = 50
	alarmBeats     = 5
)

// homeKind is the view home: everything in a region.
func homeKind() Kind {
	return Kind{Name: "home", Open: func(_ *Site, scope arn.Scope, _ []string) View {
		h := &home{prefix: scope.Key("")}
		return View{All: h.all, Touch: h.touch, Item: h.item, Measure: h.measure}
	}}
}

type home struct {
	prefix string // of keys
	beat   int
	busy   []string // keys of services that had traffic, whose turn is to come
}

func (h *home) all(b *Build) (Items, error) {
	out := Items{"meta": h.meta(b)}
	for key := range state.Clusters.Prefix(b.Tx, h.prefix) {
		h.put(b, out, "cluster/"+strings.TrimPrefix(key, h.prefix))
	}
	for key, svc := range state.Services.Prefix(b.Tx, h.prefix) {
		h.put(b, out, "service/"+strings.TrimPrefix(key, h.prefix))
		if d, ok := state.Deployments.Get(b.Tx, svc.Key()+"/"+svc.Deployment); ok && svc.Deployment != "" {
			for _, p := range approval.Of(b.Tx, d) {
				out[approvalKey(d, p.HookID)] = approvalItem(d, &p)
			}
		}
	}
	for key := range watch.Alarms.Prefix(b.Tx, h.prefix) {
		h.put(b, out, "alarm/"+strings.TrimPrefix(key, h.prefix))
	}
	return out, nil
}

func (h *home) put(b *Build, out Items, key string) {
	if doc := h.item(b, key); doc != nil {
		out[key] = doc
	}
}

// touch finds the items of a changed record.
func (h *home) touch(c store.Change) []string {
	rest, ok := strings.CutPrefix(c.ID, h.prefix)
	if !ok {
		return nil
	}
	switch c.Kind {
	case state.Clusters.Kind():
		return []string{"meta", "cluster/" + rest}
	case state.Services.Kind():
		cluster, _, _ := strings.Cut(rest, "/")
		return []string{"meta", "cluster/" + cluster, "service/" + rest}
	case state.Tasks.Kind():
		return touchedTask(c)
	case state.Revisions.Kind():
		return []string{"service/" + rest[:strings.LastIndexByte(rest, '/')]}
	case state.Deployments.Kind():
		return touchedDeployment(c)
	case watch.Alarms.Kind():
		if now, old := watch.Alarms.Of(c); now != nil && old != nil && now.State == old.State {
			return []string{"alarm/" + rest}
		}
		return Everything // of services whose alarm it is, too; it happens seldom
	}
	return nil
}

func touchedTask(c store.Change) []string {
	t, old := state.Tasks.Of(c)
	if t == nil {
		t = old
	}
	out := []string{"meta", "cluster/" + t.Cluster}
	if t.Service != "" {
		out = append(out, "service/"+t.Cluster+"/"+t.Service)
	}
	return out
}

func touchedDeployment(c store.Change) (out []string) {
	now, old := state.Deployments.Of(c)
	for _, d := range []*state.Deployment{old, now} {
		if d == nil {
			continue
		}
		out = append(out, "meta", "service/"+d.Cluster+"/"+d.Service)
		for i := range d.Machine.Hooks {
			out = append(out, approvalKey(d, d.Machine.Hooks[i].ID))
		}
	}
	return out
}

// item computes the document of a key.
func (h *home) item(b *Build, key string) any {
	kind, name, _ := strings.Cut(key, "/")
	switch kind {
	case "meta":
		return h.meta(b)
	case "cluster":
		return clusterItem(b, h.prefix+name)
	case "service":
		if svc, ok := state.Services.Get(b.Tx, h.prefix+name); ok && svc.Status != "INACTIVE" {
			return serviceItem(b, svc)
		}
	case "alarm":
		if a, ok := watch.Alarms.Get(b.Tx, h.prefix+name); ok {
			return b.alarmItem(a, watch.Alarms.Len(b.Tx) <= measuredAlarms)
		}
	case "approval":
		deployment, hook, _ := cutLast(name)
		if d, ok := state.Deployments.Get(b.Tx, h.prefix+deployment); ok {
			for _, p := range approval.Of(b.Tx, d) {
				if p.HookID == hook {
					return approvalItem(d, &p)
				}
			}
		}
	}
	return nil
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '/')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func approvalKey(d *state.Deployment, hook string) string {
	return "approval/" + d.Cluster + "/" + d.Service + "/" + d.ID + "/" + hook
}

func approvalItem(d *state.Deployment, p *approval.Pending) *ApprovalItem {
	out := &ApprovalItem{
		Kind: p.Kind, Cluster: p.Cluster, Service: p.Service, Deployment: d.ID, HookID: p.HookID, Stage: p.Stage,
		Revision: p.Target.Number, TaskDefinition: p.Target.TaskDefinition, Images: []Image{}, Since: At(p.Since), Expires: At(p.ExpiresAt), OnTimeout: p.TimeoutAction,
	}
	for _, i := range p.Target.Images {
		out.Images = append(out.Images, Image(i))
	}
	for i := range d.Machine.Hooks {
		if h := &d.Machine.Hooks[i]; h.ID == p.HookID && len(h.Details) > 0 {
			out.Details = h.Details
		}
	}
	return out
}

func (h *home) meta(b *Build) *Meta {
	out := &Meta{
		Account: b.Scope.Account, Region: b.Scope.Region, Regions: regions(b.Tx, b.Scope.Account, b.Scope.Region),
		Version: b.opts.Version, Minute: b.opts.Minute.Seconds(), Proxy: b.opts.ProxyConnected == nil || b.opts.ProxyConnected(),
	}
	for _, c := range state.Clusters.Prefix(b.Tx, h.prefix) {
		if c.Body.V.Status == nil || *c.Body.V.Status == "ACTIVE" {
			out.Clusters++
		}
	}
	for _, svc := range state.Services.Prefix(b.Tx, h.prefix) {
		if svc.Status == "INACTIVE" {
			continue
		}
		out.Services++
		if svc.Deployment != "" {
			out.Busy++
		}
	}
	for _, t := range state.Tasks.Prefix(b.Tx, h.prefix) {
		if t.LastStatus != "STOPPED" {
			out.Tasks++
		}
	}
	return out
}

func clusterItem(b *Build, key string) any {
	c, ok := state.Clusters.Get(b.Tx, key)
	if !ok || c.Body.V.Status != nil && *c.Body.V.Status != "ACTIVE" {
		return nil
	}
	out := &ClusterItem{Name: c.Name, ARN: c.Scope.Cluster(c.Name), Status: "ACTIVE"}
	for _, svc := range state.Services.Prefix(b.Tx, key+"/") {
		if svc.Status != "INACTIVE" {
			out.Services++
		}
	}
	for _, t := range state.Tasks.Prefix(b.Tx, key+"/") {
		switch t.LastStatus {
		case "STOPPED":
		case "RUNNING":
			out.Running++
		default:
			out.Pending++
		}
	}
	return out
}

// measure computes services with traffic anew, some at a time, and alarms.
func (h *home) measure(b *Build) Items {
	out := Items{}
	if len(h.busy) == 0 {
		h.busy = b.busyServices()
	}
	n := min(len(h.busy), ratesAtOnce)
	for _, key := range h.busy[:n] {
		h.put(b, out, key)
	}
	h.busy = h.busy[n:]
	if h.beat++; h.beat%alarmBeats == 0 && watch.Alarms.Len(b.Tx) <= measuredAlarms {
		for key := range watch.Alarms.Prefix(b.Tx, h.prefix) {
			h.put(b, out, "alarm/"+strings.TrimPrefix(key, h.prefix))
		}
		out["meta"] = h.meta(b) // the proxy may have come or gone
	}
	return out
}

// busyServices are the keys of services of the region that had traffic a moment ago.
func (b *Build) busyServices() (out []string) {
	if b.opts.Ledger == nil {
		return nil
	}
	for _, o := range b.opts.Ledger.Busy(b.Now.Add(-time.Minute)) {
		if o.Scope == b.Scope && o.Revision == "" {
			out = append(out, "service/"+o.Cluster+"/"+o.Service)
		}
	}
	return out
}

// servedBy is whose answers a service's are.
func servedBy(svc *state.Service, revision string) elb.Served {
	return elb.Served{Scope: svc.Scope, Cluster: svc.Cluster, Service: svc.Name, Revision: revision}
}
