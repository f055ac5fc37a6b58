//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"
)

// sizeChanges hears of each change of the terminal's size.
func sizeChanges() (changes <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGWINCH)
	return c, func() { signal.Stop(c) }
}
