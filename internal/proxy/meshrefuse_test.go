package proxy

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// framed is a target of HTTP/2 that does with each request what a test says.
func framed(t testing.TB, answer func(f *http2.Framer, stream uint32)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serveFrames(conn, answer)
		}
	}()
	return l.Addr().String()
}

func serveFrames(conn net.Conn, answer func(*http2.Framer, uint32)) {
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	f := http2.NewFramer(conn, conn)
	_ = f.WriteSettings()
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return
		}
		switch x := frame.(type) {
		case *http2.SettingsFrame:
			if !x.IsAck() {
				_ = f.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			answer(f, x.StreamID)
		}
	}
}

// ok answers 200 without a body.
func ok(f *http2.Framer, stream uint32) {
	var block bytes.Buffer
	_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: true})
}

// A stream that a target refused was not looked at: it goes to another target, and
// where there is none to the same once more.
func TestMeshRefusedStreams(t *testing.T) {
	var refused atomic.Int64
	refuse := func(f *http2.Framer, stream uint32) {
		refused.Add(1)
		_ = f.WriteRSTStream(stream, http2.ErrCodeRefusedStream)
	}
	var away atomic.Int64
	leave := func(f *http2.Framer, stream uint32) {
		if away.Add(1) == 1 {
			_ = f.WriteGoAway(stream-1, http2.ErrCodeNo, nil)
			return
		}
		ok(f, stream)
	}
	for _, c := range []struct {
		name    string
		targets []string
		want    int
	}{
		{"another target", []string{framed(t, refuse), framed(t, ok)}, 200},
		{"the only one said goodbye to a connection", []string{framed(t, leave)}, 200},
		{"nobody takes it", []string{framed(t, refuse)}, 503},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			g := w.unchecked("tg", c.targets...)
			g.Version, g.Resilience = "GRPC", resilience()
			_, address := w.mesh("HTTP2", one("tg"))
			w.publish()
			resp, err := h2prior(t).Post("http://"+address+"/s/m", "text/plain", strings.NewReader("hello"))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != c.want {
				t.Errorf("status %d, want %d", resp.StatusCode, c.want)
			}
		})
	}
	if refused.Load() == 0 || away.Load() != 2 {
		t.Errorf("%d refused, %d at the one that left", refused.Load(), away.Load())
	}
}
