package eventbridge

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/bus"
	"github.com/grue-ecs/grue/internal/store"
)

// UpdateConnection changes what is given; secrets that are left out stay.
func (s *Service) UpdateConnection(ctx context.Context, in *eventbridge.UpdateConnectionInput) (*eventbridge.UpdateConnectionOutput, error) {
	if in.InvocationConnectivityParameters != nil {
		return nil, invalid("grue has no VPC Lattice for private connections; leave out InvocationConnectivityParameters.")
	}
	out := &eventbridge.UpdateConnectionOutput{ConnectionState: types.ConnectionStateAuthorized}
	err := s.store.Update(func(tx *store.Tx) error {
		old, err := findConnection(tx, scopeOf(ctx), in.Name)
		if err != nil {
			return err
		}
		auth, err := s.router.Auth(old)
		if err != nil {
			return err
		}
		next := *old
		next.Modified = s.now()
		if in.Description != nil {
			next.Description = *in.Description
		}
		if in.AuthorizationType != "" {
			next.Kind = in.AuthorizationType
		}
		if in.AuthParameters != nil {
			auth = merged(auth, in.AuthParameters)
		}
		if err := checkAuth(next.Kind, auth); err != nil {
			return err
		}
		if err := s.router.Seal(&next, auth); err != nil {
			return err
		}
		bus.PutConnection(tx, &next)
		out.ConnectionArn, out.CreationTime, out.LastModifiedTime, out.LastAuthorizedTime = aws.String(next.ARN()), &next.Created, &next.Modified, &next.Modified
		return nil
	})
	return out, err
}

// merged is old with what an update gives.
func merged(old *bus.Auth, in *types.UpdateConnectionAuthRequestParameters) *bus.Auth {
	next := &bus.Auth{ConnectivityParameters: in.ConnectivityParameters, InvocationHttpParameters: or(in.InvocationHttpParameters, old.InvocationHttpParameters)}
	if p := in.ApiKeyAuthParameters; p != nil {
		was := value(old.ApiKeyAuthParameters)
		next.ApiKeyAuthParameters = &types.CreateConnectionApiKeyAuthRequestParameters{
			ApiKeyName: or(p.ApiKeyName, was.ApiKeyName), ApiKeyValue: or(p.ApiKeyValue, was.ApiKeyValue),
		}
	} else {
		next.ApiKeyAuthParameters = old.ApiKeyAuthParameters
	}
	if p := in.BasicAuthParameters; p != nil {
		was := value(old.BasicAuthParameters)
		next.BasicAuthParameters = &types.CreateConnectionBasicAuthRequestParameters{
			Username: or(p.Username, was.Username), Password: or(p.Password, was.Password),
		}
	} else {
		next.BasicAuthParameters = old.BasicAuthParameters
	}
	next.OAuthParameters = mergedOAuth(old.OAuthParameters, in.OAuthParameters)
	return next
}

func mergedOAuth(old *types.CreateConnectionOAuthRequestParameters, in *types.UpdateConnectionOAuthRequestParameters) *types.CreateConnectionOAuthRequestParameters {
	if in == nil {
		return old
	}
	was := value(old)
	next := &types.CreateConnectionOAuthRequestParameters{
		AuthorizationEndpoint: or(in.AuthorizationEndpoint, was.AuthorizationEndpoint), HttpMethod: in.HttpMethod,
		OAuthHttpParameters: or(in.OAuthHttpParameters, was.OAuthHttpParameters), ClientParameters: was.ClientParameters,
	}
	if next.HttpMethod == "" {
		next.HttpMethod = was.HttpMethod
	}
	if c := in.ClientParameters; c != nil {
		client := value(was.ClientParameters)
		next.ClientParameters = &types.CreateConnectionOAuthClientRequestParameters{
			ClientID: or(c.ClientID, client.ClientID), ClientSecret: or(c.ClientSecret, client.ClientSecret),
		}
	}
	return next
}

// or is the first that is there.
func or[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

// value is what p points at, or the zero value.
func value[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}
