// Package lambda answers AWS Lambda: functions, their versions, aliases and
// policies, and Invoke.
//
//	CreateFunction ─► check ─► function.SaveCode, ResolveImage ─► function.Create
//	Invoke ─────────► function.Call (RequestResponse) or Enqueue (Event)
//
// A function is Active at once: its code is unpacked, or its image pinned to a
// digest and mostly fetched, before CreateFunction answers. What grue cannot do is
// refused by name with InvalidParameterValueException rather than dropped: code in
// S3, layers, file systems, dead-letter queues and destinations. VPC, tracing
// and KMS settings are recorded and shown; they change nothing. Resource policies
// are kept and shown, not enforced.
//
// Where to change what: create.go and update.go (functions), code.go (zips and images), config.go
// (settings and their checks), view.go (answers), list.go, version.go, alias.go,
// permission.go, tag.go, concurrency.go, async.go (the rest of the control
// plane), invoke.go, error.go (AWS's codes), routes.go (paths).
package lambda
