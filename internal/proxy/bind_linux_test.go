package proxy

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// newNetns makes a network namespace with a loopback interface, like that of a task.
func newNetns(t testing.TB, path string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("network namespaces need root")
	}
	if err := os.WriteFile(path, nil, 0o444); err != nil {
		t.Fatal(err)
	}
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		lo, err := netlink.LinkByName("lo")
		if err == nil {
			err = netlink.LinkSetUp(lo)
		}
		if err != nil {
			return err
		}
		return unix.Mount(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()), path, "none", unix.MS_BIND, "")
	})
	if err != nil {
		t.Skipf("no network namespaces here: %v", err)
	}
	t.Cleanup(func() { dropNetns(path) })
	return path
}

func dropNetns(path string) {
	_ = unix.Unmount(path, unix.MNT_DETACH)
	_ = os.Remove(path)
}

// onThread runs f on a thread that ends with it.
func onThread(f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		result <- f()
	}()
	return <-result
}

// dialInside connects from inside a namespace.
func dialInside(netns, address string) (conn net.Conn, err error) {
	err = onThread(func() error {
		f, err := os.Open(netns)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		conn, err = net.DialTimeout("tcp", address, time.Minute)
		return err
	})
	return conn, err
}

// clientInside is an HTTP client inside a namespace.
func clientInside(t testing.TB, netns string) *http.Client {
	c := client(t)
	c.Transport.(*http.Transport).DialContext = func(_ context.Context, _, address string) (net.Conn, error) {
		return dialInside(netns, address)
	}
	return c
}

const inside = "127.255.0.1:80"

func TestBindsInsideNamespaces(t *testing.T) {
	w := newWorld(t)
	dir := shortDir(t)
	one, two := newNetns(t, filepath.Join(dir, "one")), newNetns(t, filepath.Join(dir, "two"))
	w.unchecked("tg", app(t, says("hello")))
	l := w.endpoint("HTTP", route.Weighted{Group: "tg", Weight: 1})
	l.Binds = []route.Bind{{NetNS: one, Address: inside, Task: "1"}, {NetNS: two, Address: inside, Task: "2"}}
	w.publish()
	for _, ns := range []string{one, two} {
		if status, body := fetch(t, clientInside(t, ns), "http://"+inside+"/"); status != 200 || body != "hello" {
			t.Errorf("inside %s: %d %q", ns, status, body)
		}
	}
	if conn, err := net.DialTimeout("tcp", inside, time.Second); err == nil {
		conn.Close()
		t.Error("the machine's own namespace listens")
	}

	// Another table leaves the first bind alone and closes the second.
	held, err := dialInside(one, inside)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	l.Binds = l.Binds[:1:1]
	w.publish()
	if conn, err := dialInside(two, inside); err == nil {
		conn.Close()
		t.Error("a bind that was removed accepts")
	}
	fmt.Fprintf(held, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	if n, _ := held.Read(make([]byte, 64)); n == 0 {
		t.Error("a connection of a bind that stays ended")
	}
}

// A namespace's path comes again for another task: the socket does not stay in
// the old one.
func TestBindOfAnotherTaskAtTheSamePath(t *testing.T) {
	w := newWorld(t)
	path := newNetns(t, filepath.Join(shortDir(t), "ns"))
	w.unchecked("tg", app(t, says("hello")))
	l := w.endpoint("HTTP", route.Weighted{Group: "tg", Weight: 1})
	l.Binds = []route.Bind{{NetNS: path, Address: inside, Task: "1"}}
	w.publish()
	dropNetns(path) // while bound
	newNetns(t, path)
	l.Binds = []route.Bind{{NetNS: path, Address: inside, Task: "2"}}
	w.publish()
	if status, _ := fetch(t, clientInside(t, path), "http://"+inside+"/"); status != 200 {
		t.Errorf("status %d", status)
	}
}

// What cannot be bound is told, and bound as soon as it can be.
func TestBindFailures(t *testing.T) {
	w := newWorld(t)
	told := make(chan []link.BindFailure, 100)
	w.client.OnBindFailures(func(f []link.BindFailure) { told <- f })
	dir := shortDir(t)
	here, missing, file := newNetns(t, filepath.Join(dir, "here")), filepath.Join(dir, "missing"), filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.unchecked("tg", app(t, says("hello")))
	l := w.endpoint("HTTP", route.Weighted{Group: "tg", Weight: 1})
	l.Binds = []route.Bind{
		{NetNS: missing, Address: inside, Task: "1"},
		{NetNS: file, Address: inside, Task: "2"},
		{NetNS: here, Address: inside, Task: "3"},
		{NetNS: here, Address: inside, Task: "3"},
	}
	w.publish()
	var got []link.BindFailure
	await(t, "failures", func() bool { got = <-told; return len(got) > 0 })
	want := map[string]bool{"1": true, "2": true, "3": true} // the last stands in the table twice
	for _, f := range got {
		if !want[f.Task] || f.Listener != l.ARN || f.Address != inside || f.NetNS == "" || f.Error == "" {
			t.Errorf("failure %+v", f)
		}
		delete(want, f.Task)
	}
	if len(want) > 0 {
		t.Errorf("nothing was told of %v", want)
	}
	if status, _ := fetch(t, clientInside(t, here), "http://"+inside+"/"); status != 200 {
		t.Errorf("the bind beside those: status %d", status)
	}
	os.Remove(file)
	l.Binds = l.Binds[:3:3]
	w.publish()
	newNetns(t, missing)
	newNetns(t, file)
	await(t, "no failures", func() bool { return len(<-told) == 0 })
	if status, _ := fetch(t, clientInside(t, missing), "http://"+inside+"/"); status != 200 {
		t.Errorf("the bind that was tried again: status %d", status)
	}
}

// Binds survive a kill, from the table on disk, and a hand-over, as they are.
func TestBindsOverProcesses(t *testing.T) {
	w, cmd := newProcessWorld(t)
	path := newNetns(t, filepath.Join(shortDir(t), "ns"))
	w.unchecked("tg", app(t, says("ok")))
	l := w.endpoint("HTTP", route.Weighted{Group: "tg", Weight: 1})
	for i := range 250 {
		l.Binds = append(l.Binds, route.Bind{NetNS: path, Address: fmt.Sprintf("127.255.0.%d:80", i+1), Task: "1"})
	}
	w.publish()
	c := clientInside(t, path)
	c.Transport.(*http.Transport).DisableKeepAlives = true
	check := func() {
		t.Helper()
		for i := 0; i < 250; i += 83 {
			if status, _ := fetch(t, c, fmt.Sprintf("http://127.255.0.%d/", i+1)); status != 200 {
				t.Errorf("bind %d: status %d", i, status)
			}
		}
	}
	check()
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	cmd = spawn(t, w.dir)
	check()
	// The successor cannot open them itself: only a hand-over can have passed them.
	ns, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	dropNetns(path)
	path = fmt.Sprintf("/proc/self/fd/%d", ns.Fd())
	next := spawn(t, w.dir)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the process before: %v", err)
	}
	c = clientInside(t, path)
	c.Transport.(*http.Transport).DisableKeepAlives = true
	check()
	_ = next.Process.Signal(syscall.SIGTERM)
	if err := next.Wait(); err != nil {
		t.Errorf("end by SIGTERM: %v", err)
	}
}

