package change

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/revision"
)

// Back is the update that makes a service what a former revision of it was:
// revision.Back.
func Back(now, former *types.ServiceRevision) (in *ecs.UpdateServiceInput, cannot []string) {
	return revision.Back(now, former)
}

// Same tells whether two revisions run the same: the same task definition, with
// images that mean the same, and the same settings.
func Same(a, b *types.ServiceRevision) bool {
	return len(revision.Compare(revision.Subject{Revision: *a}, revision.Subject{Revision: *b})) == 0
}

// Pins are the images of a former revision by digest, for those whose tag points
// elsewhere today: ECS would resolve the tag anew, and deploy what it means now.
// today is asked where an image points to; what it cannot tell comes back in unknown.
func Pins(former *types.ServiceRevision, today func(image string) (digest string, err error)) (pins []Image, unknown []string) {
	for _, c := range former.ContainerImages {
		image, was := aws.ToString(c.Image), aws.ToString(c.ImageDigest)
		if was == "" || strings.Contains(image, "@") {
			continue
		}
		is, err := today(image)
		switch {
		case err != nil:
			unknown = append(unknown, fmt.Sprintf("%s: %v", image, err))
		case is != was:
			pins = append(pins, Image{Container: aws.ToString(c.ContainerName), Ref: untagged(image) + "@" + was})
		}
	}
	return pins, unknown
}

// untagged is an image without its tag.
func untagged(image string) string {
	slash := strings.LastIndex(image, "/")
	if colon := strings.LastIndex(image, ":"); colon > slash {
		return image[:colon]
	}
	return image
}
