package logs

import (
	"bytes"
	"testing"
)

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{})
	f.Add(appendFrame(nil, frame{time: 1, ingested: 2, source: 3, offset: 4, message: "hello"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, n, err := readFrame(b)
		if err != nil {
			return
		}
		if again := appendFrame(nil, got); !bytes.Equal(again, b[:n]) {
			t.Fatalf("frame %+v does not come back: %x, was %x", got, again, b[:n])
		}
	})
}

func TestTornFrame(t *testing.T) {
	whole := appendFrame(nil, frame{time: -5, message: "a message"})
	for n := range len(whole) {
		if _, _, err := readFrame(whole[:n]); err == nil {
			t.Fatalf("%d of %d bytes were taken for a frame", n, len(whole))
		}
	}
	for i := 4; i < len(whole); i++ {
		bad := bytes.Clone(whole)
		bad[i] ^= 1
		if _, _, err := readFrame(bad); err == nil {
			t.Fatalf("a changed byte %d was not noticed", i)
		}
	}
}
