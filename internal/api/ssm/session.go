package ssm

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/grue-ecs/grue/internal/console"
	"github.com/grue-ecs/grue/internal/wire"
)

// ResumeSession gives a client that lost its connection another token. For a
// session that has ended there is none, by which clients notice.
func (s *Service) ResumeSession(ctx context.Context, in *ssm.ResumeSessionInput) (*ssm.ResumeSessionOutput, error) {
	id, err := sessionID(in.SessionId)
	if err != nil {
		return nil, err
	}
	token, known := "", false
	if s.sessions != nil {
		token, known = s.sessions.Resume(scopeOf(ctx), id)
	}
	if !known {
		return nil, wire.Errorf("DoesNotExistException", "Session %s does not exist.", id)
	}
	out := &ssm.ResumeSessionOutput{SessionId: &id}
	if token != "" {
		out.TokenValue, out.StreamUrl = &token, aws.String(console.StreamURL(wire.CallerFrom(ctx).Endpoint, id))
	}
	return out, nil
}

// TerminateSession ends a session; one that has ended, or never was, has ended.
func (s *Service) TerminateSession(ctx context.Context, in *ssm.TerminateSessionInput) (*ssm.TerminateSessionOutput, error) {
	id, err := sessionID(in.SessionId)
	if err != nil {
		return nil, err
	}
	if s.sessions != nil {
		s.sessions.Terminate(scopeOf(ctx), id)
	}
	return &ssm.TerminateSessionOutput{SessionId: &id}, nil
}

func sessionID(given *string) (string, error) {
	id := aws.ToString(given)
	switch {
	case id == "":
		return "", violated("sessionId", "", "Member must have length greater than or equal to 1")
	case len(id) > 96:
		return "", violated("sessionId", id[:96], "Member must have length less than or equal to 96")
	}
	return id, nil
}
