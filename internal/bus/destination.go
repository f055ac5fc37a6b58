package bus

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Connection says how to prove to an HTTP endpoint who calls.
type Connection struct {
	arn.Scope
	Name, ID, Description string
	Kind                  types.ConnectionAuthorizationType
	Secret                []byte                                              // Auth as JSON, sealed
	Shown                 wire.Stored[types.ConnectionAuthResponseParameters] // Auth without its secrets
	Created, Modified     time.Time
}

// Auth is what a connection knows.
type Auth = types.CreateConnectionAuthRequestParameters

// Destination is an HTTP endpoint as a target.
type Destination struct {
	arn.Scope
	Name, ID, Description string
	Connection            string // name
	Method                types.ApiDestinationHttpMethod
	Endpoint              string
	Rate                  int32 // calls a second
	Created, Modified     time.Time
}

// Tables by account/region/name.
var (
	connections  = store.NewTable[Connection]("events.connection")
	destinations = store.NewTable[Destination]("events.destination")
)

// ARN of the connection.
func (c *Connection) ARN() string {
	return arn.Make("events", c.Region, c.Account, "connection/"+c.Name+"/"+c.ID)
}

// ARN of the API destination.
func (d *Destination) ARN() string {
	return arn.Make("events", d.Region, d.Account, "api-destination/"+d.Name+"/"+d.ID)
}

// Seal puts what a connection knows into it, encrypted.
func (r *Router) Seal(c *Connection, a *Auth) error {
	doc, err := json.Marshal(wire.Stored[Auth]{V: *a})
	if err != nil {
		return err
	}
	c.Secret = r.opts.Vault.Seal(c.ARN(), doc)
	c.Shown.V = shownAuth(a)
	return nil
}

// Auth is what Seal put there.
func (r *Router) Auth(c *Connection) (*Auth, error) {
	doc, err := r.opts.Vault.Open(c.ARN(), c.Secret)
	if err != nil {
		return nil, err
	}
	var a wire.Stored[Auth]
	err = json.Unmarshal(doc, &a)
	return &a.V, err
}

// shownAuth leaves out passwords, keys and values that are secret.
func shownAuth(a *Auth) types.ConnectionAuthResponseParameters {
	out := types.ConnectionAuthResponseParameters{InvocationHttpParameters: shownParameters(a.InvocationHttpParameters)}
	if p := a.ApiKeyAuthParameters; p != nil {
		out.ApiKeyAuthParameters = &types.ConnectionApiKeyAuthResponseParameters{ApiKeyName: p.ApiKeyName}
	}
	if p := a.BasicAuthParameters; p != nil {
		out.BasicAuthParameters = &types.ConnectionBasicAuthResponseParameters{Username: p.Username}
	}
	if p := a.OAuthParameters; p != nil {
		o := &types.ConnectionOAuthResponseParameters{
			AuthorizationEndpoint: p.AuthorizationEndpoint, HttpMethod: p.HttpMethod, OAuthHttpParameters: shownParameters(p.OAuthHttpParameters),
		}
		if p.ClientParameters != nil {
			o.ClientParameters = &types.ConnectionOAuthClientResponseParameters{ClientID: p.ClientParameters.ClientID}
		}
		out.OAuthParameters = o
	}
	return out
}

func shownParameters(p *types.ConnectionHttpParameters) *types.ConnectionHttpParameters {
	if p == nil {
		return nil
	}
	out := &types.ConnectionHttpParameters{}
	for _, x := range p.BodyParameters {
		if x.IsValueSecret {
			x.Value = nil
		}
		out.BodyParameters = append(out.BodyParameters, x)
	}
	for _, x := range p.HeaderParameters {
		if x.IsValueSecret {
			x.Value = nil
		}
		out.HeaderParameters = append(out.HeaderParameters, x)
	}
	for _, x := range p.QueryStringParameters {
		if x.IsValueSecret {
			x.Value = nil
		}
		out.QueryStringParameters = append(out.QueryStringParameters, x)
	}
	return out
}

// FindConnection returns a connection, which must not be changed.
func FindConnection(tx *store.Tx, s arn.Scope, name string) (*Connection, bool) {
	return connections.Get(tx, s.Key(name))
}

// ConnectionNamed reads the ARN of a connection.
func ConnectionNamed(tx *store.Tx, text string) (*Connection, bool) {
	s, name, id, ok := parseNamed(text, "connection")
	if !ok {
		return nil, false
	}
	c, ok := connections.Get(tx, s.Key(name))
	return c, ok && (id == "" || c.ID == id)
}

// Connections lists those of a scope by name.
func Connections(tx *store.Tx, s arn.Scope) (out []*Connection) {
	for _, c := range connections.Prefix(tx, s.Key("")) {
		out = append(out, c)
	}
	return out
}

// PutConnection writes a connection.
func PutConnection(tx *store.Tx, c *Connection) { connections.Put(tx, c.Key(c.Name), c) }

// DeleteConnection removes a connection. Its API destinations stay and fail, as in
// AWS.
func DeleteConnection(tx *store.Tx, c *Connection) { connections.Delete(tx, c.Key(c.Name)) }

// FindDestination returns an API destination, which must not be changed.
func FindDestination(tx *store.Tx, s arn.Scope, name string) (*Destination, bool) {
	return destinations.Get(tx, s.Key(name))
}

// DestinationNamed reads the ARN of an API destination.
func DestinationNamed(tx *store.Tx, text string) (*Destination, bool) {
	s, name, id, ok := parseNamed(text, "api-destination")
	if !ok {
		return nil, false
	}
	d, ok := destinations.Get(tx, s.Key(name))
	return d, ok && (id == "" || d.ID == id)
}

// Destinations lists those of a scope by name.
func Destinations(tx *store.Tx, s arn.Scope) (out []*Destination) {
	for _, d := range destinations.Prefix(tx, s.Key("")) {
		out = append(out, d)
	}
	return out
}

// PutDestination writes an API destination.
func PutDestination(tx *store.Tx, d *Destination) { destinations.Put(tx, d.Key(d.Name), d) }

// DeleteDestination removes an API destination.
func DeleteDestination(tx *store.Tx, d *Destination) { destinations.Delete(tx, d.Key(d.Name)) }

// parseNamed reads ARNs of the form kind/name/id.
func parseNamed(text, kind string) (s arn.Scope, name, id string, ok bool) {
	a, ok := arn.Parse(text)
	if !ok || a.Service != "events" {
		return s, "", "", false
	}
	rest, ok := strings.CutPrefix(a.Resource, kind+"/")
	name, id, _ = strings.Cut(rest, "/")
	return arn.Scope{Account: a.Account, Region: a.Region}, name, id, ok
}
