// Package ssm answers AWS Systems Manager: Parameter Store, and of Session Manager
// the two operations that clients of ECS Exec call, session.go.
//
// Records, encryption and selectors are in internal/secret. What a parameter's
// name, pattern and type may be stands in check.go, AWS's sentences in error.go.
// KMS keys are recorded: every SecureString is encrypted with grue's own key
// file. Parameter policies are recorded and answered; none is acted upon.
//
// Files: service.go (wiring), put.go, get.go, path.go, history.go, describe.go,
// filter.go, label.go, delete.go, tag.go.
package ssm
