package servicediscovery

import (
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/wire"
)

// maxPage is the largest and the usual page of lists.
const maxPage = 100

// filter is a filter of a list.
type filter struct {
	name, condition string
	values          []string
}

// field is what a filter can look at.
type field[T any] struct {
	conditions []string // that it takes
	of         func(T) string
}

// compile turns filters into a test that an item must pass.
func compile[T any](filters []filter, fields map[string]field[T]) (func(T) bool, error) {
	for i := range filters {
		f := &filters[i]
		known, ok := fields[f.name]
		if !ok {
			return nil, invalid("A filter has the unknown name %q.", f.name)
		}
		if f.condition == "" {
			f.condition = "EQ"
		}
		if !slices.Contains(known.conditions, f.condition) {
			return nil, invalid("The filter %s does not take the condition %q, but %s.", f.name, f.condition, strings.Join(known.conditions, " and "))
		}
		if len(f.values) == 0 || f.condition != "IN" && len(f.values) != 1 {
			return nil, invalid("The filter %s with the condition %s takes one value; it had %d.", f.name, f.condition, len(f.values))
		}
	}
	return func(item T) bool {
		return !slices.ContainsFunc(filters, func(f filter) bool {
			value := fields[f.name].of(item)
			if f.condition == "BEGINS_WITH" {
				return !strings.HasPrefix(value, f.values[0])
			}
			return !slices.Contains(f.values, value)
		})
	}, nil
}

// list cuts a page out of the items that pass a test. key gives their order.
func list[T any](all iter.Seq2[string, T], keep func(T) bool, key func(T) string, token *string, most *int32) (page []T, next *string, err error) {
	if most != nil && (*most < 1 || *most > maxPage) {
		return nil, nil, invalid("MaxResults must be between 1 and %d; it was %d.", maxPage, *most)
	}
	var items []T
	for _, item := range all {
		if keep(item) {
			items = append(items, item)
		}
	}
	page, next, err = wire.PageBy(items, key, token, int(aws.ToInt32(most)), maxPage, maxPage)
	return page, next, wire.Recode(err, "InvalidInput")
}
