package change

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestAgainKeepsEverything: every member that can be registered comes from the
// described definition, whatever the SDK adds in future.
func TestAgainKeepsEverything(t *testing.T) {
	var d types.TaskDefinition
	full(reflect.ValueOf(&d).Elem())
	tags := []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}
	in := Again(&d, tags)
	v := reflect.ValueOf(*in)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && v.Field(i).IsZero() {
			t.Errorf("%s is lost", f.Name)
		}
	}
	back := reflect.ValueOf(*Described(in))
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Name == "Tags" {
			continue
		}
		if !reflect.DeepEqual(back.FieldByName(f.Name).Interface(), v.Field(i).Interface()) {
			t.Errorf("%s differs", f.Name)
		}
	}
	if in := Again(&d, []types.Tag{}); in.Tags != nil {
		t.Error("an empty list of tags is sent, which AWS refuses")
	}
	var request ecs.RegisterTaskDefinitionInput = *Again(&d, nil)
	request.ContainerDefinitions[0].Image = aws.String("other")
	if aws.ToString(d.ContainerDefinitions[0].Image) == "other" {
		t.Error("a change of the copy reaches the original")
	}
}

// full sets every exported field to something that is not zero.
func full(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		if !v.Type().Field(i).IsExported() {
			continue
		}
		switch f.Kind() {
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		case reflect.String:
			f.SetString("x")
		case reflect.Int32:
			f.SetInt(1)
		case reflect.Bool:
			f.SetBool(true)
		}
	}
}
