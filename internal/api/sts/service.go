package sts

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/grue-ecs/grue/internal/wire"
)

// Role is what AssumeRole needs to know of a role of IAM.
type Role struct {
	ID         string // "AROA…"
	MaxSession time.Duration
}

// Options of New; Sessions is required.
type Options struct {
	Sessions Sessions
	// Role finds a role by account and name; nil knows none.
	Role func(account, name string) (Role, bool)
	// RequireRole refuses roles that Role does not know.
	RequireRole bool
	// AccountOf tells whose a long-term access key is; nil knows none.
	AccountOf func(accessKey string) (account string, ok bool)
	// VerifyToken checks a web identity token; nil believes none.
	VerifyToken func(ctx context.Context, token string) (Identity, error)
	// TrustLocalTokens believes unverified tokens from programs on this machine.
	TrustLocalTokens bool
	Now              func() time.Time
}

// Service is AWS STS.
type Service struct{ o Options }

// New returns the service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{o}
}

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name:      "sts",
		Protocols: []wire.Protocol{wire.Query},
		Version:   "2011-06-15",
		Namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		ErrorCode: errorCode,
		Unsigned:  []string{"AssumeRoleWithWebIdentity"},
	}
}

// errorCode: the codes of STS's model differ from its exceptions' names.
func errorCode(exception string) string {
	switch exception {
	case "IDPCommunicationErrorException":
		return "IDPCommunicationError"
	case "IDPRejectedClaimException":
		return "IDPRejectedClaim"
	case "InvalidIdentityTokenException":
		return "InvalidIdentityToken"
	}
	return exception // ExpiredTokenException keeps its suffix
}

// GetCallerIdentity needs no permission, in AWS as here.
func (s *Service) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	c := wire.CallerFrom(ctx)
	return &sts.GetCallerIdentityOutput{Account: &c.Account, Arn: &c.ARN, UserId: &c.UserID}, nil
}

// GetSessionToken gives the caller temporary credentials for itself.
func (s *Service) GetSessionToken(ctx context.Context, in *sts.GetSessionTokenInput) (*sts.GetSessionTokenOutput, error) {
	c := wire.CallerFrom(ctx)
	if strings.HasPrefix(c.AccessKey, "ASIA") {
		return nil, wire.Errorf("AccessDenied", "Cannot call GetSessionToken with session credentials").WithStatus(http.StatusForbidden)
	}
	life, err := duration(in.DurationSeconds, 12*time.Hour, 36*time.Hour)
	if err != nil {
		return nil, err
	}
	session := newSession(s.o.Now().Add(life))
	session.Account, session.ARN, session.UserID = c.Account, c.ARN, c.UserID
	if err := s.o.Sessions.Save(session); err != nil {
		return nil, err
	}
	return &sts.GetSessionTokenOutput{Credentials: session.credentials()}, nil
}

// GetAccessKeyInfo tells the account of an access key.
func (s *Service) GetAccessKeyInfo(ctx context.Context, in *sts.GetAccessKeyInfoInput) (*sts.GetAccessKeyInfoOutput, error) {
	key := aws.ToString(in.AccessKeyId)
	if key == "" {
		return nil, invalid("accessKeyId", "Member must not be null")
	}
	if c := wire.CallerFrom(ctx); c.AccessKey == key {
		return &sts.GetAccessKeyInfoOutput{Account: &c.Account}, nil
	}
	if session, ok := s.o.Sessions.Find(key); ok {
		return &sts.GetAccessKeyInfoOutput{Account: &session.Account}, nil
	}
	if s.o.AccountOf != nil {
		if account, ok := s.o.AccountOf(key); ok {
			return &sts.GetAccessKeyInfoOutput{Account: &account}, nil
		}
	}
	return nil, wire.Errorf("ValidationError", "Invalid AWS Access Key Id: %s", key)
}

func (s Session) credentials() *types.Credentials {
	return &types.Credentials{
		AccessKeyId:     &s.AccessKey,
		SecretAccessKey: &s.Secret,
		SessionToken:    &s.Token,
		Expiration:      &s.Expires,
	}
}

// duration reads DurationSeconds: from 15 minutes to longest.
func duration(seconds *int32, deflt, longest time.Duration) (time.Duration, error) {
	if seconds == nil {
		return deflt, nil
	}
	d := time.Duration(*seconds) * time.Second
	if d < 15*time.Minute {
		return 0, invalid("durationSeconds", "Member must have value greater than or equal to 900")
	}
	if d > longest {
		return 0, wire.Errorf("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role: at most %d.", int(longest.Seconds()))
	}
	return d, nil
}

// invalid is how AWS words one broken constraint.
func invalid(member, constraint string) error {
	return wire.Errorf("ValidationError", "1 validation error detected: Value at '%s' failed to satisfy constraint: %s", member, constraint)
}
