package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"

	"github.com/grue-ecs/grue/internal/client"
)

// context ends with Ctrl-C or SIGTERM.
func (s *streams) context() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
}

// terminal tells whether a stream is a screen, or keyboard, of a person.
func terminal(stream any) bool {
	if w, ok := stream.(io.Writer); ok {
		stream = beneath(w)
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(f.Fd()) && os.Getenv("TERM") != "dumb"
}

// width of a terminal; 0 when the stream is none.
func width(w io.Writer) int {
	f, ok := beneath(w).(*os.File)
	if !ok {
		return 0
	}
	n, _, err := term.GetSize(f.Fd())
	if err != nil {
		return 0
	}
	return n
}

// colourful tells whether a stream wants colours: a terminal, without NO_COLOR.
func colourful(w io.Writer) bool { return terminal(w) && os.Getenv("NO_COLOR") == "" }

// slow is how long a person waits without being told for what.
const slow = time.Second

// doing tells on standard error what takes longer than a second, until the
// returned function is called. On a terminal the line counts seconds and goes
// away at the end.
func (s *streams) doing(what string) (done func()) {
	began, stop := time.Now(), make(chan struct{})
	var told sync.WaitGroup
	screen, line := terminal(s.err), beneath(s.err)
	what = client.OneLine(what)
	told.Go(func() {
		tick := time.NewTicker(slow)
		defer tick.Stop()
		for said := false; ; said = true {
			select {
			case <-stop:
				if said && screen {
					fmt.Fprint(line, "\r\x1b[K")
				}
				return
			case <-tick.C:
			}
			switch {
			case screen:
				fmt.Fprintf(line, "\r\x1b[K%s … %d s", what, int(time.Since(began).Seconds()))
			case !said:
				fmt.Fprintf(s.err, "%s …\n", what)
			}
		}
	})
	return sync.OnceFunc(func() { close(stop); told.Wait() })
}
