package ecr

import (
	"context"
	"encoding/base64"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/grue-ecs/grue/internal/wire"
)

// GetAuthorizationToken makes a token for docker login. Its proxyEndpoint is the
// address by which the client reached this server, which is where the registry
// is.
func (s *Service) GetAuthorizationToken(ctx context.Context, in *ecr.GetAuthorizationTokenInput) (*ecr.GetAuthorizationTokenOutput, error) {
	scope := scopeOf(ctx, nil)
	ids := in.RegistryIds //nolint:staticcheck // deprecated, and still sent
	if len(ids) == 0 {
		ids = []string{scope.Account}
	}
	if len(ids) > 10 {
		return nil, invalid("registryIds", "Member must have length less than or equal to 10")
	}
	out := &ecr.GetAuthorizationTokenOutput{}
	for _, id := range ids {
		scope.Account = id
		password, expires := s.registry.Token(scope)
		out.AuthorizationData = append(out.AuthorizationData, types.AuthorizationData{
			AuthorizationToken: aws.String(base64.StdEncoding.EncodeToString([]byte("AWS:" + password))),
			ExpiresAt:          aws.Time(expires),
			ProxyEndpoint:      aws.String(wire.CallerFrom(ctx).Endpoint),
		})
	}
	return out, nil
}
