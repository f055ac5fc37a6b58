package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// talk is a server's side of a connection, as bytes; what the client says is lost.
type talk struct{ *bytes.Reader }

func (talk) Write(p []byte) (int, error) { return len(p), nil }

func said(version byte, sightings ...Sighting) []byte {
	b := Greeting(version)
	for _, s := range sightings {
		b = Append(b, version, s)
	}
	return b
}

var some = []Sighting{{0, "Bree"}, {1, "Fjord at Cold Bay"}, {2, ""}}

func TestFollow(t *testing.T) {
	for _, version := range []byte{1, 2} {
		r, err := Follow(talk{bytes.NewReader(said(version, some...))}, 9)
		if err != nil || r.Version != version || r.Sightings != 2 || r.Text != "Bree" {
			t.Errorf("version %d: %+v %v", version, r, err)
		}
	}
}

func TestFollowRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		said []byte
		want error
	}{
		"nothing":          {nil, ErrCut},
		"no bye":           {said(1, some[:2]...), ErrCut},
		"half a sighting":  {said(2, some...)[:14], ErrCut},
		"a gap":            {said(1, some[1]), ErrGarbage},
		"another greeting": {[]byte("HTTP"), ErrGarbage},
		"mixed, 1 then 2":  {append(said(1, some[0]), Append(nil, 2, some[1])...), ErrGarbage},
		"mixed, 2 then 1":  {append(said(2, some[0]), Append(nil, 1, some[1])...), ErrGarbage},
	} {
		if r, err := Follow(talk{bytes.NewReader(c.said)}, 9); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v %v", name, r, err)
		}
	}
}

func FuzzFollow(f *testing.F) {
	f.Add(said(1, some...))
	f.Add(said(2, some...))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Follow(talk{bytes.NewReader(b)}, 1000)
		if err == nil && r.Version != 1 && r.Version != 2 || errors.Is(err, io.EOF) && !errors.Is(err, ErrCut) {
			t.Errorf("%+v %v", r, err)
		}
	})
}
