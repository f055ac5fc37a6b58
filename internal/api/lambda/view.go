package lambda

import (
	"reflect"

	"github.com/grue-ecs/grue/internal/function"
)

// show copies a configuration into one of the SDK's outputs, which have its
// members under the same names.
func show(v *function.Version, out any) {
	from, to := reflect.ValueOf(v.Config), reflect.ValueOf(out).Elem()
	for i := range from.NumField() {
		f := from.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		if at := to.FieldByName(f.Name); at.IsValid() {
			at.Set(from.Field(i))
		}
	}
}
