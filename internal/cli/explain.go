package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
)

var errNotRoot = errors.New("--runtime oci needs root, for it makes namespaces, mounts and network addresses; " +
	"run it with sudo, or use --runtime docker")

// explainDir says what is wrong with a data directory and what to do.
func explainDir(dir string, err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("cannot write to the data directory %s as this user; choose another with --data DIR, or change its owner", dir)
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		return fmt.Errorf("the data directory %s is, or is below, a file; choose another with --data DIR", dir)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("the disk of the data directory %s is full; free some space, or choose another with --data DIR", dir)
	}
	return fmt.Errorf("cannot use the data directory %s: %w", dir, err)
}

// explainInUse says who uses a data directory.
func explainInUse(dir string, h *holder) error {
	who := "another grue"
	if h.PID != 0 {
		who = fmt.Sprintf("another grue (pid %d)", h.PID)
	}
	if h.Listen != "" {
		who += " listening on " + h.Listen
	}
	return fmt.Errorf("the data directory %s is in use by %s; stop it with 'grue down --data %s', or choose another with --data DIR", dir, who, dir)
}

// explainListen says why an address cannot be listened on.
func explainListen(addr string, err error) error {
	var bad *net.AddrError
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		who := "another process"
		if name := portOwner(addr); name != "" {
			who = name
		}
		return fmt.Errorf("%s is in use by %s; stop it, or choose another address with --listen HOST:PORT", addr, who)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is not an address of this machine; choose one with --listen HOST:PORT", addr)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("this user may not listen on %s; choose a port above 1023 with --listen HOST:PORT", addr)
	case errors.As(err, &bad), errors.As(err, &dns):
		return usageError(fmt.Sprintf("--listen wants HOST:PORT; it was %q", addr))
	}
	return fmt.Errorf("cannot listen on %s: %w", addr, err)
}

// makeDataDir makes the directory and proves that it can be written to.
func makeDataDir(dir string) error {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return explainDir(dir, err)
	}
	f, err := os.CreateTemp(dir, ".write-*")
	if err != nil {
		return explainDir(dir, err)
	}
	name := f.Name()
	_, err = f.Write([]byte("grue"))
	err = errors.Join(err, f.Close(), os.Remove(name))
	if err != nil {
		return explainDir(dir, err)
	}
	return nil
}
