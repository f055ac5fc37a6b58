package unicorn

import (
	"log"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// Kinds of bad versions.
const (
	Slow   = "slow"   // every answer takes Delay longer
	Errors = "errors" // one answer in ErrorEvery is a 500
	Crash  = "crash"  // ends as soon as it starts
	Leak   = "leak"   // takes LeakRate of memory each second and keeps it
	Wrong  = "wrong"  // answers quickly, with status 200, and nonsense
)

// What they do, in numbers.
const (
	Delay      = 400 * time.Millisecond
	ErrorEvery = 20       // 5 %
	LeakRate   = 32 << 20 // bytes a second
)

// Version is what this program calls itself.
func Version() string {
	if v := os.Getenv("VERSION"); v != "" {
		return v
	}
	return "v0"
}

// Is tells whether this is a bad version of that kind.
func Is(kind string) bool { return os.Getenv("BAD") == kind }

// Start does what a bad version does when it starts. Call it first in main.
func Start() {
	log.SetFlags(0)
	if Is(Crash) {
		log.Fatalf("%s crashes at start, as it was told to", Version())
	}
	if Is(Leak) {
		go leak()
	}
	log.Printf("%s starts", Version())
}

var kept [][]byte

// leak touches what it takes, for memory that nobody wrote to costs nothing.
func leak() {
	debug.SetGCPercent(-1)
	const pieces = 10
	for range time.Tick(time.Second / pieces) {
		piece := make([]byte, LeakRate/pieces)
		for i := 0; i < len(piece); i += 4096 {
			piece[i] = 1
		}
		kept = append(kept, piece)
	}
}

var answers atomic.Int64

// Fails tells whether this answer is one of the errors of a bad version.
func Fails() bool { return Is(Errors) && answers.Add(1)%ErrorEvery == 0 }

// Drag waits as long as a slow version makes everybody wait.
func Drag() {
	if Is(Slow) {
		time.Sleep(Delay)
	}
}
