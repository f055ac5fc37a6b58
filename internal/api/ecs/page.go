package ecs

import (
	"slices"

	"github.com/grue-ecs/grue/internal/wire"
)

// pageARNs sorts ARNs and cuts one page out of them.
func pageARNs(arns []string, token *string, max *int32, deflt int) ([]string, *string, error) {
	slices.Sort(arns)
	return pageBy(arns, func(s string) string { return s }, token, max, deflt)
}

// pageBy cuts one page out of items sorted by key. maxResults is 1 to 100.
func pageBy[T any](items []T, key func(T) string, token *string, max *int32, deflt int) ([]T, *string, error) {
	if max != nil && (*max < 1 || *max > 100) {
		return nil, nil, invalid("maxResults must be between 1 and 100; it was %d.", *max)
	}
	page, next, err := wire.PageBy(items, key, token, int(get(max)), deflt, 100)
	return list(page), next, err
}
