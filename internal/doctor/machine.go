package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Machine is everything that checks look at.
type Machine struct {
	OS, Arch string
	UID      int
	Home     string
	FS       fs.FS // of "/": names have no leading slash
	Env      func(string) string
	Environ  func() []string
	// Command runs a program and answers what it printed, errors included; the error
	// is exec.ErrNotFound when there is no such program.
	Command func(ctx context.Context, name string, args ...string) (string, error)
	// Listen tells whether an address can be listened on.
	Listen func(address string) error
	// Owner names the process that listens on a port: `"nginx" (pid 7)`; "" = not known.
	Owner  func(address string) string
	Disk   func(path string) (Disk, error)
	Files  func() (soft, hard uint64)  // limits of open files; 0 = not known
	Synced func() (synced, known bool) // the clock, by NTP
	// Routes are the address ranges that the machine has a way to, with the interface.
	Routes func() ([]Route, error)
	Get    func(ctx context.Context, url string) (status int, body []byte, err error)
}

// Disk is what a file system has left.
type Disk struct {
	Free, Inodes uint64
	Kind         string // nfs, overlayfs, tmpfs, … or ""
}

// Route is a range of addresses behind an interface.
type Route struct {
	To     netip.Prefix
	Device string
}

// This is the machine that the program runs on.
func This(owner func(address string) string) *Machine {
	home, _ := os.UserHomeDir() // "" is a home without files
	return &Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, UID: os.Geteuid(), Home: home, FS: os.DirFS("/"),
		Env: os.Getenv, Environ: os.Environ, Command: command, Listen: listen, Owner: owner,
		Disk: diskOf, Files: fileLimits, Synced: synced, Routes: routes, Get: get,
	}
}

func command(ctx context.Context, name string, args ...string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/local/sbin"} { // a user's PATH may lack them
			if p, e := exec.LookPath(filepath.Join(dir, name)); e == nil {
				path, err = p, nil
				break
			}
		}
	}
	if err != nil {
		return "", exec.ErrNotFound
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func listen(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return l.Close()
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20

func get(ctx context.Context, url string) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	// No proxy and no check of the certificate, which may be grue's own: it is this
	// machine, and nothing secret is sent.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, body, err
}

// text is the content of a file without surrounding space; "" when there is none.
func (m *Machine) text(path string) string {
	doc, err := fs.ReadFile(m.FS, strings.TrimPrefix(path, "/"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(doc))
}

func (m *Machine) number(path string) (int, bool) {
	n, err := strconv.Atoi(m.text(path))
	return n, err == nil
}

func (m *Machine) exists(path string) bool {
	_, err := fs.Stat(m.FS, strings.TrimPrefix(path, "/"))
	return err == nil
}

// has tells whether a program is installed.
func (m *Machine) has(ctx context.Context, name string) bool {
	_, err := m.Command(ctx, name, "--version")
	return !errors.Is(err, exec.ErrNotFound)
}

// version finds the first number of the form 1.2 or 1.2.3 in a text.
func version(s string) (major, minor int, ok bool) {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }) {
		parts := strings.Split(word, ".")
		if len(parts) < 2 {
			continue
		}
		a, errA := strconv.Atoi(parts[0])
		b, errB := strconv.Atoi(parts[1])
		if errA == nil && errB == nil {
			return a, b, true
		}
	}
	return 0, 0, false
}

// before compares versions.
func before(major, minor, wantMajor, wantMinor int) bool {
	return major < wantMajor || major == wantMajor && minor < wantMinor
}
