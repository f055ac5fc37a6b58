package revision

import (
	"reflect"
	"slices"
	"strings"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// element is a struct in a list. Fields are those that make its key.
type element struct {
	key    string
	fields []string
	value  reflect.Value
}

// keys are the members by which elements of a list are told apart, where it is not
// Name.
var keys = map[reflect.Type][]string{
	reflect.TypeFor[ecs.PortMapping]():                       {"ContainerPort", "Protocol"},
	reflect.TypeFor[ecs.ContainerDependency]():               {"ContainerName"},
	reflect.TypeFor[ecs.ContainerImage]():                    {"ContainerName"},
	reflect.TypeFor[ecs.MountPoint]():                        {"ContainerPath"},
	reflect.TypeFor[ecs.VolumeFrom]():                        {"SourceContainer"},
	reflect.TypeFor[ecs.HostEntry]():                         {"Hostname"},
	reflect.TypeFor[ecs.SystemControl]():                     {"Namespace"},
	reflect.TypeFor[ecs.ResourceRequirement]():               {"Type"},
	reflect.TypeFor[ecs.LoadBalancer]():                      {"ContainerName", "ContainerPort", "TargetGroupArn"},
	reflect.TypeFor[ecs.CapacityProviderStrategyItem]():      {"CapacityProvider"},
	reflect.TypeFor[ecs.ServiceRegistry]():                   {"RegistryArn"},
	reflect.TypeFor[ecs.ServiceConnectService]():             {"PortName"},
	reflect.TypeFor[ecs.ServiceConnectClientAlias]():         {"DnsName", "Port"},
	reflect.TypeFor[ecs.ServiceVolumeConfiguration]():        {"Name"},
	reflect.TypeFor[ecs.TaskDefinitionPlacementConstraint](): {"Type", "Expression"},
}

// keyed names elements by their keys; nil = they have none, or not one each.
func keyed(list reflect.Value) []element {
	t := list.Type().Elem()
	fields, ok := keys[t]
	if !ok {
		if _, named := t.FieldByName("Name"); !named {
			return nil
		}
		fields = []string{"Name"}
	}
	out, seen := make([]element, 0, list.Len()), map[string]bool{}
	for i := range list.Len() {
		e := element{fields: fields, value: list.Index(i)}
		for _, name := range fields {
			part := ""
			if v := text("", e.value.FieldByName(name)); v != nil {
				part = short(*v)
			}
			if part != "" && e.key != "" {
				part = "/" + part
			}
			e.key += part
		}
		if e.key == "" || seen[e.key] {
			return nil
		}
		seen[e.key] = true
		out = append(out, e)
	}
	return out
}

func find(list []element, key string) (element, bool) {
	for _, e := range list {
		if e.key == key {
			return e, true
		}
	}
	return element{}, false
}

// only is the single member that an element has besides its key.
func only(e element) (name string, ok bool) {
	if len(e.fields) == 0 {
		return "", false
	}
	t := e.value.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() || slices.Contains(e.fields, f.Name) {
			continue
		}
		if name != "" {
			return "", false
		}
		name = f.Name
	}
	return name, name != ""
}

// alone is the text of an element that the other list lacks.
func alone(path string, e element) *string {
	if name, ok := only(e); ok {
		return present(path, e.value.FieldByName(name))
	}
	return present(path, e.value)
}

// present is the text of something that is there, even if it is empty.
func present(path string, v reflect.Value) *string {
	if !v.IsValid() {
		return nil
	}
	if s := text(path, v); s != nil {
		return s
	}
	empty := ""
	return &empty
}

// short is the name in the ARN of a target group: keys are read by people.
func short(s string) string {
	_, after, ok := strings.Cut(s, ":targetgroup/")
	if !ok {
		return s
	}
	name, _, _ := strings.Cut(after, "/")
	return name
}
