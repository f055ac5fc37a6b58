// Program bootstrap speaks the Lambda Runtime API by itself, as the tests ask:
// its event says what to do.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

type event struct {
	Do, Path string
	N        int
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		time.Sleep(time.Hour)
	}
	start := time.Now().UnixNano()
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
	fmt.Println("init of", os.Getenv("_HANDLER"))
	switch os.Getenv("INIT") {
	case "exit":
		os.Exit(7)
	case "hang":
		time.Sleep(time.Hour)
	case "talk":
		fmt.Print(strings.Repeat(strings.Repeat("x", 99)+"\n", 500))
	case "error":
		post(base+"init/error", `{"errorType":"Extension.Boom","errorMessage":"no init"}`)
		time.Sleep(time.Hour)
	}
	for n := 1; ; n++ {
		resp, err := http.Get(base + "invocation/next")
		if err != nil {
			os.Exit(9)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		id := resp.Header.Get("Lambda-Runtime-Aws-Request-Id")
		var e event
		_ = json.Unmarshal(body, &e)
		path := base + "invocation/" + id + "/"
		fmt.Print("event ", e.Do) // without an end of line
		switch e.Do {
		case "exit":
			os.Exit(e.N)
		case "hang":
			child := exec.Command("sleep", "600")
			_ = child.Start()
			time.Sleep(time.Hour)
		case "wait":
			time.Sleep(time.Duration(e.N) * time.Millisecond)
			fmt.Println(" waited")
		case "until": // there is a file
			for {
				if _, err := os.Stat(e.Path); err == nil {
					break
				}
				time.Sleep(5 * time.Millisecond)
			}
		case "error":
			post(path+"error", `{"errorType":"Custom","errorMessage":"as asked"}`)
			continue
		case "garbage":
			post(path+"response", "<html>")
			continue
		case "twice":
			post(path+"response", `"first"`)
			fmt.Println(" second:", post(path+"response", `"second"`))
			continue
		case "wrong":
			fmt.Println(" wrong:", post(base+"invocation/other/response", `"x"`))
		case "memory":
			b := make([]byte, e.N<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
		case "fork": // a child that lives on, in a session of its own
			child := exec.Command(os.Args[0], "child")
			child.Stdout, child.Stderr = os.Stdout, os.Stderr
			child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			fmt.Println(" child:", child.Start())
		case "print": // megabytes, in lines of a kilobyte
			for i := range e.N << 10 {
				fmt.Printf("%08d %s\n", i, strings.Repeat("x", 1014))
			}
		case "file":
			fmt.Println("", e.Path, os.WriteFile(e.Path, []byte("x"), 0o600))
		case "get":
			fmt.Println("", e.Path, get(e.Path))
		case "large":
			post(path+"response", `"`+strings.Repeat("x", e.N)+`"`)
			continue
		}
		out, _ := json.Marshal(map[string]any{
			"echo": json.RawMessage(body), "calls": n, "pid": os.Getpid(), "start": start, "args": os.Args, "dir": dir(), "tmp": os.Getenv("TMPDIR"), "key": os.Getenv("AWS_ACCESS_KEY_ID"),
			"arn": resp.Header.Get("Lambda-Runtime-Invoked-Function-Arn"), "context": resp.Header.Get("Lambda-Runtime-Client-Context"),
		})
		post(path+"response", string(out))
	}
}

func dir() string {
	d, _ := os.Getwd()
	return d
}

func get(url string) string {
	resp, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	resp.Body.Close()
	return resp.Status
}

func post(url, body string) int {
	resp, err := http.Post(url, "application/json", bytes.NewReader([]byte(body)))
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}
