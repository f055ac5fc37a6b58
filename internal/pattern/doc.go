// Package pattern matches JSON documents against patterns: those of EventBridge's
// rules, and the filter policies of SNS subscriptions, which are written alike.
//
//	{"source": ["aws.ecs"], "detail": {"lastStatus": [{"anything-but": "RUNNING"}]}}
//	  └ a key of the document: every key must match (and)
//	             └ a list of alternatives: one must match (or)
//
// It is pure: a document and a pattern in, true or false out. Parse refuses what
// AWS refuses and says why; Matches never fails.
//
// Strings are compared byte by byte. EventBridge compares numbers by their text,
// so that 300 is not 300.0; SNS by their value. Where the document has an array,
// one element must match, and keys of one object of the pattern are matched by
// one element together.
//
// Files: parse.go (objects, lists, $or), operator.go (one alternative), number.go,
// wildcard.go, match.go (the walk through a document).
package pattern
