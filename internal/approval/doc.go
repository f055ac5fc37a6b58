// Package approval knows which deployments wait for a person, and lets people
// decide: through a JSON route, and through signed links that work once.
//
//	PAUSE hook awaiting action ─┐                 ┌─ GET, POST /grue/approvals
//	hook that reads a parameter ┴► Of ─► Pending ─┤
//	                                              └─ Link ─► /grue/approve/TOKEN ─► page
//	                                                                                │ POST
//	          ContinueServiceDeployment, or PutParameter and a decision ◄── Decide ─┘
//
// A token names a hook of a deployment and when it expires, under an HMAC. Nothing
// is kept of it: it is good as long as that hook waits, and the transaction that
// decides is the only place where that is found out. So of several people who
// press at once exactly one wins, and whoever decided elsewhere, in the CLI or the
// dashboard, has used up every link.
//
// GET changes nothing, for programs that show a preview of a link visit it.
//
// An approval parameter is the pattern of a Lambda hook that answers IN_PROGRESS
// until a person writes approved or rejected into an SSM parameter; see
// parameter.go for how it is recognised.
//
// Files: pending.go and parameter.go (what waits), token.go (links), decide.go,
// api.go (JSON routes), page.go with page.html (what a link shows).
package approval
