package sts

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/grue-ecs/grue/internal/wire"
)

// Identity is what a web identity token says of its owner.
type Identity struct {
	Issuer   string // "https://token.actions.githubusercontent.com"
	Subject  string
	Audience string
	Expires  time.Time // zero: never
}

// AssumeRoleWithWebIdentity trades a token of an OpenID Connect provider for
// credentials of a role. It is not signed: the token is the proof.
func (s *Service) AssumeRoleWithWebIdentity(ctx context.Context, in *sts.AssumeRoleWithWebIdentityInput) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	who, err := s.identity(ctx, aws.ToString(in.WebIdentityToken))
	if err != nil {
		return nil, err
	}
	a, err := s.assume(ctx, in.RoleArn, in.RoleSessionName, in.DurationSeconds, 0, "sts:AssumeRoleWithWebIdentity")
	if err != nil {
		return nil, err
	}
	return &sts.AssumeRoleWithWebIdentityOutput{
		AssumedRoleUser:             a.user,
		Credentials:                 a.session.credentials(),
		Audience:                    &who.Audience,
		Provider:                    &who.Issuer,
		SubjectFromWebIdentityToken: &who.Subject,
		PackedPolicySize:            packed(in.Policy),
	}, nil
}

// identity decides whether to believe the token.
func (s *Service) identity(ctx context.Context, token string) (Identity, error) {
	if token == "" {
		return Identity{}, invalid("webIdentityToken", "Member must not be null")
	}
	if s.o.VerifyToken != nil {
		who, err := s.o.VerifyToken(ctx, token)
		if err != nil {
			return Identity{}, badToken("the provider's keys do not confirm it: " + err.Error())
		}
		return s.notExpired(who)
	}
	if !s.o.TrustLocalTokens || !wire.CallerFrom(ctx).Local {
		return Identity{}, badToken("No OpenIDConnect provider found in your account that could confirm it.")
	}
	who, ok := readToken(token)
	if !ok {
		return Identity{}, badToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	return s.notExpired(who)
}

func (s *Service) notExpired(who Identity) (Identity, error) {
	if !who.Expires.IsZero() && !s.o.Now().Before(who.Expires) {
		return Identity{}, wire.Errorf("ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time %d", who.Expires.Unix())
	}
	return who, nil
}

func badToken(why string) error {
	return wire.Errorf("InvalidIdentityTokenException", "The web identity token is not accepted: %s", why)
}

// readToken reads the claims of a JWT without checking its signature.
func readToken(token string) (Identity, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Identity{}, false
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return Identity{}, false
	}
	var claims struct {
		Iss, Sub string
		Aud      json.RawMessage
		Exp      float64
	}
	if json.Unmarshal(text, &claims) != nil || claims.Sub == "" {
		return Identity{}, false
	}
	who := Identity{Issuer: claims.Iss, Subject: claims.Sub}
	var several []string
	if json.Unmarshal(claims.Aud, &who.Audience) != nil && json.Unmarshal(claims.Aud, &several) == nil && len(several) > 0 {
		who.Audience = several[0]
	}
	if claims.Exp > 0 && claims.Exp < 1<<40 {
		who.Expires = time.Unix(int64(claims.Exp), 0)
	}
	return who, true
}
