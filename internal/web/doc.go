// Package web is the backend of the dashboard: what a browser gets below /ui/.
//
//	browser ── GET /ui/…            index.html and assets, embedded
//	        ── /ui/api/session      a session instead of signatures
//	        ── GET /ui/api/view/…   a view, once
//	        ── GET /ui/live/…       a view as server-sent events ◄─ hub ◄─ store, measures
//	        ── POST /ui/api/…       actions: the AWS handlers, called in process
//
// A view is a set of keyed JSON documents (items). Its kind is named by the first
// element of its path; kinds.go lists all kinds, routes.go all plain routes. The
// hub computes a view once for all who look at it, when a commit touches it or
// once a second, and sends only the items whose bytes changed.
//
// To add a view: write a Kind (kind.go) in a file of its own and name it in
// kinds.go. To add a plain route: write a handler of type Page and name it in
// routes.go. The structs with JSON tags in view*.go are what the front end sees;
// times are RFC 3339 with milliseconds, durations are seconds, weights and shares
// per cent (0 to 100).
package web
