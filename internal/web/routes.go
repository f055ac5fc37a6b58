package web

import (
	"net/http"

	"github.com/grue-ecs/grue/internal/arn"
)

// Page answers a plain route. who is nil for open routes. Answer with reply or
// fail; a stream may write by itself.
type Page func(s *Site, w http.ResponseWriter, r *http.Request, who *Session)

// Route is a plain route: no view.
type Route struct {
	Pattern string // of http.ServeMux: "GET /ui/api/compare"
	// Open routes need no session: they tell nothing about the account. All others
	// do; those of other methods than GET need the session's CSRF token, too.
	Open bool
	Page Page
}

// routes are all plain routes, but those of sessions and views.
func routes() []Route {
	return []Route{
		{Pattern: "POST /ui/api/deployments/{cluster}/{service}/{id}/{action}", Page: act},
		{Pattern: "POST /ui/api/services/{cluster}/{service}/rollback", Page: rollBack},
		{Pattern: "GET /ui/api/compare", Page: compare},
		{Pattern: "POST /ui/api/match", Page: match},
		{Pattern: "GET /ui/api/logs/groups", Page: logGroups},
		{Pattern: "GET /ui/api/logs/streams", Page: logStreams},
		{Pattern: "GET /ui/api/logs/older", Page: logOlder},
		{Pattern: "GET /ui/api/logs/download", Page: logDownload},
		{Pattern: "GET /ui/live/logs", Page: liveLogs},
		{Pattern: "GET /ui/docs", Open: true, Page: handbookPage},
		{Pattern: "GET /ui/docs/{page...}", Open: true, Page: handbookPage},
	}
}

// Scope is the account and the region that a request asks about: the session's
// account, and ?region= or the session's region.
func (who *Session) Scope(r *http.Request) arn.Scope {
	region := r.URL.Query().Get("region")
	if region == "" {
		region = who.Caller.Region
	}
	return arn.Scope{Account: who.Caller.Account, Region: region}
}
