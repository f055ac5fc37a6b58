// Package secretsmanager answers AWS Secrets Manager.
//
// Records, encryption and the moving of stages are in internal/secret. A secret
// marked for deletion is kept until its recovery window ends and is then purged
// by whatever reads or lists next. KMS keys are recorded: every value is
// encrypted with grue's own key file. Resource policies are recorded and
// answered, not enforced. Replication and rotation by Lambda are refused.
//
// Files: service.go (wiring, finding), create.go, value.go, change.go,
// delete.go, list.go, version.go, policy.go, tag.go, password.go.
package secretsmanager
