package unpack

import (
	"archive/tar"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// syncEach is up to how many files are synced one by one; beyond that the whole
// file system is, which costs less.
const syncEach = 16

// at runs fn with the open parent directory of name, for the system calls that
// os.Root does not offer. The parent was resolved inside the root.
func (w *writer) at(name string, fn func(dirfd int, base string) error) error {
	dir, err := w.openDir(path.Dir(name))
	if err != nil {
		return refuse(err)
	}
	defer dir.Close()
	if err := fn(int(dir.Fd()), path.Base(name)); err != nil {
		return refuse(&fs.PathError{Op: "unpack", Path: name, Err: err})
	}
	return nil
}

// openDir opens a directory and nothing else: to open a named pipe would block.
func (w *writer) openDir(name string) (*os.File, error) {
	return w.root.OpenFile(name, os.O_RDONLY|unix.O_DIRECTORY, 0)
}

func (w *writer) makeWhiteout(name string) error {
	return w.at(name, func(dirfd int, base string) error {
		return unix.Mknodat(dirfd, base, unix.S_IFCHR, 0)
	})
}

func isWhiteout(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.Mode()&fs.ModeCharDevice != 0 && st.Rdev == 0
}

// setOpaque hides what lower layers hold in the directory name.
func (w *writer) setOpaque(name string) error {
	f, err := w.openDir(name)
	if err != nil {
		return refuse(err)
	}
	defer f.Close()
	if err := unix.Fsetxattr(int(f.Fd()), "trusted.overlay.opaque", []byte("y"), 0); err != nil {
		return fmt.Errorf("mark %q as opaque (needs root): %w", name, err)
	}
	return nil
}

func (w *writer) fifo(name string, h *tar.Header) error {
	if err := w.replace(name); err != nil {
		return err
	}
	err := w.at(name, func(dirfd int, base string) error {
		if err := unix.Mknodat(dirfd, base, unix.S_IFIFO|0o600, 0); err != nil {
			return err
		}
		return unix.Fchmodat(dirfd, base, uint32(h.Mode&0o777), 0)
	})
	if err != nil {
		return err
	}
	return w.linkAttributes(name, h)
}

// linkAttributes sets owner and times of something that cannot be opened.
func (w *writer) linkAttributes(name string, h *tar.Header) error {
	return w.at(name, func(dirfd int, base string) error {
		if err := unix.Fchownat(dirfd, base, h.Uid, h.Gid, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
		times := []unix.Timespec{timespec(accessTime(h)), timespec(h.ModTime)}
		return unix.UtimesNanoAt(dirfd, base, times, unix.AT_SYMLINK_NOFOLLOW)
	})
}

func timespec(t time.Time) unix.Timespec {
	ts, err := unix.TimeToTimespec(t)
	if err != nil {
		return unix.Timespec{}
	}
	return ts
}

// attributes sets owner, mode and extended attributes. The order matters:
// changing the owner clears set-user-id and capabilities.
func attributes(f *os.File, h *tar.Header) error {
	if err := f.Chown(h.Uid, h.Gid); err != nil {
		return err
	}
	if err := unix.Fchmod(int(f.Fd()), uint32(h.Mode&0o7777)); err != nil {
		return err
	}
	for key, value := range h.PAXRecords {
		name, ok := strings.CutPrefix(key, "SCHILY.xattr.")
		if !ok || !wanted(name) {
			continue
		}
		err := unix.Fsetxattr(int(f.Fd()), name, []byte(value), 0)
		if err != nil && !errors.Is(err, unix.ENOTSUP) {
			return fmt.Errorf("attribute %q: %w", name, err)
		}
	}
	return nil
}

// wanted says which extended attributes a layer may set. Those of overlayfs
// could redirect a directory to any place of the layers below.
func wanted(name string) bool {
	switch {
	case strings.HasPrefix(name, "user.overlay."):
		return false
	case strings.HasPrefix(name, "user."), name == "security.capability":
		return true
	}
	return strings.HasPrefix(name, "system.posix_acl_")
}

// sync puts the layer on disk.
func (w *writer) sync(dir string) error {
	if len(w.files) > syncEach || len(w.known) > syncEach {
		return syncFS(dir)
	}
	for _, name := range w.files {
		if err := w.syncName(name); err != nil {
			return err
		}
	}
	for name := range w.known {
		if err := w.syncName(name); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) syncName(name string) error {
	info, err := w.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return nil // replaced by a later entry, or below one that was
	}
	if err != nil || !info.Mode().IsRegular() && !info.IsDir() {
		return err
	}
	f, err := w.root.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func syncFS(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Syncfs(int(f.Fd()))
}

// diskError tells failures of this machine from those of the layer.
func diskError(err error) bool {
	for _, e := range []error{unix.ENOSPC, unix.EDQUOT, unix.EIO, unix.EROFS, unix.EPERM, unix.EMFILE, unix.ENFILE, unix.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
