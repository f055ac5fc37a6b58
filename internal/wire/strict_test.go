package wire

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

func TestUnmarshalStrict(t *testing.T) {
	for _, c := range []struct {
		name, text string
		unknown    UnknownMembers
		other      string // part of another error
	}{
		{name: "all known", text: `{"serviceName":"web","desiredCount":2,"deploymentConfiguration":{"strategy":"CANARY"},"tags":[{"key":"a"}]}`},
		{
			name:    "named, each once",
			text:    `{"serviceName":"web","desired":2,"tags":[{"k":"a"},{"k":"b"}],"deploymentConfiguration":{"bake":{"x":[1]}}}`,
			unknown: UnknownMembers{"CreateServiceInput.desired", "DeploymentConfiguration.bake", "Tag.k"},
		},
		{name: "case matters", text: `{"ServiceName":"web"}`, unknown: UnknownMembers{"CreateServiceInput.ServiceName"}},
		{name: "wrong type", text: `{"serviceName":"web","desiredCount":"two"}`, other: "desiredCount"},
		{name: "not JSON", text: `{"serviceName":`, other: "not JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var in ecs.CreateServiceInput
			err := UnmarshalStrict([]byte(c.text), &in, true)
			var got UnknownMembers
			errors.As(err, &got)
			if !slices.Equal(got, c.unknown) {
				t.Errorf("unknown: %v, want %v", got, c.unknown)
			}
			if c.other == "" && err != nil && got == nil || c.other != "" && (err == nil || !strings.Contains(err.Error(), c.other)) {
				t.Errorf("error %v, want %q", err, c.other)
			}
			if c.name == "named, each once" && (in.ServiceName == nil || *in.ServiceName != "web") {
				t.Errorf("what is known was not read: %+v", in)
			}
		})
	}
}
