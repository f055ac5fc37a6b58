package secret

import (
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Parameter is a parameter of SSM Parameter Store.
type Parameter struct {
	arn.Scope
	Name     string
	Type     string // String, StringList or SecureString
	Tags     map[string]string
	Versions []ParameterVersion // oldest first; at least one
}

// ParameterVersion is what one PutParameter wrote.
type ParameterVersion struct {
	Version     int64
	Value       string `json:",omitempty"`
	Sealed      []byte `json:",omitempty"` // instead of Value, for SecureString
	Labels      []string
	KeyID       string
	Description string
	Pattern     string
	Tier        string
	DataType    string
	Policies    string
	By          string // ARN of who wrote it
	At          time.Time
}

var parameters = store.NewTable[Parameter]("ssmparameter")

func parameterKey(s arn.Scope, name string) string { return s.Key(url.PathEscape(name)) }

// GetParameter finds a parameter by its full name.
func GetParameter(tx *store.Tx, s arn.Scope, name string) (*Parameter, bool) {
	return parameters.Get(tx, parameterKey(s, name))
}

// PutParameter writes a parameter.
func PutParameter(tx *store.Tx, p *Parameter) { parameters.Put(tx, parameterKey(p.Scope, p.Name), p) }

// DeleteParameter removes a parameter.
func DeleteParameter(tx *store.Tx, s arn.Scope, name string) {
	parameters.Delete(tx, parameterKey(s, name))
}

// Parameters walks the parameters of a scope whose names begin with prefix.
func Parameters(tx *store.Tx, s arn.Scope, prefix string) iter.Seq2[string, *Parameter] {
	return parameters.Prefix(tx, parameterKey(s, prefix))
}

// ARN of the parameter: a leading slash of the name is the one after
// "parameter".
func (p *Parameter) ARN() string {
	return arn.Make("ssm", p.Region, p.Account, "parameter/"+strings.TrimPrefix(p.Name, "/"))
}

// Latest is the newest version.
func (p *Parameter) Latest() *ParameterVersion { return &p.Versions[len(p.Versions)-1] }

// Select finds a version by selector: "" (the newest), a number or a label.
func (p *Parameter) Select(selector string) (*ParameterVersion, bool) {
	if selector == "" {
		return p.Latest(), true
	}
	n, err := strconv.ParseInt(selector, 10, 64)
	for i := range p.Versions {
		v := &p.Versions[i]
		if err == nil && v.Version == n || err != nil && slices.Contains(v.Labels, selector) {
			return v, true
		}
	}
	return nil, false
}

// Clone is a copy that may be changed.
func (p *Parameter) Clone() *Parameter {
	c := *p
	c.Tags = make(map[string]string, len(p.Tags))
	for k, v := range p.Tags {
		c.Tags[k] = v
	}
	c.Versions = slices.Clone(p.Versions)
	for i := range c.Versions {
		c.Versions[i].Labels = slices.Clone(c.Versions[i].Labels)
	}
	return &c
}

// sealID binds the value of a version to its parameter.
func (p *Parameter) sealID(version int64) string {
	return "parameter " + parameterKey(p.Scope, p.Name) + " " + strconv.FormatInt(version, 10)
}

// SealParameter encrypts the value of a version of p.
func (v *Vault) SealParameter(p *Parameter, version int64, value string) []byte {
	return v.Seal(p.sealID(version), []byte(value))
}

// ParameterValue is the value of a version of p, decrypted if need be.
func (v *Vault) ParameterValue(p *Parameter, version *ParameterVersion) (string, error) {
	if version.Sealed == nil {
		return version.Value, nil
	}
	value, err := v.Open(p.sealID(version.Version), version.Sealed)
	return string(value), err
}

// ParameterName reads what clients may say instead of a name: a name, or an
// ARN, each with an optional ":version" or ":label" behind it. Of an ARN, scope
// says where it points.
func ParameterName(s arn.Scope, text string) (scope arn.Scope, name, selector string, ok bool) {
	scope = s
	if arn.Is(text) {
		a, good := arn.Parse(text)
		rest, isParameter := strings.CutPrefix(a.Resource, "parameter/")
		if !good || a.Service != "ssm" || !isParameter {
			return s, "", "", false
		}
		scope = arn.Scope{Account: a.Account, Region: a.Region}
		text = rest
		// "a/b" stands for "/a/b"; "a" may be "a" or "/a".
		if name, _, _ := strings.Cut(rest, ":"); strings.Contains(name, "/") {
			text = "/" + rest
		}
	}
	name, selector, _ = strings.Cut(text, ":")
	return scope, name, selector, name != ""
}

// FindParameter finds what ParameterName read.
func FindParameter(tx *store.Tx, s arn.Scope, text string) (p *Parameter, selector string, ok bool) {
	scope, name, selector, ok := ParameterName(s, text)
	if !ok {
		return nil, "", false
	}
	p, ok = GetParameter(tx, scope, name)
	if !ok && arn.Is(text) && !strings.HasPrefix(name, "/") {
		p, ok = GetParameter(tx, scope, "/"+name)
	}
	return p, selector, ok
}
