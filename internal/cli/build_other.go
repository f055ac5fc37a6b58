//go:build !linux

package cli

import (
	"fmt"
	"os"
	"sync"
)

// buildID tells builds of grue apart by size and time of the file.
var buildID = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return Version
	}
	info, err := os.Stat(path)
	if err != nil {
		return Version
	}
	return fmt.Sprintf("%x%x", info.Size(), info.ModTime().UnixNano())
})
