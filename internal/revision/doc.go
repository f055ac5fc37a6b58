// Package revision tells in which members two service revisions differ. It is pure:
// it works on the SDK's own structs, of grue as of Amazon ECS.
//
//	ServiceRevision + TaskDefinition ─┐
//	                                  ├─► Compare ─► path, before, after
//	ServiceRevision + TaskDefinition ─┘
//
// Paths are the API's member names. Elements of lists that have a name are found by
// it, wherever they stand: containerDefinitions[web].environment[COLOR]. Others have
// their index. An image is written with the digest that the revision resolved, so
// that a tag that moved is a difference.
//
// Not compared is what says who, when and which one (ARNs, times, status), and what
// follows from the rest: attributes that a definition requires, and
// resolvedConfiguration, in which the target groups of a pair change places with
// each deployment.
//
// Files: compare.go (what is compared), back.go (the update that brings a former revision back), walk.go (any two values), text.go (values
// as text), key.go (how elements of lists are told apart).
package revision
