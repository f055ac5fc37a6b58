//go:build linux

package bundle

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrNoCommand is for a container that neither its definition nor its image
// tells what to run.
var ErrNoCommand = errors.New("no command specified: give the container a command or entryPoint, or the image a CMD")

// Argv applies Docker's rule: an entry point in the definition also puts the
// image's CMD out of force; a command alone replaces only the CMD.
func Argv(entryPoint, command []string, img Config) ([]string, error) {
	if entryPoint == nil {
		entryPoint = img.Entrypoint
		if command == nil {
			command = img.Cmd
		}
	}
	argv := append(append([]string{}, entryPoint...), command...)
	if len(argv) == 0 {
		return nil, ErrNoCommand
	}
	return argv, nil
}

// openIn opens a file of an image as the container would see it: links,
// absolute ones too, stay beneath root.
func openIn(root, name string, flags uint64) (*os.File, error) {
	dir, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: root, Err: err}
	}
	defer unix.Close(dir)
	fd, err := unix.Openat2(dir, strings.TrimLeft(name, "/"), &unix.OpenHow{
		Flags: flags | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// Executable is what is known of a container's program beforehand.
type Executable struct{ Is32 bool }

// CheckExecutable looks whether argv[0] can be run, so that the person reads
// what is wrong instead of an exit code. It is no guarantee: what it cannot
// judge it lets pass, and files under mounted volumes are among that.
func CheckExecutable(root, cwd string, env []string, argv0 string, mounts []string) (x Executable, err error) {
	if strings.Contains(argv0, "/") {
		if !path.IsAbs(argv0) {
			argv0 = path.Join("/", cwd, argv0)
		}
		if beneath(argv0, mounts) {
			return x, nil
		}
		return x, x.check(root, argv0, argv0, 0)
	}
	var denied error
	for _, dir := range strings.Split(lookupEnv(env, "PATH"), ":") {
		full := path.Join("/", dir, argv0)
		if beneath(full, mounts) {
			return x, nil
		}
		err := x.check(root, full, argv0, 0)
		if err == nil || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return x, err
		}
		if errors.Is(err, fs.ErrPermission) {
			denied = err
		}
	}
	if denied != nil {
		return x, denied
	}
	return x, fmt.Errorf("exec: %q: executable file not found in $PATH", argv0)
}

func beneath(name string, mounts []string) bool {
	for _, m := range mounts {
		if name == m || strings.HasPrefix(name, strings.TrimRight(m, "/")+"/") {
			return true
		}
	}
	return false
}

func (x *Executable) check(root, full, shown string, depth int) error {
	f, err := openIn(root, full, unix.O_RDONLY)
	if err != nil {
		var errno unix.Errno
		if errors.As(err, &errno) && (errno == unix.ENOENT || errno == unix.ENOTDIR) {
			return fmt.Errorf("exec: %q: stat %s: %w", shown, full, fs.ErrNotExist)
		}
		return nil
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil
	}
	if !st.Mode().IsRegular() || st.Mode().Perm()&0o111 == 0 {
		return fmt.Errorf("exec: %q: %w", shown, fs.ErrPermission)
	}
	head := make([]byte, 256)
	n, _ := io.ReadFull(f, head)
	head = head[:n]
	if strings.HasPrefix(string(head), "#!") {
		return x.checkInterpreter(root, shown, string(head), depth)
	}
	return x.checkELF(f, shown)
}

func (x *Executable) checkInterpreter(root, shown, head string, depth int) error {
	line, _, _ := strings.Cut(head[2:], "\n")
	fields := strings.Fields(line)
	if len(fields) == 0 || depth > 3 {
		return nil
	}
	if err := x.check(root, fields[0], fields[0], depth+1); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("exec: %q: its interpreter %s is not in the image: %w", shown, fields[0], fs.ErrNotExist)
	}
	return nil
}

var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

func (x *Executable) checkELF(f *os.File, shown string) error {
	var ident [20]byte
	if _, err := f.ReadAt(ident[:], 0); err != nil || string(ident[:4]) != elf.ELFMAG {
		return fmt.Errorf("exec %s: exec format error: it is neither a program nor a script that begins with #! and an interpreter", shown)
	}
	machine := elf.Machine(uint16(ident[18]) | uint16(ident[19])<<8)
	x.Is32 = machine == elf.EM_386 || machine == elf.EM_ARM
	want, ok := machines[runtime.GOARCH]
	if !ok || machine == want || runtime.GOARCH == "amd64" && machine == elf.EM_386 || runtime.GOARCH == "arm64" && machine == elf.EM_ARM {
		return nil
	}
	if emulated() {
		return nil
	}
	return fmt.Errorf("exec %s: exec format error: the program is for %s, this machine is %s; build the image for this platform",
		shown, strings.ToLower(strings.TrimPrefix(machine.String(), "EM_")), runtime.GOARCH)
}

// emulated tells whether the kernel may run programs of other machines.
func emulated() bool {
	entries, _ := os.ReadDir("/proc/sys/fs/binfmt_misc")
	for _, e := range entries {
		if e.Name() != "register" && e.Name() != "status" {
			return true
		}
	}
	return false
}
