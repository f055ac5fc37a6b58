// Package secret keeps the parameters of SSM Parameter Store and the secrets of
// AWS Secrets Manager, and finds the value that a container definition's
// valueFrom names.
//
//	api/ssm, api/secretsmanager ──► Parameter, Secret (records in the store)
//	engine ── Vault.Lookup(scope, valueFrom) ──► value
//
// SecureString parameters and secrets are encrypted in the state file with
// AES-256-GCM; the key is a file of its own (mode 0600) that is made at first use
// and must be kept with the state. What is encrypted is bound to its record, so
// that a value moved to another name does not open.
//
// Files: vault.go (key, Seal, Open), parameter.go, secret.go (records and their
// versions), lookup.go (the forms of valueFrom).
package secret
