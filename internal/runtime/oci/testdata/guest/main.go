// Command guest is what containers run in the tests of package oci.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

func main() {
	for _, a := range os.Args[1:] {
		verb, arg, _ := strings.Cut(a, "=")
		act, ok := verbs[verb]
		if !ok {
			fail(fmt.Errorf("unknown verb %q", verb))
		}
		act(arg)
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(99)
	}
}

func wait() { time.Sleep(time.Hour) }

var verbs = map[string]func(string){
	"print": func(s string) { fmt.Println(s) },
	"tell": func(s string) { // in the place of the container's first process
		if os.WriteFile("/proc/1/fd/1", []byte(s+"\n"), 0) != nil {
			os.Exit(1)
		}
	},
	"lines": func(s string) {
		n, _ := strconv.Atoi(s)
		for i := range n {
			fmt.Println("line", i)
		}
	},
	"warn":  func(s string) { fmt.Fprintln(os.Stderr, s) },
	"raw":   func(s string) { fmt.Print(s) },
	"exit":  func(s string) { n, _ := strconv.Atoi(s); os.Exit(n) },
	"env":   func(s string) { fmt.Println(os.Getenv(s)) },
	"sleep": func(s string) { d, err := time.ParseDuration(s); fail(err); time.Sleep(d) },
	"hang":  func(string) { wait() },
	"segv": func(string) {
		// Past Go's own handler, to the kernel's default.
		var def [32]byte
		syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(syscall.SIGSEGV), uintptr(unsafe.Pointer(&def)), 0, 8, 0, 0)
		syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		wait()
	},
	"id": func(string) {
		groups, _ := os.Getgroups()
		fmt.Println(os.Getuid(), os.Getgid(), groups)
	},
	"cwd":  func(string) { d, err := os.Getwd(); fail(err); fmt.Println(d) },
	"cat":  func(s string) { data, err := os.ReadFile(s); fail(err); os.Stdout.Write(data) },
	"host": func(string) { h, _ := os.Hostname(); fmt.Println(h) },
	"touch": func(s string) {
		err := os.WriteFile(s, []byte("x"), 0o644)
		fmt.Println("touch", s, err == nil, err)
	},
	"ls": func(s string) {
		entries, err := os.ReadDir(s)
		fail(err)
		for _, e := range entries {
			fmt.Println(e.Name())
		}
	},
	"status": func(key string) {
		data, _ := os.ReadFile("/proc/self/status")
		for l := range strings.Lines(string(data)) {
			if strings.HasPrefix(l, key+":") {
				fmt.Print(l)
			}
		}
	},
	"alloc": func(s string) {
		n, _ := strconv.Atoi(s)
		data := make([]byte, n<<20)
		for i := range data {
			data[i] = 1
		}
		fmt.Println("allocated", len(data))
	},
	"mount":   func(s string) { fmt.Println("mount", syscall.Mount("x", s, "tmpfs", 0, "")) },
	"unshare": func(string) { fmt.Println("unshare", syscall.Unshare(syscall.CLONE_NEWNS)) },
	"statfs": func(s string) {
		var st syscall.Statfs_t
		fail(syscall.Statfs(s, &st))
		fmt.Println("size", int64(st.Blocks)*st.Bsize)
	},
	"nofile": func(string) {
		var r syscall.Rlimit
		fail(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r))
		fmt.Println(r.Cur, r.Max)
	},
	// size=COLSxROWS: wait until the terminal is that large.
	"size": func(want string) {
		for {
			var ws [4]uint16
			_, _, e := syscall.Syscall(syscall.SYS_IOCTL, 0, syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&ws)))
			if e != 0 {
				fail(e)
			}
			if fmt.Sprint(ws[1], "x", ws[0]) == want {
				fmt.Println("size", want)
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	},
	// leave: a child that holds the output lives on.
	"leave": func(string) {
		_, err := os.StartProcess("/guest", []string{"/guest", "hang="}, &os.ProcAttr{Files: []*os.File{nil, os.Stdout, os.Stderr}})
		fail(err)
	},
	"pid":  func(string) { fmt.Println("pid", os.Getpid()) },
	"echo": func(string) { io.Copy(os.Stdout, os.Stdin) },
	"serve": func(addr string) {
		http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") })
		fail(http.ListenAndServe(addr, nil))
	},
	"get": func(url string) {
		for range 10_000 {
			if r, err := http.Get(url); err == nil {
				data, _ := io.ReadAll(r.Body)
				fmt.Println("got", string(data))
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		fail(fmt.Errorf("no answer from %s", url))
	},
	"dial": func(addr string) {
		_, err := net.DialTimeout("tcp", addr, time.Second)
		fmt.Println("dial", err == nil)
	},
	// term=N: end with code N on SIGTERM. deaf: ignore it.
	"term": func(s string) {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM)
		fmt.Println("ready")
		<-c
		n, _ := strconv.Atoi(s)
		os.Exit(n)
	},
	// late: no handler at all for a while, then end with 7.
	"late": func(string) {
		var def, old [32]byte
		syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(syscall.SIGTERM), uintptr(unsafe.Pointer(&def)), uintptr(unsafe.Pointer(&old)), 8, 0, 0)
		fmt.Println("ready")
		time.Sleep(200 * time.Millisecond)
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM)
		syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(syscall.SIGTERM), uintptr(unsafe.Pointer(&old)), 0, 8, 0, 0)
		<-c
		os.Exit(7)
	},
	"deaf": func(string) { signal.Ignore(syscall.SIGTERM); fmt.Println("ready"); wait() },
	// obey: die of SIGTERM, as a program without a handler does outside PID 1.
	"obey": func(string) {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM)
		fmt.Println("ready")
		<-c
		os.Exit(143)
	},
	"orphan": func(string) {
		// a grandchild that outlives its parent
		pid, err := syscall.ForkExec("/guest", []string{"guest", "sleep=100ms"}, &syscall.ProcAttr{Files: []uintptr{0, 1, 2}})
		fail(err)
		fmt.Println("child", pid > 0)
	},
}
