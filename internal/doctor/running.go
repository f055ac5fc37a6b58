package doctor

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// leftovers: what an earlier grue of this directory left that runs no more.
func leftovers(_ context.Context, o *Options) []Finding {
	m := o.Machine
	if o.URL != "" || o.PID != 0 {
		return ok("A grue runs; what it made is in use.")
	}
	var left []string
	if tasks, err := fs.ReadDir(m.FS, strings.TrimPrefix(filepath.Join(o.Data, "oci", "tasks"), "/")); err == nil && len(tasks) > 0 {
		left = append(left, fmt.Sprintf("%d tasks", len(tasks)))
	}
	if b := o.bridge(); b != "" && m.exists("/sys/class/net/"+b) {
		left = append(left, "the bridge "+b)
	}
	if len(left) == 0 {
		return ok("No earlier grue left anything of %s.", o.Data)
	}
	return warn("'grue up' takes it over; 'grue down --data "+o.Data+"' removes it.", "An earlier grue left %s.", strings.Join(left, " and "))
}

// health is GET /grue/health.
type health struct {
	Status  string `json:"status"`
	Version string `json:"version"`
	Runtime string `json:"runtime"`
	Proxy   struct {
		Connected bool `json:"connected"`
		PID       int  `json:"pid"`
	} `json:"proxy"`
}

// running asks the grue of the data directory how it does.
func running(ctx context.Context, o *Options) []Finding {
	if o.URL == "" {
		if o.PID != 0 {
			return warn("Wait a moment and look again; then see "+filepath.Join(o.Data, "log")+".", "A grue (pid %d) uses %s and does not listen yet.", o.PID, o.Data)
		}
		return ok("No grue runs with %s.", o.Data)
	}
	status, body, err := o.Machine.Get(ctx, o.URL+"/grue/health")
	var h health
	if err != nil || status != 200 || json.Unmarshal(body, &h) != nil {
		why := "status " + strconv.Itoa(status)
		if err != nil {
			why = "no answer"
		}
		return fail("See "+filepath.Join(o.Data, "log", "server.log")+"; 'grue up' starts the server again by itself.", "The server at %s does not say how it does (%s).", host(o.URL), why)
	}
	out := ok("grue %s runs at %s with the %s runtime.", h.Version, host(o.URL), h.Runtime)
	if !h.Proxy.Connected {
		return append(out, fail("See "+filepath.Join(o.Data, "log", "proxy.log")+"; 'grue up' starts the proxy again by itself.", "The proxy is not connected: load balancers do not follow changes.")...)
	}
	status, body, err = o.Machine.Get(ctx, o.URL+"/metrics")
	if err != nil || status != 200 {
		return append(out, warn("Let the API listen on a loopback address, too: then they can.", "The metrics of grue cannot be read at %s.", host(o.URL))...)
	}
	return append(out, judge(body)...)
}

// stuck is how long a deployment may stay in a stage other than a bake, or without
// being answered, before somebody is told; nothing is wrong with it yet.
const stuck = 30 * time.Minute

// judge finds what is wrong in the metrics of a running grue.
func judge(metrics []byte) (out []Finding) {
	published, acked := 0.0, 0.0
	waiting := map[string]bool{}
	type stage struct {
		service, name string
		age           time.Duration
	}
	var stages []stage
	for lines := bufio.NewScanner(bytes.NewReader(metrics)); lines.Scan(); {
		name, labels, value, known := sample(lines.Text())
		if !known {
			continue
		}
		service := labels["cluster"] + "/" + labels["service"]
		switch name {
		case "grue_proxy_table_published_version":
			published = value
		case "grue_proxy_table_acknowledged_version":
			acked = value
		case "grue_deployments_halted":
			if value > 0 {
				out = append(out, fail("Start a new deployment of the service, and report it with 'grue doctor --bundle FILE.tar.gz'.", "%v deployments were halted because of an internal inconsistency.", value)...)
			}
		case "grue_approvals_pending":
			waiting[service] = value > 0
		case "grue_deployment_stage_age_seconds":
			stages = append(stages, stage{service, labels["stage"], time.Duration(value * float64(time.Second))})
		case "grue_store_commit_failures_total":
			if value > 0 {
				out = append(out, fail("Look for a full or broken disk; see the server's log.", "%v writes of the state failed since the server started.", value)...)
			}
		case "grue_outbox_oldest_item_age_seconds":
			if value > 300 {
				out = append(out, warn("See the server's log for the endpoint that does not answer.", "A delivery of %s has waited for %s.", labels["outbox"], time.Duration(value)*time.Second)...)
			}
		case "grue_engine_backlog":
			if value > 1000 {
				out = append(out, warn("Give the machine less to do, or more CPU.", "%v %s wait for a worker: the machine is too slow.", value, labels["kind"])...)
			}
		}
	}
	if acked < published {
		out = append(out, warn("Look again; if it stays, see the proxy's log.", "The proxy has acknowledged routing table %v of %v.", acked, published)...)
	}
	for _, s := range stages {
		switch {
		case waiting[s.service]:
			out = append(out, warn("Answer it: 'grue approvals'.", "The deployment of %s waits for approval at %s since %s.", s.service, s.name, s.age.Round(time.Second))...)
		case s.age > stuck && s.name != "BAKE_TIME":
			out = append(out, warn("See 'grue status' and the events of the service.", "The deployment of %s has been in %s for %s.", s.service, s.name, s.age.Round(time.Second))...)
		}
	}
	if len(out) == 0 {
		out = ok("The proxy serves the newest routing table, and no deployment is stuck.")
	}
	return out
}

// sample reads a line of Prometheus's text format; known is false for comments.
func sample(line string) (name string, labels map[string]string, value float64, known bool) {
	if line == "" || line[0] == '#' {
		return "", nil, 0, false
	}
	at := strings.LastIndexByte(line, ' ')
	if at < 0 {
		return "", nil, 0, false
	}
	value, err := strconv.ParseFloat(line[at+1:], 64)
	if err != nil {
		return "", nil, 0, false
	}
	name, rest, _ := strings.Cut(line[:at], "{")
	labels = map[string]string{}
	for rest = strings.TrimSuffix(rest, "}"); rest != ""; {
		key, after, found := strings.Cut(rest, `="`)
		if !found {
			break
		}
		text, after, _ := strings.Cut(after, `"`)
		labels[strings.TrimPrefix(key, ",")] = text
		rest = after
	}
	return name, labels, value, true
}
