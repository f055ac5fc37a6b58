package unpack

import (
	"fmt"
	"path"
	"strings"
)

// maxName is Linux's PATH_MAX.
const maxName = 4096

// clean turns the name of an entry, or the target of a hard link, into a path
// relative to the layer's root; "." is the root itself.
func clean(name string) (string, error) {
	if len(name) > maxName {
		return "", fmt.Errorf("%w: a name of %d bytes", ErrRefused, len(name))
	}
	if strings.ContainsRune(name, 0) {
		return "", fmt.Errorf("%w: name %q holds a zero byte", ErrRefused, name)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", fmt.Errorf("%w: name %q leads out of the image", ErrRefused, name)
		}
	}
	rel := path.Clean("/" + name)[1:]
	if rel == "" {
		return ".", nil
	}
	return rel, nil
}
