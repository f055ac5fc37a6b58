package deploy

import (
	"reflect"
	"testing"
)

// TestCloneSharesNothing fills every slice and pointer of a Deployment and looks
// for one that the clone shares, so that a new member cannot be forgotten.
func TestCloneSharesNothing(t *testing.T) {
	var d Deployment
	fill(reflect.ValueOf(&d).Elem())
	c := d.Clone()
	if !reflect.DeepEqual(&d, c) {
		t.Fatal("the clone differs")
	}
	shared(t, "Deployment", reflect.ValueOf(d), reflect.ValueOf(*c))
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	}
}

func shared(t *testing.T, path string, a, b reflect.Value) {
	switch a.Kind() {
	case reflect.Slice, reflect.Pointer:
		if a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared", path)
		}
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type().Field(i).IsExported() {
				shared(t, path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
			}
		}
	}
}
