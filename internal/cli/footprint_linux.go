package cli

import (
	"bufio"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// settled is when a process no longer needs what only its start needed.
const settled = time.Second

// shrink gives back, once the process has settled, the memory that only its
// start needed: free heap, and the pages of the program file that were read by
// initialisation. What is needed again comes from the page cache.
func shrink() {
	time.AfterFunc(settled, func() {
		debug.FreeOSMemory()
		for _, m := range ownMappings() {
			// A refusal costs memory, nothing else.
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, m[0], m[1]-m[0], unix.MADV_DONTNEED)
		}
	})
}

// ownMappings are the read-only mappings of this program's file.
func ownMappings() (out [][2]uintptr) {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil
	}
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return nil
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var from, to uintptr
		var mode string
		if n, _ := fmt.Sscanf(sc.Text(), "%x-%x %s", &from, &to, &mode); n == 3 &&
			strings.HasPrefix(mode, "r-") && strings.HasSuffix(sc.Text(), self) {
			out = append(out, [2]uintptr{from, to})
		}
	}
	return out
}
