// Package iam answers AWS Identity and Access Management: roles with their
// policies, managed policies with versions, instance profiles, users and access
// keys.
//
//	api calls ─► Service ─► records in the store, by account
//	                │
//	                ├─► Authenticate: access keys, for the wire
//	                └─► Role: who may be assumed, for STS and for iam:PassRole
//
// Policies are kept, validated and given back exactly, but not evaluated:
// whoever holds a key may call everything. IAM is global, so records belong to
// an account and to no region. Documents leave percent-encoded, as AWS sends
// them.
//
// role.go, policy.go, profile.go and user.go hold the entities; grants.go what
// roles and users share (inline and attached policies, boundary); managed.go the
// policies of AWS; document.go the check of policy documents.
package iam
