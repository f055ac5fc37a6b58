package eventbridge

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/bus"
	"github.com/grue-ecs/grue/internal/store"
)

var connectionName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// CreateConnection makes a connection, which is authorized at once.
func (s *Service) CreateConnection(ctx context.Context, in *eventbridge.CreateConnectionInput) (*eventbridge.CreateConnectionOutput, error) {
	name := get(in.Name)
	switch {
	case !connectionName.MatchString(name):
		return nil, violated("name", name, "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+ and have 1 to 64 characters")
	case in.InvocationConnectivityParameters != nil:
		return nil, invalid("grue has no VPC Lattice for private connections; leave out InvocationConnectivityParameters.")
	case in.AuthParameters == nil:
		return nil, violated("authParameters", "null", "Member must not be null")
	}
	if err := checkAuth(in.AuthorizationType, in.AuthParameters); err != nil {
		return nil, err
	}
	now := s.now()
	c := &bus.Connection{
		Scope: scopeOf(ctx), Name: name, ID: store.NewUUID(), Description: get(in.Description), Kind: in.AuthorizationType, Created: now, Modified: now,
	}
	if err := s.router.Seal(c, in.AuthParameters); err != nil {
		return nil, err
	}
	err := s.store.Update(func(tx *store.Tx) error {
		if _, ok := bus.FindConnection(tx, c.Scope, name); ok {
			return exists("Connection %s already exists.", name)
		}
		bus.PutConnection(tx, c)
		return nil
	})
	return &eventbridge.CreateConnectionOutput{
		ConnectionArn: aws.String(c.ARN()), ConnectionState: types.ConnectionStateAuthorized, CreationTime: &now, LastModifiedTime: &now,
	}, err
}

// checkAuth wants what the kind of authorization needs.
func checkAuth(kind types.ConnectionAuthorizationType, a *bus.Auth) error {
	if a.ConnectivityParameters != nil {
		return invalid("grue has no VPC Lattice for private connections; leave out ConnectivityParameters.")
	}
	missing := func(member string) error {
		return invalid("Parameter AuthParameters is not valid. Reason: the authorization type %s needs %s.", kind, member)
	}
	switch kind {
	case types.ConnectionAuthorizationTypeApiKey:
		if p := a.ApiKeyAuthParameters; p == nil || get(p.ApiKeyName) == "" || get(p.ApiKeyValue) == "" {
			return missing("ApiKeyAuthParameters with ApiKeyName and ApiKeyValue")
		}
	case types.ConnectionAuthorizationTypeBasic:
		if p := a.BasicAuthParameters; p == nil || get(p.Username) == "" || get(p.Password) == "" {
			return missing("BasicAuthParameters with Username and Password")
		}
	case types.ConnectionAuthorizationTypeOauthClientCredentials:
		p := a.OAuthParameters
		if p == nil || p.ClientParameters == nil || get(p.ClientParameters.ClientID) == "" || get(p.ClientParameters.ClientSecret) == "" || p.HttpMethod == "" {
			return missing("OAuthParameters with AuthorizationEndpoint, HttpMethod and ClientParameters")
		}
		return checkURL("AuthorizationEndpoint", get(p.AuthorizationEndpoint))
	default:
		return violated("authorizationType", kind, "Member must satisfy enum value set: [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]")
	}
	return nil
}

// checkURL wants an absolute HTTP URL. AWS takes https only; here an endpoint may
// be a task on the same machine.
func checkURL(member, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return invalid("Parameter %s is not valid. Reason: %q is no URL that begins with https:// or http://.", member, value)
	}
	return nil
}

func findConnection(tx *store.Tx, s arn.Scope, name *string) (*bus.Connection, error) {
	c, ok := bus.FindConnection(tx, s, get(name))
	if !ok {
		return nil, notFound("Failed to describe the connection(s). Connection '%s' does not exist.", get(name))
	}
	return c, nil
}

// DescribeConnection shows a connection without its secrets.
func (s *Service) DescribeConnection(ctx context.Context, in *eventbridge.DescribeConnectionInput) (out *eventbridge.DescribeConnectionOutput, err error) {
	s.store.View(func(tx *store.Tx) {
		var c *bus.Connection
		if c, err = findConnection(tx, scopeOf(ctx), in.Name); err == nil {
			shown := c.Shown.V
			out = &eventbridge.DescribeConnectionOutput{
				Name: &c.Name, ConnectionArn: aws.String(c.ARN()), Description: text(c.Description), AuthorizationType: c.Kind,
				AuthParameters: &shown, ConnectionState: types.ConnectionStateAuthorized,
				CreationTime: &c.Created, LastModifiedTime: &c.Modified, LastAuthorizedTime: &c.Modified,
			}
		}
	})
	return out, err
}

// ListConnections lists connections by name.
func (s *Service) ListConnections(ctx context.Context, in *eventbridge.ListConnectionsInput) (*eventbridge.ListConnectionsOutput, error) {
	var all []*bus.Connection
	s.store.View(func(tx *store.Tx) {
		for _, c := range bus.Connections(tx, scopeOf(ctx)) {
			if strings.HasPrefix(c.Name, get(in.NamePrefix)) && (in.ConnectionState == "" || in.ConnectionState == types.ConnectionStateAuthorized) {
				all = append(all, c)
			}
		}
	})
	some, next, err := page(all, func(c *bus.Connection) string { return c.Name }, in.NextToken, in.Limit)
	out := &eventbridge.ListConnectionsOutput{Connections: []types.Connection{}, NextToken: next}
	for _, c := range some {
		out.Connections = append(out.Connections, types.Connection{
			Name: &c.Name, ConnectionArn: aws.String(c.ARN()), AuthorizationType: c.Kind, ConnectionState: types.ConnectionStateAuthorized,
			CreationTime: &c.Created, LastModifiedTime: &c.Modified, LastAuthorizedTime: &c.Modified,
		})
	}
	return out, err
}

// DeleteConnection removes a connection.
func (s *Service) DeleteConnection(ctx context.Context, in *eventbridge.DeleteConnectionInput) (*eventbridge.DeleteConnectionOutput, error) {
	out := &eventbridge.DeleteConnectionOutput{ConnectionState: types.ConnectionStateDeleting}
	err := s.store.Update(func(tx *store.Tx) error {
		c, err := findConnection(tx, scopeOf(ctx), in.Name)
		if err != nil {
			return err
		}
		bus.DeleteConnection(tx, c)
		out.ConnectionArn, out.CreationTime, out.LastModifiedTime = aws.String(c.ARN()), &c.Created, &c.Modified
		return nil
	})
	return out, err
}
