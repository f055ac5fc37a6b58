package change

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-containerregistry/pkg/name"
)

// Image is what --image says.
type Image struct {
	Container string // "" = the only one, or the only one of that repository
	Ref       string
}

// Swap is the change of one container's image.
type Swap struct{ Container, From, To string }

var containerForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// ParseImages reads [CONTAINER=]IMAGE, each container at most once.
func ParseImages(args []string) ([]Image, error) {
	var list []Image
	for _, arg := range args {
		img := Image{Ref: arg}
		if container, ref, ok := strings.Cut(arg, "="); ok {
			img = Image{container, ref}
			if !containerForm.MatchString(container) {
				return nil, fmt.Errorf("--image %s: %q is not the name of a container; say --image CONTAINER=IMAGE", arg, container)
			}
		}
		if _, err := name.ParseReference(img.Ref, name.WeakValidation); err != nil {
			return nil, fmt.Errorf("--image %s: %w", arg, err)
		}
		list = append(list, img)
	}
	return list, nil
}

// SetImages puts images into containers, which it changes, and tells which differ
// from before.
func SetImages(containers []types.ContainerDefinition, images []Image) ([]Swap, error) {
	var swaps []Swap
	given := map[string]bool{}
	for _, img := range images {
		c, err := choose(containers, img)
		if err != nil {
			return nil, err
		}
		container := aws.ToString(c.Name)
		if given[container] {
			return nil, fmt.Errorf("--image names the container %s twice", container)
		}
		given[container] = true
		if from := aws.ToString(c.Image); from != img.Ref {
			swaps = append(swaps, Swap{container, from, img.Ref})
			c.Image = aws.String(img.Ref)
		}
	}
	return swaps, nil
}

// choose finds the container that an image is for.
func choose(containers []types.ContainerDefinition, img Image) (*types.ContainerDefinition, error) {
	var same []*types.ContainerDefinition
	var names []string
	for i := range containers {
		c := &containers[i]
		switch {
		case img.Container != "" && aws.ToString(c.Name) == img.Container:
			return c, nil
		case img.Container == "" && repository(aws.ToString(c.Image)) == repository(img.Ref):
			same = append(same, c)
		}
		names = append(names, fmt.Sprintf("%s (%s)", aws.ToString(c.Name), aws.ToString(c.Image)))
	}
	switch {
	case img.Container != "":
		return nil, fmt.Errorf("the task definition has no container %s; it has %s", img.Container, strings.Join(names, ", "))
	case len(containers) == 1:
		return &containers[0], nil
	case len(same) == 1:
		return same[0], nil
	}
	return nil, fmt.Errorf("it is not clear which container gets %s: say --image CONTAINER=%s; the containers are %s", img.Ref, img.Ref, strings.Join(names, ", "))
}

// repository of an image without tag and digest; "" = not an image.
func repository(image string) string {
	ref, err := name.ParseReference(image, name.WeakValidation)
	if err != nil {
		return ""
	}
	return ref.Context().Name()
}
