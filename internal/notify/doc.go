// Package notify tells people what deployments do: it posts messages to Slack,
// Teams and any other webhook, and publishes them to SNS topics.
//
//	engine's transaction ── Changed(tx, old, next) ──► outbox, a lane a notification
//	                                                      │ in order, tried again
//	Slack ◄─ blocks ─┐                                    ▼
//	Teams ◄─ card ───┼── body ◄── Message ◄──────────── deliver ──► SNS topic
//	webhook ◄─ JSON ─┘
//
// What happened is found by comparing a deployment with what it becomes, in the
// transaction that changes it. So there is no message about what never was, and
// none is lost when the server is killed; one that was sent just before may be
// sent again, with the same id. A message that fails holds up the later ones of
// its notification, so that they arrive in order; after a day it is given up.
//
// The URL and the secret of a notification are credentials: they are kept
// encrypted, shown by nobody, and stand in no log.
//
// Files: record.go (a notification), check.go, kinds.go (what there is to tell),
// message.go, text.go (sentences), slack.go, teams.go, template.go (bodies),
// deliver.go (receivers), notify.go (New, Changed, Run), routes.go, sample.go.
package notify
