//go:build !unix

package cli

import "os"

// sizeChanges hears of nothing: there is no signal for it here.
func sizeChanges() (changes <-chan os.Signal, stop func()) { return nil, func() {} }
