package sts

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/wire"
)

var sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// AssumeRole gives the caller temporary credentials of a role.
func (s *Service) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	longest := time.Duration(0)
	if strings.HasPrefix(wire.CallerFrom(ctx).AccessKey, "ASIA") {
		longest = time.Hour // role chaining
	}
	a, err := s.assume(ctx, in.RoleArn, in.RoleSessionName, in.DurationSeconds, longest, "sts:AssumeRole")
	if err != nil {
		return nil, err
	}
	return &sts.AssumeRoleOutput{
		AssumedRoleUser:  a.user,
		Credentials:      a.session.credentials(),
		PackedPolicySize: packed(in.Policy),
		SourceIdentity:   in.SourceIdentity,
	}, nil
}

// assumed is a new session of a role.
type assumed struct {
	session Session
	user    *types.AssumedRoleUser
}

// assume makes and saves the session; longest 0 is the role's own maximum.
func (s *Service) assume(ctx context.Context, roleARN, name *string, seconds *int32, longest time.Duration, action string) (assumed, error) {
	if !sessionName.MatchString(aws.ToString(name)) {
		return assumed{}, invalid("roleSessionName", `Member must satisfy regular expression pattern: [\w+=,.@-]{2,64}`)
	}
	a, ok := arn.Parse(aws.ToString(roleARN))
	path, isRole := strings.CutPrefix(a.Resource, "role/")
	if !ok || !isRole || a.Service != "iam" || a.Account == "" {
		return assumed{}, wire.Errorf("ValidationError", "%s is invalid: give the ARN of a role, arn:aws:iam::<account>:role/<name>.", aws.ToString(roleARN))
	}
	roleName := arn.Name(path)
	role, err := s.role(ctx, a.Account, roleName, *roleARN, action)
	if err != nil {
		return assumed{}, err
	}
	if longest == 0 || role.MaxSession < longest {
		longest = role.MaxSession
	}
	life, err := duration(seconds, min(time.Hour, longest), longest)
	if err != nil {
		return assumed{}, err
	}
	session := newSession(s.o.Now().Add(life))
	session.Account = a.Account
	session.ARN = "arn:" + a.Partition + ":sts::" + a.Account + ":assumed-role/" + roleName + "/" + *name
	session.UserID = role.ID + ":" + *name
	if err := s.o.Sessions.Save(session); err != nil {
		return assumed{}, err
	}
	return assumed{session, &types.AssumedRoleUser{Arn: &session.ARN, AssumedRoleId: &session.UserID}}, nil
}

// role finds the role or, unless it must exist, invents one whose id is always
// the same.
func (s *Service) role(ctx context.Context, account, name, roleARN, action string) (Role, error) {
	if s.o.Role != nil {
		if r, ok := s.o.Role(account, name); ok {
			if r.MaxSession == 0 {
				r.MaxSession = time.Hour
			}
			return r, nil
		}
	}
	if s.o.RequireRole {
		who := wire.CallerFrom(ctx).ARN
		if who == "" {
			return Role{}, wire.Errorf("AccessDenied", "Not authorized to perform %s", action).WithStatus(http.StatusForbidden)
		}
		return Role{}, wire.Errorf("AccessDenied", "User: %s is not authorized to perform: %s on resource: %s", who, action, roleARN).WithStatus(http.StatusForbidden)
	}
	sum := sha256.Sum256([]byte(roleARN))
	return Role{ID: "AROA" + base32.StdEncoding.EncodeToString(sum[:])[:17], MaxSession: 12 * time.Hour}, nil
}

// packed is how much of the size limit of 2048 bytes a session policy takes, in
// percent.
func packed(policy *string) *int32 {
	if policy == nil {
		return nil
	}
	return aws.Int32(int32((len(*policy)*100 + 2047) / 2048))
}
