// Command guest is the program inside the containers of black-box tests.
//
// Without arguments it serves HTTP on :8080 and answers with its VERSION, puts its
// VERSION before each line over TCP and each datagram over UDP on :7007, and
// misbehaves as MODE says:
//
//	""          works; drains on SIGTERM
//	exit        ends with status 3 at once
//	crash       ends with status 3 a tenth of a second after it began
//	unhealthy   answers 503 on /healthz
//	waiting     answers 503 on /healthz until somebody gets /well
//	late        answers 503 on /healthz for the first 12 seconds
//	stubborn    ignores SIGTERM
//	slow        listens a second late
//	reset       resets connections on :7007 when something is said
//	faulty      answers 500 on every path that is not for tests; /healthz is well
//
// It says its VERSION to every TCP connection to :9090, speaks HTTP/2 without TLS,
// too, and calls others when it is asked to: see call.go.
//
// With arguments it performs steps, separated by ";":
//
//	guest print hello ";" sleep 1s ";" exit 3
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		perform(os.Args[1:])
		return
	}
	mode := os.Getenv("MODE")
	fmt.Println("guest", os.Getenv("VERSION"), mode)
	switch mode {
	case "exit":
		os.Exit(3)
	case "slow":
		time.Sleep(time.Second)
	case "crash":
		time.AfterFunc(100*time.Millisecond, func() { os.Exit(3) })
	}
	sayVersion(":9090")
	serve(":8080", mode)
}
