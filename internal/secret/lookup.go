package secret

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Lookup finds the value that a container definition's valueFrom names:
//
//	name, /path/name                   parameter of the same region
//	arn:…:ssm:…:parameter/name         parameter
//	arn:…:secret:name-AbCdEf           secret, whole
//	arn:…:secret:name-AbCdEf:key:stage:version
//
// of which each of the last three may be empty. Errors are worded as ECS words
// them behind "ResourceInitializationError: ".
func (v *Vault) Lookup(s arn.Scope, valueFrom string) (value string, err error) {
	a, isARN := arn.Parse(valueFrom)
	v.store.View(func(tx *store.Tx) {
		switch {
		case isARN && a.Service == "secretsmanager":
			value, err = v.LookupSecret(tx, s, valueFrom)
		case isARN && a.Service != "ssm":
			err = fmt.Errorf("invalid ARN format: %s is neither a secret nor a parameter", valueFrom)
		default:
			value, err = v.LookupParameter(tx, s, valueFrom)
		}
	})
	return value, err
}

// LookupParameter reads a parameter by name or ARN, with an optional selector.
func (v *Vault) LookupParameter(tx *store.Tx, s arn.Scope, nameOrARN string) (string, error) {
	p, selector, ok := FindParameter(tx, s, nameOrARN)
	if !ok {
		return "", fmt.Errorf("invalid ssm parameters: %s", nameOrARN)
	}
	version, ok := p.Select(selector)
	if !ok {
		return "", fmt.Errorf("invalid ssm parameters: %s", nameOrARN)
	}
	return v.ParameterValue(p, version)
}

// LookupSecret reads a secret, or one member of its JSON object.
func (v *Vault) LookupSecret(tx *store.Tx, s arn.Scope, valueFrom string) (string, error) {
	id, key, stage, version := splitSecret(valueFrom)
	found, ok := FindSecret(tx, s, id)
	if !ok {
		return "", fmt.Errorf("ResourceNotFoundException: Secrets Manager can't find the specified secret")
	}
	if !found.Deleted.IsZero() {
		return "", fmt.Errorf("InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion")
	}
	at, ok := found.Version(version, stage)
	if !ok {
		return "", fmt.Errorf("ResourceNotFoundException: Secrets Manager can't find the specified secret value for %s", describe(version, stage))
	}
	value, err := v.SecretValue(found, at)
	if err != nil || key == "" {
		return string(value), err
	}
	return member(value, key)
}

// splitSecret takes the parts off the end of a secret's ARN.
func splitSecret(valueFrom string) (id, key, stage, version string) {
	parts := strings.Split(valueFrom, ":")
	const whole = 7 // arn:partition:secretsmanager:region:account:secret:name
	if !arn.Is(valueFrom) || len(parts) <= whole {
		return valueFrom, "", "", ""
	}
	rest := append(parts[whole:], "", "")
	return strings.Join(parts[:whole], ":"), rest[0], rest[1], rest[2]
}

func describe(version, stage string) string {
	if version != "" {
		return "VersionId: " + version
	}
	if stage == "" {
		stage = StageCurrent
	}
	return "staging label: " + stage
}

// member reads one member of a JSON object: a string as it is, anything else as
// JSON.
func member(value []byte, key string) (string, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(value, &object); err != nil {
		return "", fmt.Errorf("retrieved secret from Secrets Manager did not contain json key %s: it is not a JSON object", key)
	}
	raw, ok := object[key]
	if !ok {
		return "", fmt.Errorf("retrieved secret from Secrets Manager did not contain json key %s", key)
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, nil
	}
	return string(raw), nil
}
