package cli

import (
	"debug/elf"
	"encoding/hex"
	"hash/fnv"
	"sync"
)

// buildID tells builds of grue apart: the id that the Go linker wrote into the
// file that this process runs, even when that file was replaced since.
var buildID = sync.OnceValue(func() string {
	f, err := elf.Open("/proc/self/exe")
	if err != nil {
		return Version
	}
	defer f.Close()
	note := f.Section(".note.go.buildid")
	if note == nil {
		return Version
	}
	data, err := note.Data()
	if err != nil {
		return Version
	}
	h := fnv.New128a()
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
})
