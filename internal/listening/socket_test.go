package listening

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/test/port"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func keeper(t *testing.T, path string) *Keeper {
	t.Helper()
	k, err := Keep(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k
}

func client(t *testing.T, path string) *Client {
	t.Helper()
	c := NewClient(path)
	t.Cleanup(c.Close)
	return c
}

func listen(t *testing.T, address string) *net.TCPListener {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.(*net.TCPListener)
}

func take(t *testing.T, c *Client) map[string]*os.File {
	t.Helper()
	files, err := c.Take()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, f := range files {
			f.Close()
		}
	})
	return files
}

// TestDeath: what connects while no process accepts is served by the next one.
func TestDeath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	k := keeper(t, path)
	first := client(t, path)
	l := listen(t, "127.0.0.1:0")
	name := "tcp|" + l.Addr().String()
	first.Sync(map[string]Socket{name: l})
	if !first.Alive() || k.Len() != 1 {
		t.Fatalf("%d sockets are kept", k.Len())
	}
	address := l.Addr().String()
	l.Close()
	first.Close() // the process is dead
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatalf("refused between two processes: %v", err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	files := take(t, client(t, path))
	if len(files) != 1 || files[name] == nil {
		t.Fatalf("took %v", files)
	}
	again, err := net.FileListener(files[name])
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	served, err := again.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	got := make([]byte, 5)
	if _, err := io.ReadFull(served, got); err != nil || string(got) != "hello" {
		t.Errorf("got %q %v", got, err)
	}
}

// TestDrop: an address is free again once its socket is not wanted any more.
func TestDrop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	k := keeper(t, path)
	c := client(t, path)
	for _, free := range []func(string){
		func(string) { c.Sync(nil) },
		c.Vacate,
	} {
		address := port.Address(t)
		l := listen(t, address)
		name := "tcp|" + address
		c.Sync(map[string]Socket{name: l})
		c.Alive() // the keeper has it now
		l.Close()
		if two, err := net.Listen("tcp", address); err == nil {
			two.Close()
			t.Fatal("the keeper did not hold the address")
		}
		free(name)
		listen(t, address)
		if k.Len() != 0 {
			t.Errorf("%d sockets are left", k.Len())
		}
	}
}

// TestNextKeeper: a proxy that outlives its keeper hands all to the next one,
// which gives up what nobody wants.
func TestNextKeeper(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	k := keeper(t, path)
	c := client(t, path)
	sockets := map[string]Socket{}
	for i := range 250 {
		sockets[fmt.Sprint(i)] = listen(t, "127.0.0.1:0")
	}
	c.Sync(sockets)
	if !c.Alive() || k.Len() != 250 {
		t.Fatalf("%d sockets are kept", k.Len())
	}
	k.Close()
	if c.Alive() {
		t.Error("a keeper that ended is alive")
	}
	c.Sync(sockets) // into the void
	next := keeper(t, path)
	other := client(t, path)
	other.Sync(map[string]Socket{"stale": listen(t, "127.0.0.1:0"), "7": listen(t, "127.0.0.1:0")})
	other.Alive()
	c.Sync(sockets)
	if !c.Alive() || next.Len() != 250 {
		t.Errorf("%d sockets are kept by the next keeper", next.Len())
	}
	files := take(t, client(t, path))
	l, err := net.FileListener(files["7"])
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if want := sockets["7"].(*net.TCPListener).Addr().String(); l.Addr().String() != want {
		t.Errorf("kept %s, want %s", l.Addr(), want)
	}
}

// TestNoKeeper: without one, everything goes on.
func TestNoKeeper(t *testing.T) {
	c := client(t, filepath.Join(t.TempDir(), "none"))
	c.Sync(map[string]Socket{"x": listen(t, "127.0.0.1:0")})
	c.Vacate("x")
	if files := take(t, c); len(files) != 0 || c.Alive() {
		t.Error("a keeper out of nothing")
	}
}

// TestSilentKeeper: one that hangs is left alone.
func TestSilentKeeper(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := client(t, path)
	c.patience = 100 * time.Millisecond
	if _, err := c.Take(); err == nil {
		t.Error("took from a keeper that says nothing")
	}
	if c.connect() {
		t.Error("asked again at once")
	}
}

// FuzzKeeper: nothing that a client sends harms another one.
func FuzzKeeper(f *testing.F) {
	one := func(body string) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
	}
	for _, seed := range []string{`{"verb":"keep","name":"x"}`, `{"verb":"drop","names":["a"]}`, `{"verb":"take"}`, `{"verb":"ping"}`, `{`, ``} {
		f.Add(one(seed))
	}
	f.Add([]byte{255, 255, 255, 255, 1})
	path := filepath.Join(f.TempDir(), "k")
	k, err := Keep(path, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(k.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { l.Close() })
	f.Fuzz(func(t *testing.T, input []byte) {
		if bytes.Contains(input, []byte(verbDrop)) {
			t.Skip("a drop is allowed")
		}
		good := client(t, path)
		good.Sync(map[string]Socket{"good": l.(*net.TCPListener)})
		bad, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		_ = bad.SetDeadline(time.Now().Add(time.Minute))
		_, _ = bad.Write(input) // the keeper may have hung up
		bad.Close()
		if !good.Alive() || k.Len() != 1 {
			t.Errorf("%d sockets are left", k.Len())
		}
	})
}
