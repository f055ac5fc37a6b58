package autoscaling

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/scale"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// subject is what most requests are about.
type subject struct {
	namespace types.ServiceNamespace
	resource  string
	dimension types.ScalableDimension
}

// about checks the three members that name a scalable target.
func about(namespace types.ServiceNamespace, resource *string, dimension types.ScalableDimension) (subject, error) {
	q := subject{namespace, get(resource), dimension}
	if err := checkNamespace(namespace); err != nil {
		return q, err
	}
	switch {
	case q.resource == "":
		return q, absent("resourceId")
	case len(q.resource) > 1600:
		return q, violated("resourceId", "…", "Member must have length less than or equal to 1600")
	case dimension == "":
		return q, absent("scalableDimension")
	}
	if err := checkDimension(dimension); err != nil {
		return q, err
	}
	_, _, ok := scale.Split(q.resource)
	if !ok || namespace != types.ServiceNamespaceEcs || dimension != types.ScalableDimensionECSServiceDesiredCount {
		return q, invalid("Unsupported service namespace, resource type or scalable dimension: grue scales resources service/cluster-name/service-name of ecs by ecs:service:DesiredCount.")
	}
	return q, nil
}

func checkNamespace(n types.ServiceNamespace) error {
	switch {
	case n == "":
		return absent("serviceNamespace")
	case !slices.Contains(n.Values(), n):
		return violated("serviceNamespace", n, "Member must satisfy enum value set: "+list(n.Values()))
	}
	return nil
}

func checkDimension(d types.ScalableDimension) error {
	if d != "" && !slices.Contains(d.Values(), d) {
		return violated("scalableDimension", d, "Member must satisfy enum value set: "+list(d.Values()))
	}
	return nil
}

func list[T ~string](values []T) string {
	out := "["
	for i, v := range values {
		if i > 0 {
			out += ", "
		}
		out += string(v)
	}
	return out + "]"
}

// wanted is the filter of a request that lists.
type wanted struct {
	subject
	resources []string
	names     []string
}

// want checks the members that requests which list have in common. In a namespace
// that grue does not scale there is nothing.
func want(namespace types.ServiceNamespace, resources []string, dimension types.ScalableDimension, names []string) (wanted, error) {
	w := wanted{subject{namespace: namespace, dimension: dimension}, resources, names}
	if err := checkNamespace(namespace); err != nil {
		return w, err
	}
	if err := checkDimension(dimension); err != nil {
		return w, err
	}
	switch {
	case dimension != "" && len(resources) == 0:
		return w, invalid("A scalable dimension goes with a resource ID: specify both, or neither.")
	case len(resources) > 50 || len(names) > 50:
		return w, invalid("A request can ask for at most 50 resource IDs or names.")
	}
	return w, nil
}

// one makes a list of an optional resource.
func one(resource *string) []string {
	if resource == nil {
		return nil
	}
	return []string{*resource}
}

func (w *wanted) has(resource, name string) bool {
	return w.namespace == types.ServiceNamespaceEcs && (w.dimension == "" || w.dimension == types.ScalableDimensionECSServiceDesiredCount) &&
		(len(w.resources) == 0 || slices.Contains(w.resources, resource)) && (len(w.names) == 0 || slices.Contains(w.names, name))
}

// page cuts a page out of items that are sorted by key.
func page[T any](items []T, key func(T) string, token *string, size *int32) ([]T, *string, error) {
	if size != nil && (*size < 1 || *size > 50) {
		return nil, nil, violated("maxResults", *size, "Member must have value between 1 and 50")
	}
	got, next, err := wire.PageBy(items, key, token, int(get(size)), 50, 50)
	if err != nil {
		return nil, nil, wire.Errorf("InvalidNextTokenException", "The next token is not valid: pass the token of the previous page unchanged.")
	}
	return got, next, nil
}

// find returns the target of a subject.
func find(tx *store.Tx, s arn.Scope, q subject) (*scale.Target, error) {
	t, ok := scale.Targets.Get(tx, s.Key(q.resource))
	if !ok {
		return nil, notFound("scalable target registered", q)
	}
	return t, nil
}
