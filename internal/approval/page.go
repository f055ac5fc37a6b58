package approval

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string

	pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
		"time": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	}).Parse(pageText))

	// pagePolicy allows the page its own style and a form that comes back, nothing else.
	pagePolicy = "default-src 'none'; style-src 'sha256-" + styleHash() + "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

func styleHash() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return base64.StdEncoding.EncodeToString(sum[:])
}

const (
	maxForm = 16 << 10 // bytes
	maxName = 100      // characters
)

// page is what a link shows.
type page struct {
	Style    template.CSS
	Title    string
	Message  string // what happened or is wrong; "" = nothing yet
	Pending  *Pending
	Decision *Decision
	Reason   string // as typed, when the form is shown again
	Name     string
	Reject   bool // the link of the button that rejects
	MaxName  int
	Max      int
}

// link serves a link: GET shows what is to be approved, and POST decides.
func (a *Approvals) link(w http.ResponseWriter, r *http.Request) {
	t, err := parseToken(a.opts.Key, strings.TrimPrefix(r.URL.Path, LinkPath))
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, HEAD, POST")
		show(w, http.StatusMethodNotAllowed, &page{Title: "Not this way", Message: "This address knows GET and POST only."})
	case err != nil:
		show(w, http.StatusNotFound, &page{Title: "No such link", Message: "This link was not made by this server, or it is not complete. Nothing was changed."})
	case r.Method == http.MethodPost:
		a.submit(w, r, t)
	default:
		p := a.find(t.key(), t.Hook)
		if p == nil || a.expired(t) {
			a.over(w, t)
			return
		}
		show(w, http.StatusOK, &page{Title: "Approve " + p.Service + "?", Pending: p, Reject: r.URL.Query().Get("choice") == "reject"})
	}
}

func (a *Approvals) expired(t *token) bool { return !a.opts.Now().Before(t.expires()) }

// submit takes the form.
func (a *Approvals) submit(w http.ResponseWriter, r *http.Request, t *token) {
	p := a.find(t.key(), t.Hook)
	if p == nil || a.expired(t) {
		a.over(w, t)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := r.ParseForm()
	again := &page{
		Title: "Approve " + p.Service + "?", Pending: p, Reason: r.PostForm.Get("reason"), Name: strings.TrimSpace(r.PostForm.Get("name")),
		Reject: r.PostForm.Get("decision") == "reject",
	}
	reason, werr := wire.CheckReason(again.Reason)
	choice := r.PostForm.Get("decision")
	switch {
	case err != nil:
		again.Message = "The form could not be read. Nothing was changed."
	case choice != "approve" && choice != "reject":
		again.Message = "Press Approve or Reject. Nothing was changed."
	case werr != nil:
		again.Message = werr.Message + " Nothing was changed."
	case reason == "":
		again.Message = "Say why: the reason is kept with the decision. Nothing was changed."
	case utf8.RuneCountInString(again.Name) > maxName || !utf8.ValidString(again.Name):
		again.Message = "The name is too long. Nothing was changed."
	}
	if again.Message != "" {
		show(w, http.StatusBadRequest, again)
		return
	}
	err = a.Decide(linkContext(r, t, again.Name, reason), p, choice == "approve")
	switch {
	case errors.Is(err, errNotPending):
		a.over(w, t)
	case err != nil:
		a.log.Error("approval not decided", "deployment", p.DeploymentARN, "err", err)
		again.Message = "The decision could not be written; the server's log says why. Nothing was changed."
		show(w, http.StatusInternalServerError, again)
	default:
		done := &page{Title: "Approved", Message: "You approved this. The deployment goes on."}
		if choice == "reject" {
			done = &page{Title: "Rejected", Message: "You rejected this. The deployment rolls back."}
		}
		done.Decision = a.decision(t)
		show(w, http.StatusOK, done)
	}
}

// linkContext says who decides: not a principal that signed, but whoever holds
// the link.
func linkContext(r *http.Request, t *token, name, reason string) context.Context {
	by := "link"
	if t.To != "" {
		by += " " + t.To
	}
	if name != "" {
		by += " (" + oneLine(name) + ")"
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	c := wire.Caller{Account: t.Account, Region: t.Region, ARN: by, SourceIP: host}
	from := "link " + host
	if client := forwardedFor(r); client != "" {
		from += " for " + client
	}
	return wire.WithDecision(wire.WithCaller(r.Context(), c), wire.Decision{Reason: reason, From: from})
}

// forwardedFor is the client that a proxy before us names. It is a claim.
func forwardedFor(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-For"), ",")
	ip, err := netip.ParseAddr(strings.TrimSpace(first))
	if err != nil {
		return ""
	}
	return ip.WithZone("").String()
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// over tells why a link works no more.
func (a *Approvals) over(w http.ResponseWriter, t *token) {
	p := &page{Title: "This link works no more", Decision: a.decision(t)}
	var d *state.Deployment
	a.opts.Store.View(func(tx *store.Tx) { d, _ = state.Deployments.Get(tx, t.key()) })
	switch {
	case p.Decision != nil:
		p.Message = "This approval was decided already. Nothing was changed."
	case d == nil:
		p.Message = "The deployment of this link does not exist any more. Nothing was changed."
	case d.Machine.SupersededBy != "":
		p.Message = "A newer deployment has taken the place of this one. Nothing was changed."
	case d.Machine.Status.Terminal():
		p.Message = "The deployment is over, as " + string(d.Machine.Status) + ". Nothing was changed."
	case d.Machine.Status != deploy.InProgress || d.StopRequested != "":
		p.Message = "The deployment is being stopped or rolled back. Nothing was changed."
	case a.expired(t):
		p.Message = "The time for this approval was over at " + t.expires().UTC().Format("2006-01-02 15:04:05 UTC") + ". Nothing was changed."
	default:
		p.Message = "The deployment does not wait for this approval any more. Nothing was changed."
	}
	show(w, http.StatusGone, p)
}

// decision is what was decided about the hook of a link; nil = nothing.
func (a *Approvals) decision(t *token) *Decision {
	var list []Decision
	a.opts.Store.View(func(tx *store.Tx) {
		if d, ok := state.Deployments.Get(tx, t.key()); ok {
			list = Decisions(d)
		}
	})
	if i := slices.IndexFunc(list, func(x Decision) bool { return x.HookID == t.Hook }); i >= 0 {
		return &list[i]
	}
	return nil
}

func sortByTime(list []Decision) {
	slices.SortStableFunc(list, func(a, b Decision) int { return a.At.Compare(b.At) })
}

func show(w http.ResponseWriter, status int, p *page) {
	p.Style, p.Max, p.MaxName = template.CSS(pageStyle), wire.MaxReason, maxName
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}
