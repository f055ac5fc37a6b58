package revision

import (
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Subject is a service revision with the task definition that it names.
type Subject struct {
	Revision   ecs.ServiceRevision
	Definition *ecs.TaskDefinition // nil = unknown, because it was deleted
}

// Difference is one member that is not the same. nil = the member is absent. Values
// are plain text where they are scalars and JSON where they are not.
type Difference struct {
	Path   string  `json:"path"`
	Before *string `json:"before"`
	After  *string `json:"after"`
}

// skipped are members that are never compared; see the package comment.
var skipped = map[reflect.Type][]string{
	reflect.TypeFor[ecs.ServiceRevision](): {
		"ServiceRevisionArn", "ServiceArn", "ClusterArn", "CreatedAt", "TaskDefinition", "ContainerImages", "ResolvedConfiguration",
	},
	reflect.TypeFor[ecs.TaskDefinition](): {
		"TaskDefinitionArn", "Status", "Revision", "Family", "RequiresAttributes", "Compatibilities",
		"RegisteredAt", "RegisteredBy", "DeregisteredAt", "DeleteRequestedAt",
	},
}

// Compare lists the differences of two revisions: the definition's name, what is in
// the definitions, and then what the service itself says. If a definition is unknown,
// its members are not compared.
func Compare(before, after Subject) []Difference {
	w := &walker{}
	w.scalar("taskDefinition", definitionName(before.Revision.TaskDefinition), definitionName(after.Revision.TaskDefinition))
	if before.Definition != nil && after.Definition != nil {
		a, b := withDigests(before), withDigests(after)
		w.walk("", reflect.ValueOf(a), reflect.ValueOf(b))
	} else {
		w.images(before.Revision.ContainerImages, after.Revision.ContainerImages)
	}
	w.walk("", reflect.ValueOf(before.Revision), reflect.ValueOf(after.Revision))
	return w.found
}

// definitionName is the family:revision in the ARN of a task definition.
func definitionName(arn *string) *string {
	if arn == nil {
		return nil
	}
	return aws.String((*arn)[strings.LastIndexByte(*arn, '/')+1:])
}

// withDigests is the definition with images as they were resolved.
func withDigests(s Subject) ecs.TaskDefinition {
	d := *s.Definition
	d.ContainerDefinitions = slices.Clone(d.ContainerDefinitions)
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		for j := range s.Revision.ContainerImages {
			if image := &s.Revision.ContainerImages[j]; aws.ToString(image.ContainerName) == aws.ToString(c.Name) {
				c.Image = pinned(c.Image, image.ImageDigest)
			}
		}
	}
	return d
}

// pinned adds a digest to an image that does not name one.
func pinned(image, digest *string) *string {
	if image == nil || aws.ToString(digest) == "" || strings.Contains(*image, "@") {
		return image
	}
	return aws.String(*image + "@" + *digest)
}

// images compares the images alone.
func (w *walker) images(before, after []ecs.ContainerImage) {
	pin := func(list []ecs.ContainerImage) []ecs.ContainerImage {
		out := slices.Clone(list)
		for i := range out {
			out[i].Image, out[i].ImageDigest = pinned(out[i].Image, out[i].ImageDigest), nil
		}
		return out
	}
	w.walk("containerImages", reflect.ValueOf(pin(before)), reflect.ValueOf(pin(after)))
}
