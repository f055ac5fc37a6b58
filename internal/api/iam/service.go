package iam

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Options of New; Store is required.
type Options struct {
	Store *store.Store
	Now   func() time.Time
}

// Service is AWS IAM.
type Service struct {
	store *store.Store
	clock func() time.Time
}

// New returns the service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{store: o.Store, clock: o.Now}
}

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name:          "iam",
		Protocols:     []wire.Protocol{wire.Query},
		Version:       "2010-05-08",
		Namespace:     "https://iam.amazonaws.com/doc/2010-05-08/",
		InternalError: "ServiceFailure",
	}
}

// now is the time to the second, as IAM keeps it.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Second) }

// home is where the entities of a caller live.
type home struct{ account, partition string }

func homeOf(ctx context.Context) home {
	c := wire.CallerFrom(ctx)
	return home{account: c.Account, partition: arn.Partition(c.Region)}
}

// key is the store's id of an entity.
func (h home) key(name string) string { return h.account + "/" + strings.ToLower(name) }

// arn of an entity: kind "role", path "/", name "web".
func (h home) arn(kind, path, name string) string {
	return "arn:" + h.partition + ":iam::" + h.account + ":" + kind + path + name
}

// newID makes the unique id of an entity, which outlives its name: AROA… of
// roles, AIDA… of users, ANPA… of policies, AIPA… of profiles.
func newID(prefix string) string { return prefix + rand.Text()[:17] }

// encoded is how documents leave: percent-encoded by RFC 3986.
func encoded(document string) *string {
	return aws.String(strings.ReplaceAll(url.QueryEscape(document), "+", "%20"))
}

func noSuch(format string, args ...any) error {
	return wire.Errorf("NoSuchEntity", format, args...).WithStatus(http.StatusNotFound)
}

func exists(format string, args ...any) error {
	return wire.Errorf("EntityAlreadyExists", format, args...).WithStatus(http.StatusConflict)
}

func conflict(message string) error {
	return wire.Errorf("DeleteConflict", "%s", message).WithStatus(http.StatusConflict)
}

func limit(format string, args ...any) error {
	return wire.Errorf("LimitExceeded", format, args...).WithStatus(http.StatusConflict)
}

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationError", format, args...)
}

// listed is one page of a list.
type listed[T any] struct {
	items  []T
	marker *string
}

func (l listed[T]) more() bool { return l.marker != nil }

// page cuts a page out of items, which are sorted by key.
func page[T any](items []T, key func(T) string, marker *string, max *int32) (listed[T], error) {
	n := 0
	if max != nil {
		if *max < 1 {
			return listed[T]{}, invalid("1 validation error detected: Value '%d' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1", *max)
		}
		n = int(*max)
	}
	got, next, err := wire.PageBy(items, key, marker, n, 100, 1000)
	if err != nil {
		return listed[T]{}, wire.Recode(err, "ValidationError")
	}
	if got == nil {
		got = []T{}
	}
	return listed[T]{got, next}, nil
}
