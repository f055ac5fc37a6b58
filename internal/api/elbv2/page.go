package elbv2

import "github.com/grue-ecs/grue/internal/wire"

// page cuts one page: PageSize is 1 to 400.
func page[T any](items []T, key func(T) string, marker *string, size *int32) ([]T, *string, error) {
	if size != nil && (*size < 1 || *size > 400) {
		return nil, nil, invalid("Page size must be between 1 and 400")
	}
	out, next, err := wire.PageBy(items, key, marker, int(get(size)), 400, 400)
	if err != nil {
		return nil, nil, invalid("The marker is not valid: pass the NextMarker of the previous answer unchanged")
	}
	return out, next, nil
}

// pageInOrder is page for items whose order is not that of a key.
func pageInOrder[T any](items []T, marker *string, size *int32) ([]T, *string, error) {
	if size != nil && (*size < 1 || *size > 400) {
		return nil, nil, invalid("Page size must be between 1 and 400")
	}
	out, next, err := wire.Page(items, marker, int(get(size)), 400, 400)
	if err != nil {
		return nil, nil, invalid("The marker is not valid: pass the NextMarker of the previous answer unchanged")
	}
	return out, next, nil
}
