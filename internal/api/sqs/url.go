package sqs

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/wire"
)

// urlOf is the URL of a queue at the address by which the client reached grue.
func urlOf(ctx context.Context, q *queue.Queue) *string {
	return aws.String(wire.CallerFrom(ctx).Endpoint + "/" + q.Account + "/" + q.Name)
}

var account = regexp.MustCompile(`^[0-9]{12}$`)

// locate reads the URL of a queue. Of it only the path counts: /account/name. A
// bare name is a queue of the caller, as some clients have it.
func locate(ctx context.Context, text *string) (s arn.Scope, name string, err error) {
	if aws.ToString(text) == "" {
		return s, "", missing("QueueUrl")
	}
	s = scopeOf(ctx)
	u, err := url.Parse(*text)
	if err != nil {
		return s, "", invalidAddress(*text)
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	switch {
	case len(parts) == 2 && account.MatchString(parts[0]) && parts[1] != "":
		s.Account = parts[0]
		return s, parts[1], nil
	case len(parts) == 1 && parts[0] != "" && u.Host == "":
		return s, parts[0], nil
	}
	return s, "", invalidAddress(*text)
}
