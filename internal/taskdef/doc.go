// Package taskdef validates, normalises and compares ECS task definitions. It is
// pure: it works on the SDK's own structs and knows neither store nor clock.
//
//	RegisterTaskDefinition ─► Normalise ─► Validate ─► store
//	                          defaults     rules       as DescribeTaskDefinition echoes it
//
// Normalise brings a definition into the form in which ECS returns it: cpu and
// memory as plain integers (".25 vCPU" is "256"), essential true, protocol tcp,
// host ports equal to container ports under awsvpc, empty lists where ECS sends
// empty lists, health-check defaults. Normalising twice changes nothing, so a
// described definition registers again unchanged.
//
// Validate takes a normalised definition and returns an *Error with ECS's words
// for the first rule that is broken. Fargate's further rules are in fargate.go
// and apply when the definition requires FARGATE; Compatibilities tells where a
// definition could run, Requires which capabilities it needs.
//
// Files: normalise.go, container.go, port.go, size.go (the forms of cpu and
// memory, Fargate's table), health.go, depends.go, volume.go, limits.go,
// fargate.go, attributes.go, compare.go, supported.go (what grue can run).
package taskdef
