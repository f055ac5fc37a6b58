// Command sample is a small web service to deploy with grue.
//
//	GET /         "v1 blue 9ad41f…": version, colour and task id
//	GET /healthz  200 while it takes requests, 503 once it is told to stop
//
//	sample get URL     prints what URL answers, for calls from inside of a task
//	sample migrate     says that it migrated, and ends: for hooks that are tasks
//
// It shows what a service does for a deployment that loses no request: it says
// that it is healthy only when it serves, and on SIGTERM it finishes the requests
// it has before it ends.
//
// Environment: VERSION, COLOUR, PORT (8080), and for bad versions to try rollbacks
// with: FAIL (a text: exit at start with it), ERRORS (a percentage, 0 to 100: so many
// answers are 500, evenly spread; /healthz stays good).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// grace bounds how long requests may take after SIGTERM: less than the 30 s
// after which ECS sends SIGKILL.
const grace = 20 * time.Second

func main() {
	log.SetFlags(0)
	if why := os.Getenv("FAIL"); why != "" {
		log.Fatalf("told to fail: %s", why)
	}
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 0:
		return serve()
	case len(args) == 1 && args[0] == "migrate":
		log.Print("migrated")
		return nil
	case len(args) == 2 && args[0] == "get":
		return get(os.Stdout, args[1])
	}
	return errors.New("usage: sample [get URL | migrate]")
}

// get prints what a URL answers.
func get(w io.Writer, url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, resp.Status)
	}
	_, err = io.Copy(w, resp.Body)
	return err
}

func serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	l, err := net.Listen("tcp", ":"+env("PORT", "8080"))
	if err != nil {
		return err
	}
	bad, err := strconv.Atoi(env("ERRORS", "0"))
	if err != nil || bad < 0 || bad > 100 {
		return errors.New("ERRORS is a percentage from 0 to 100")
	}
	var stopping atomic.Bool
	answer := fmt.Sprintf("%s %s %s\n", env("VERSION", "dev"), env("COLOUR", "white"), taskID(ctx))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if stopping.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.Handle("/", spoil(bad, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) }))
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(l) }()
	log.Printf("serving as %s", strings.TrimSpace(answer))
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	log.Print("SIGTERM: finishing requests")
	stopping.Store(true)
	late, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := web.Shutdown(late); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// spoil makes so many percent of the answers errors: with 20, every fifth.
func spoil(percent int, good http.HandlerFunc) http.Handler {
	var asked atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		if n*int64(percent)/100 > (n-1)*int64(percent)/100 {
			http.Error(w, "told to answer with errors", http.StatusInternalServerError)
			return
		}
		good(w, r)
	})
}

// taskID asks the task metadata endpoint; outside a task it is the host's name.
func taskID(ctx context.Context) string {
	host, _ := os.Hostname()
	base := os.Getenv("ECS_CONTAINER_METADATA_URI_V4")
	if base == "" {
		return host
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/task", nil)
	if err != nil {
		return host
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return host
	}
	defer resp.Body.Close()
	var task struct{ TaskARN string }
	if err := json.NewDecoder(resp.Body).Decode(&task); err != nil || task.TaskARN == "" {
		return host
	}
	return task.TaskARN[strings.LastIndexByte(task.TaskARN, '/')+1:]
}

func env(name, deflt string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return deflt
}
