package server

import (
	"net/http"
	"runtime"
)

// maxStacks bounds the answer of GET /grue/goroutines, in bytes.
const maxStacks = 32 << 20

// goroutines answers what every goroutine of the server is doing, for bug reports.
// Arguments in it are numbers: no content of memory is shown.
func goroutines(w http.ResponseWriter, _ *http.Request) {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) || len(buf) >= maxStacks {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = w.Write(buf[:n])
			return
		}
		buf = make([]byte, 2*len(buf))
	}
}
