// Package hook calls the lifecycle hooks of service deployments: Lambda
// functions, HTTP(S) URLs and one-off tasks. It makes the event that they get and
// reads the answer that they give.
//
//	deploy.InvokeHook ─► engine ─► Hooks.Call ─┬► function.Invoke ────► answer
//	                                           ├► POST, signed ───────► answer
//	                                           └► one task ─► exit code = answer
//
// Which kind a hook is stands in its hookDetails, which is any JSON for ECS:
//
//	"grue:url":    "https://…"     send the event there
//	"grue:secret": "whsec_…"       sign with this key instead of the server's
//	"grue:task":   true            run the new revision's task definition once
//	               {"command": ["./migrate", "up"], "container": "app",
//	                "environment": [{"name": "A", "value": "1"}],
//	                "taskDefinition": "migrations"}
//
// Without one of them hookTargetArn is the ARN of a Lambda function. A service's
// tags can add hooks, too: grue:hook:PRE_SCALE_UP = task:./migrate up.
//
// A URL gets the event that a Lambda function gets, and answers the same. The
// request is signed as Standard Webhooks says; every try of one call has the same
// webhook-id. A task finds the event in GRUE_HOOK_EVENT. It starts with the
// network and the capacity of the new revision, outside the service, and is
// remembered in the transaction that makes it: whatever happens, a call runs one
// task, and a migration that failed, or was stopped with the machine, is not run
// again by the call that follows a crash. Only a new deployment runs it again. A
// task that is not waited for any more is stopped. A rollback runs no task.
//
// Where ECS has a text for a failure, it is used.
//
// Files: call.go (the contract), hooks.go (New, Call), event.go, answer.go,
// details.go and tasktarget.go (the members for grue), tags.go, lambda.go,
// url.go, sign.go, task.go (makes the task), definition.go, taskoptions.go,
// wait.go (how it ended), run.go (what is remembered of it).
package hook
