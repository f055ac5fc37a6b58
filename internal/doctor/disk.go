package doctor

import (
	"context"
	"fmt"
)

// disk: state, images and logs are below the data directory.
func disk(_ context.Context, o *Options) []Finding {
	d, err := o.Machine.Disk(o.Data)
	if err != nil {
		return warn("Choose another directory with --data DIR.", "The disk of %s cannot be looked at: %v.", o.Data, err)
	}
	const mend = "Free some space, or choose another directory with --data DIR. 'docker system df' and 'du -xh' tell what takes it."
	switch {
	case d.Free < 100<<20:
		return fail(mend, "The disk of %s has %s left: changes of the state will be refused.", o.Data, size(d.Free))
	case d.Free < 2<<30:
		return warn(mend, "The disk of %s has %s left: images may not fit.", o.Data, size(d.Free))
	case d.Inodes < 10_000:
		return warn(mend, "The disk of %s has room for %d more files.", o.Data, d.Inodes)
	case d.Kind == "nfs" || d.Kind == "cifs":
		return warn("Choose a directory of a disk of this machine with --data DIR.", "%s is on a network file system (%s): the state may be damaged.", o.Data, d.Kind)
	case d.Kind == "tmpfs":
		return warn("Choose a directory of a disk with --data DIR.", "%s is in memory (tmpfs): the state ends with the machine.", o.Data)
	}
	return ok("The disk of %s has %s left.", o.Data, size(d.Free))
}

// size is a number of bytes for people.
func size(n uint64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}