// A thousand binds come and go with the cost of what changes.
func TestThousandsOfBinds(t *testing.T) {
	w := newWorld(t)
	dir := shortDir(t)
	w.unchecked("tg", app(t, says("hello")))
	l := w.endpoint("HTTP", route.Weighted{Group: "tg", Weight: 1})
	var last string
	for i := range 10 {
		last = newNetns(t, filepath.Join(dir, fmt.Sprint(i)))
		for j := range 200 {
			l.Binds = append(l.Binds, route.Bind{NetNS: last, Address: fmt.Sprintf("127.255.0.%d:80", j+1), Task: fmt.Sprint(i)})
		}
	}
	all := l.Binds
	measure := func(what string, binds []route.Bind) {
		t.Helper()
		l.Binds = binds
		began := time.Now()
		w.publish()
		t.Logf("%s: %v", what, time.Since(began))
	}
	measure("2000 binds", all)
	measure("the same", all)
	measure("one less", all[1:])
	if status, _ := fetch(t, clientInside(t, last), "http://127.255.0.200/"); status != 200 {
		t.Errorf("status %d", status)
	}
	measure("none", nil)
}

// TestBindsAside: where containers may want an endpoint's port, they get it, before
// and after the endpoint is there; connections to the endpoint find the proxy
// all the same, and it stays so when the socket is made anew.
func TestBindsAside(t *testing.T) {
	w := newWorld(t)
	ns := newNetns(t, filepath.Join(shortDir(t), "ns"))
	w.unchecked("tg", app(t, says("the endpoint")))
	l := w.endpoint("HTTP", route.Weighted{Group: "tg", Weight: 1})
	binds := []route.Bind{{NetNS: ns, Address: inside, Task: "1", Aside: true}}
	l.Binds = binds
	w.publish()

	var own net.Listener
	err := onThread(func() error {
		f, err := os.Open(ns)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		own, err = net.Listen("tcp", ":80")
		return err
	})
	if err != nil {
		t.Fatalf("a program of the task cannot listen on port 80: %v", err)
	}
	web := &http.Server{Handler: says("the program"), ReadHeaderTimeout: time.Second}
	served := make(chan error, 1)
	go func() { served <- web.Serve(own) }()
	t.Cleanup(func() { web.Close(); <-served })
	check := func() {
		t.Helper()
		for address, want := range map[string]string{inside: "the endpoint", "127.0.0.1:80": "the program"} {
			if status, body := fetch(t, clientInside(t, ns), "http://"+address+"/"); status != 200 || body != want {
				t.Errorf("%s: %d %q", address, status, body)
			}
		}
	}
	check()
	l.Binds = nil
	w.publish()
	l.Binds = binds
	w.publish()
	check()
}
