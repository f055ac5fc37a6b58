package proxy

import (
	"context"
	"net/http"
	"time"
)

// What Service Connect's proxy answers itself is plain text, and 503 where a load
// balancer says 502: Envoy's words and numbers. Why stands in the access log:
//
//	UH  no target, or none that is not ejected and was not tried
//	UF  no connection to a target
//	UC  a connection broke before the answer
//	UT  no answer in time
//	DC  the client closed
//	DPE the request is malformed
const (
	flagNoTarget    = "UH"
	flagNoConnect   = "UF"
	flagBroken      = "UC"
	flagTimeout     = "UT"
	flagClientGone  = "DC"
	flagMalformed   = "DPE"
	flagRetriesOver = "URX" // behind another flag: every try failed
)

// meshAnswer is the answer of a status that the proxy produces.
func meshAnswer(status int, flag string) *answer {
	if status == 502 {
		status = 503
	}
	a := &answer{status: status, contentType: "text/plain"}
	switch {
	case flag == flagNoTarget:
		a.body = "no healthy upstream"
	case status == 504:
		a.body = "upstream request timeout"
	case status == 503:
		a.body = "upstream connect error or disconnect/reset before headers"
	default:
		a.body = http.StatusText(status)
	}
	return a
}

// ownAnswer is the answer of a listener to a status that it produces itself.
func (x *exchange) ownAnswer(status int) *answer {
	if x.front == nil || !x.front.mesh() {
		return elbAnswer(status)
	}
	if status == 503 && x.flag == "" {
		x.flag = flagNoTarget
	}
	if status < 500 && x.flag == "" && status != statusClientClosed {
		x.flag = flagMalformed
	}
	return meshAnswer(status, x.flag)
}

// tries is on how many targets of the group a request is tried.
func (g *groupRef) tries() int {
	if g.resilience == nil {
		return maxTries
	}
	return min(1+max(g.resilience.Retries, 0), len([maxMeshTries]int{}))
}

// retryPause is what passes before a target is tried again that failed; it doubles.
const retryPause = 25 * time.Millisecond

// patient waits, after n targets failed and none is left that was not tried, until
// they may be tried again: one that has just started may listen in a moment. It is
// false for groups without route.Resilience, and when ctx ends.
func (g *groupRef) patient(ctx context.Context, n int) bool {
	return g.resilience != nil && sleep(ctx, retryPause<<(n-1))
}

// maxMeshTries bounds route.Resilience.Retries.
const maxMeshTries = 8

// judge notes how a target did.
func (x *exchange) judge(t *target, r result) {
	if x.group.resilience == nil {
		return
	}
	switch r {
	case resultNext, resultBad, resultTimeout:
		t.failed()
	case resultDone:
		if x.tstatus >= 500 || x.unwell {
			t.failed()
		}
	}
}
