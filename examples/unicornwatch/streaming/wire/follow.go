package wire

import (
	"errors"
	"fmt"
	"io"
)

// Report is what a client got on one connection.
type Report struct {
	Version   byte // of the protocol
	Sightings int
	Text      string // of the first
}

// ErrCut says that a connection ended without a bye.
var ErrCut = errors.New("cut off")

// Follow says hello and reads until the bye, or at most some sightings. Everything
// must be of the version that the greeting named, numbered without a gap.
func Follow(c io.ReadWriter, most int) (r Report, err error) {
	if _, err := io.WriteString(c, Hello); err != nil {
		return r, fmt.Errorf("%w before the hello: %w", ErrCut, err)
	}
	if r.Version, err = ReadGreeting(c); err != nil {
		return r, fmt.Errorf("%w before the greeting: %w", ErrCut, err)
	}
	for r.Sightings < most {
		s, err := Read(c, r.Version)
		switch {
		case errors.Is(err, ErrGarbage):
			return r, err
		case err != nil:
			return r, fmt.Errorf("%w after %d sightings: %w", ErrCut, r.Sightings, err)
		case s.Number != uint32(r.Sightings):
			return r, fmt.Errorf("%w: sighting %d instead of %d", ErrGarbage, s.Number, r.Sightings)
		case s.Text == "":
			return r, nil
		}
		if r.Sightings == 0 {
			r.Text = s.Text
		}
		r.Sightings++
	}
	return r, nil
}
