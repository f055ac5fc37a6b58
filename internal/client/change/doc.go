// Package change works out which AWS calls bring a service where a person wants
// it: another image, a file, another strategy, a former revision. It decides and
// calls nobody but registries.
//
//	--image, -f, --desired, --strategy ─► Wish ─┐
//	the service as DescribeServices shows it ───┼─► Make ─► Plan: RegisterTaskDefinition?,
//	its task definition ────────────────────────┘           CreateService or UpdateService, TagResource?
//
//	a former revision, the present one ─► Back ─► UpdateService, and what it cannot carry
//
// Nothing is dropped silently: what a file says and AWS cannot do is an error, what
// AWS merely ignores is a note.
//
// Files: image.go (--image), definition.go (a definition to be registered again),
// file.go, service.go and definitionfile.go (files), strategy.go, plan.go, back.go,
// digest.go (what a tag points to).
package change
