package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// perform runs steps separated by ";" and prints what each one says.
func perform(words []string) {
	for len(words) > 0 {
		step := words
		if i := slices.Index(words, ";"); i >= 0 {
			step, words = words[:i], words[i+1:]
		} else {
			words = nil
		}
		if out := do(step); out != "" {
			fmt.Println(out)
		}
	}
}

// verbs are what a step can do; each answers with what it found. "serve" can do
// steps itself, so the table is filled at start.
var verbs map[string]func(arg []string) string

func init() {
	verbs = map[string]func(arg []string) string{
		"print":   func(arg []string) string { return strings.Join(arg, " ") },
		"err":     func(arg []string) string { fmt.Fprintln(os.Stderr, strings.Join(arg, " ")); return "" },
		"lines":   lines,
		"sleep":   func(arg []string) string { time.Sleep(span(arg[0])); return "" },
		"deaf":    func([]string) string { signal.Ignore(syscall.SIGTERM); return "" },
		"obey":    obey,
		"ready":   ready,
		"dial":    dial,
		"gone":    gone,
		"serve":   func(arg []string) string { serve(arg[0], os.Getenv("MODE")); return "" },
		"exit":    func(arg []string) string { os.Exit(number(arg[0])); return "" },
		"eat":     eat,
		"burn":    burn,
		"shell":   shell,
		"size":    size,
		"flood":   flood,
		"sum":     sum,
		"hold":    hold,
		"rest":    rest,
		"env":     func(arg []string) string { return os.Getenv(arg[0]) },
		"args":    func(arg []string) string { return strings.Join(arg, "|") },
		"write":   func(arg []string) string { return said(os.WriteFile(arg[0], []byte(arg[1]), 0o644)) },
		"read":    func(arg []string) string { b, err := os.ReadFile(arg[0]); return string(b) + said2(err) },
		"probe":   probe,
		"get":     func(arg []string) string { return get(arg...) },
		"await":   await,
		"put":     put,
		"resolve": func(arg []string) string { a, err := net.LookupHost(arg[0]); return strings.Join(a, " ") + said2(err) },
		"srv":     srv,
		"fresh":   fresh,
		"user":    func([]string) string { return fmt.Sprint(os.Getuid(), ":", os.Getgid()) },
		"cwd":     func([]string) string { d, err := os.Getwd(); return d + said2(err) },
		"nofile":  nofile,
		"address": address,
	}
}

// lines prints numbered lines, with a pause after each if one is given.
func lines(arg []string) string {
	for i := range number(arg[0]) {
		fmt.Printf("line %d\n", i)
		if len(arg) > 1 {
			time.Sleep(span(arg[1]))
		}
	}
	return ""
}

// obey has SIGTERM end the guest with a status.
func obey(arg []string) string {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() { <-c; fmt.Println("told to stop"); os.Exit(number(arg[0])) }()
	return ""
}

// eat fills so many MiB of memory.
func eat(arg []string) string {
	var all [][]byte
	for range number(arg[0]) {
		all = append(all, bytes.Repeat([]byte{1}, 1<<20))
	}
	return fmt.Sprint(len(all), " MiB eaten")
}

// nofile tells the limits of open files, soft:hard.
func nofile([]string) string {
	doc, err := os.ReadFile("/proc/self/limits")
	for line := range strings.Lines(string(doc)) {
		if f := strings.Fields(line); strings.HasPrefix(line, "Max open files") {
			return f[3] + ":" + f[4]
		}
	}
	return said(err)
}

// address lists the IPv4 addresses of the container.
func address([]string) string {
	list, err := net.InterfaceAddrs()
	var out []string
	for _, a := range list {
		if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLoopback() && ip.IP.To4() != nil {
			out = append(out, ip.IP.String())
		}
	}
	return strings.Join(out, " ") + said2(err)
}

// do runs one step.
func do(step []string) string {
	if len(step) == 0 {
		return ""
	}
	verb, ok := verbs[step[0]]
	if !ok {
		fmt.Fprintln(os.Stderr, "no such step:", step[0])
		os.Exit(64)
	}
	return verb(step[1:])
}

var client = &http.Client{Timeout: time.Minute}

// get tells the body of a URL; a second argument is how long that may take.
func get(arg ...string) string {
	c := *client
	if len(arg) > 1 {
		c.Timeout = span(arg[1])
	}
	resp, err := c.Get(os.ExpandEnv(arg[0]))
	if err != nil {
		return said(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return resp.Status + " " + string(b)
	}
	return string(b) + said2(err)
}

// probe is a health check: a URL must answer 200, a file must exist.
func probe(arg []string) string {
	if strings.HasPrefix(arg[0], "http") {
		resp, err := client.Get(arg[0])
		if err != nil || resp.StatusCode != http.StatusOK {
			fmt.Println(err)
			os.Exit(1)
		}
		return ""
	}
	if _, err := os.Stat(arg[0]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	return ""
}

// await asks again until a URL answers.
func await(arg []string) string {
	out := ""
	for range 1200 {
		if out = get(arg[0]); !strings.HasPrefix(out, "error") {
			return out
		}
		time.Sleep(50 * time.Millisecond)
	}
	return out
}

func put(arg []string) string {
	req, err := http.NewRequest(http.MethodPut, os.ExpandEnv(arg[0]), strings.NewReader(arg[1]))
	if err != nil {
		return said(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return said(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.Status + " " + string(b) + said2(err)
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

func span(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		panic(err)
	}
	return d
}

func said(err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return "ok"
}

func said2(err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return ""
}
