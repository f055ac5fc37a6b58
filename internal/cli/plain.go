package cli

import (
	"io"

	"github.com/grue-ecs/grue/internal/client"
)

// plain is a stream through which nothing reaches a terminal that it would obey, whoever wrote it:
// see client.Printable. JSON stays JSON. All verbs write through it; those that draw, colour or
// carry another program's terminal use beneath.
type plain struct{ io.Writer }

func (p plain) Write(b []byte) (int, error) {
	if _, err := io.WriteString(p.Writer, client.Printable(string(b), false)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// beneath is the stream itself: what is written to it must be made printable before.
func beneath(w io.Writer) io.Writer {
	if p, ok := w.(plain); ok {
		return p.Writer
	}
	return w
}
