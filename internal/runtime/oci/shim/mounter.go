//go:build linux

package shim

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mounter is a thread with a mount namespace of its own, in which file systems
// are mounted and the OCI runtime is started. The namespace is a slave of the
// machine's: unmounts out there reach it, mounts in here reach nobody.
type mounter struct{ work chan func() }

func newMounter() (*mounter, error) {
	m := &mounter{work: make(chan func())}
	ready := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for good: no other code may see these mounts
		err := unix.Unshare(unix.CLONE_NEWNS)
		if err == nil {
			err = unix.Mount("", "/", "", unix.MS_SLAVE|unix.MS_REC, "")
		}
		ready <- err
		if err != nil {
			return
		}
		for fn := range m.work {
			fn()
		}
	}()
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("new mount namespace: %w", err)
	}
	return m, nil
}

// do runs fn on the thread and waits for it.
func (m *mounter) do(fn func() error) error {
	done := make(chan error, 1)
	m.work <- func() { done <- fn() }
	return <-done
}

// memory mounts a file system in memory for the bundles: they are many small
// files that nobody but the OCI runtime reads, and that may go with the shim.
// Other threads see the mount by the path that is returned, a descriptor.
func (m *mounter) memory(dir string) (path string, err error) {
	err = m.do(func() error {
		if err := os.Mkdir(dir, 0o711); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		if err := unix.Mount("bundles", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=711,size=64m"); err != nil {
			return fmt.Errorf("mount tmpfs: %w", err)
		}
		fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		path = "/proc/self/fd/" + strconv.Itoa(fd)
		return err
	})
	return path, err
}

// overlay mounts the layers, lowest first, at dir/rootfs, with a writable
// directory above them that is kept at disk. It runs on the mounter's thread,
// whose working directory is its own: short relative names keep an image of
// many layers within the one page that mount options may fill.
func overlay(dir, disk string, layers []string) error {
	for _, d := range []string{filepath.Join(dir, "rootfs"), filepath.Join(dir, "l"), disk + ".upper", disk + ".work"} {
		if err := os.Mkdir(d, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	if err := unix.Chdir(dir); err != nil {
		return err
	}
	defer unix.Chdir("/")
	var lower []string
	for i := len(layers) - 1; i >= 0; i-- {
		link := "l/" + strconv.Itoa(i)
		if err := os.Symlink(layers[i], link); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		lower = append(lower, link)
	}
	for name, target := range map[string]string{"upper": disk + ".upper", "work": disk + ".work"} {
		if err := os.Symlink(target, name); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	options := "lowerdir=" + strings.Join(lower, ":") + ",upperdir=upper,workdir=work"
	// Nothing in a container's upper directory needs to survive power loss.
	err := unix.Mount("overlay", "rootfs", "overlay", 0, options+",volatile")
	if errors.Is(err, unix.EINVAL) {
		err = unix.Mount("overlay", "rootfs", "overlay", 0, options)
	}
	if errors.Is(err, unix.EINVAL) {
		err = overlayInMemory(options)
	}
	if err != nil {
		return fmt.Errorf("mount root file system: %w", err)
	}
	return nil
}

// overlayInMemory is for a data directory on a file system that cannot be an
// upper layer, such as the overlay of a container that grue itself runs in.
func overlayInMemory(options string) error {
	if err := os.MkdirAll("mem", 0o700); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", "mem", "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	for _, d := range []string{"mem/upper", "mem/work"} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return err
		}
	}
	options = strings.Replace(options, "upperdir=upper,workdir=work", "upperdir=mem/upper,workdir=mem/work", 1)
	return unix.Mount("overlay", "rootfs", "overlay", 0, options)
}
