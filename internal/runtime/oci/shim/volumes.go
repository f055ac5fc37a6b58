//go:build linux

package shim

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// validVolume tells whether a name can be a directory: Docker's rule.
func validVolume(name string) bool {
	for i, r := range name {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !plain && (i == 0 || r != '_' && r != '.' && r != '-') {
			return false
		}
	}
	return name != "" && len(name) <= 255
}

// makeVolumes gives each task volume its directory: a path of the machine, a
// directory that lives as long as the task, or one that outlives it (Docker
// volumes with scope "shared").
func (c *containers) makeVolumes() error {
	c.volumes = map[string]string{}
	for i, v := range c.plan.Spec.Volumes {
		dir := filepath.Join(c.dir, "volumes", strconv.Itoa(i))
		switch {
		case v.HostPath != "":
			dir = v.HostPath
			if _, err := os.Stat(dir); err == nil {
				c.volumes[v.Name] = dir // it may be a file
				continue
			}
		case v.Docker && v.Driver != "" && v.Driver != "local":
			return fmt.Errorf("CannotCreateVolumeError: volume %s asks for driver %s; the oci runtime has only \"local\" (use --runtime docker for others)", v.Name, v.Driver)
		case v.Docker && v.Shared:
			if !validVolume(v.Name) {
				return fmt.Errorf("CannotCreateVolumeError: volume name %q is not valid", v.Name)
			}
			dir = filepath.Join(c.plan.Shared, v.Name)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("CannotCreateVolumeError: %w", err)
		}
		c.volumes[v.Name] = dir
	}
	return nil
}

// fillVolumes does what Docker does at the first use of an empty volume: it
// takes over the content, owner and mode of the directory that the image has
// in that place. It runs where the root file system is mounted.
func (c *containers) fillVolumes(b *box, rootfs string) error {
	for _, m := range b.Mounts {
		for _, v := range c.plan.Spec.Volumes {
			if v.Name == m.Volume && v.HostPath == "" {
				if err := fill(rootfs, m.Path, c.volumes[v.Name]); err != nil {
					return fmt.Errorf("fill volume %s: %w", v.Name, err)
				}
			}
		}
	}
	if !b.ReadOnlyRoot {
		return nil
	}
	for i, v := range b.image.Config.Volumes {
		dir := b.disk + ".volume-" + strconv.Itoa(i)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := fill(rootfs, v, dir); err != nil {
			return fmt.Errorf("fill volume %s: %w", v, err)
		}
	}
	return nil
}

func fill(rootfs, at, dir string) error {
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		return err
	}
	root, err := os.OpenRoot(rootfs)
	if err != nil {
		return err
	}
	defer root.Close()
	from, err := root.OpenRoot(path.Clean("./" + at))
	if err != nil {
		return nil // the image has no such directory, or a link that leads out
	}
	defer from.Close()
	to, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer to.Close()
	return fs.WalkDir(from.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return copyEntry(from, to, name)
	})
}

// copyEntry copies one file, directory or link with owner and mode.
func copyEntry(from, to *os.Root, name string) error {
	st, err := from.Lstat(name)
	if err != nil {
		return err
	}
	switch {
	case st.IsDir():
		if err := to.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	case st.Mode()&fs.ModeSymlink != 0:
		target, err := from.Readlink(name)
		if err != nil {
			return err
		}
		if err := to.Symlink(target, name); err != nil {
			return err
		}
	case st.Mode().IsRegular():
		if err := copyFile(from, to, name); err != nil {
			return err
		}
	default:
		return nil // devices and sockets are not data
	}
	sys, err := owner(from, name)
	if err != nil {
		return err
	}
	if err := to.Lchown(name, int(sys.Uid), int(sys.Gid)); err != nil {
		return err
	}
	if st.Mode()&fs.ModeSymlink != 0 {
		return nil
	}
	return to.Chmod(name, st.Mode()&(fs.ModePerm|fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky))
}

func copyFile(from, to *os.Root, name string) error {
	in, err := from.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := to.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return err
}

func owner(root *os.Root, name string) (st unix.Stat_t, err error) {
	info, err := root.Lstat(name)
	if err != nil {
		return st, err
	}
	if sys, ok := sysStat(info); ok {
		st.Uid, st.Gid = sys.Uid, sys.Gid
	}
	return st, nil
}
