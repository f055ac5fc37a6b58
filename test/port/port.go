// Package port finds ports of this machine for tests that must know one before
// somebody listens there.
//
// A port that the kernel chose, and that was closed again, may be anybody's a moment
// later: of another test, or of a connection. These lie below those that kernels choose
// from, and a lock keeps each from other tests, in all processes, until its test ends.
package port

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// The ports lie in [first, end).
const first, end = 12000, 32000

// Free is a port on which nobody listens, over TCP or UDP, on any address.
func Free(t testing.TB) int {
	t.Helper()
	dir := filepath.Join(os.TempDir(), "grue-test-ports")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		n := first + rand.IntN(end-first)
		if lock, ok := take(filepath.Join(dir, strconv.Itoa(n))); ok {
			if free(n) {
				t.Cleanup(func() { lock.Close() })
				return n
			}
			lock.Close()
		}
	}
	t.Fatal("no port is free")
	return 0
}

// Address is Free as an address of the loopback interface.
func Address(t testing.TB) string {
	t.Helper()
	return fmt.Sprint("127.0.0.1:", Free(t))
}

// take locks a file; the lock ends with the file, or the process.
func take(path string) (*os.File, bool) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, false
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		f.Close()
		return nil, false
	}
	return f, true
}

func free(n int) bool {
	l, err := net.Listen("tcp", ":"+strconv.Itoa(n))
	if err != nil {
		return false
	}
	defer l.Close()
	p, err := net.ListenPacket("udp", ":"+strconv.Itoa(n))
	if err != nil {
		return false
	}
	p.Close()
	return true
}
