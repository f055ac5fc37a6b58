package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// A guest calls others when it is asked to, from inside its task:
//
//	/call?url=…&n=100&header=Name:value  calls so often, one after the other, and answers the report
//	/drive?lane=x&url=…&connections=2     calls without end
//	/report?lane=x                        what the lane has seen since the last report
//
// A URL begins with http:// (one kept-alive connection), h2c:// (HTTP/2 without
// TLS), grpc:// (the same, as a unary call) or tcp:// (a connection a call: the
// server says its version).

// report counts answers by what they said.
type report struct {
	Total   int            `json:"total"`
	Failed  int            `json:"failed"`
	Answers map[string]int `json:"answers"`
	Errors  []string       `json:"errors"`
}

func (r *report) note(answer string, err error) {
	r.Total++
	if r.Answers == nil {
		r.Answers = map[string]int{}
	}
	if err != nil {
		r.Failed++
		if len(r.Errors) < 10 {
			r.Errors = append(r.Errors, time.Now().Format("05.000")+" "+err.Error())
		}
		return
	}
	r.Answers[answer]++
}

// lanes are what /drive started.
var lanes struct {
	sync.Mutex
	reports map[string]*report
}

func calls(mux *http.ServeMux) {
	mux.HandleFunc("/call", func(w http.ResponseWriter, r *http.Request) {
		c, n := newCaller(r), 1
		_, _ = fmt.Sscan(r.URL.Query().Get("n"), &n)
		var out report
		for range n {
			out.note(c.call())
		}
		_ = json.NewEncoder(w).Encode(&out)
	})
	mux.HandleFunc("/drive", func(_ http.ResponseWriter, r *http.Request) {
		lane, n := r.URL.Query().Get("lane"), 2
		_, _ = fmt.Sscan(r.URL.Query().Get("connections"), &n)
		for range n {
			go newCaller(r).drive(lane)
		}
	})
	mux.HandleFunc("/report", func(w http.ResponseWriter, r *http.Request) {
		lanes.Lock()
		defer lanes.Unlock()
		lane := r.URL.Query().Get("lane")
		out := lanes.reports[lane]
		delete(lanes.reports, lane)
		if out == nil {
			out = &report{}
		}
		_ = json.NewEncoder(w).Encode(out)
	})
}

// caller calls one URL over one connection.
type caller struct {
	url    string
	header http.Header
	client *http.Client
}

func newCaller(r *http.Request) *caller {
	c := &caller{url: r.URL.Query().Get("url"), header: http.Header{}}
	if name, value, ok := strings.Cut(r.URL.Query().Get("header"), ":"); ok {
		c.header.Set(name, value)
	}
	tr := &http.Transport{MaxIdleConnsPerHost: 1}
	if scheme, rest, _ := strings.Cut(c.url, "://"); scheme == "h2c" || scheme == "grpc" {
		c.url = "http://" + rest
		tr.Protocols = new(http.Protocols)
		tr.Protocols.SetUnencryptedHTTP2(true)
		if scheme == "grpc" {
			c.header.Set("Content-Type", "application/grpc")
			c.header.Set("TE", "trailers")
		}
	}
	c.client = &http.Client{Transport: tr, Timeout: time.Minute}
	return c
}

func (c *caller) drive(lane string) {
	for range time.Tick(10 * time.Millisecond) {
		answer, err := c.call()
		lanes.Lock()
		if lanes.reports == nil {
			lanes.reports = map[string]*report{}
		}
		if lanes.reports[lane] == nil {
			lanes.reports[lane] = &report{}
		}
		lanes.reports[lane].note(answer, err)
		lanes.Unlock()
	}
}

func (c *caller) call() (string, error) {
	if rest, ok := strings.CutPrefix(c.url, "tcp://"); ok {
		return dialOnce(rest)
	}
	method, body := http.MethodGet, io.Reader(nil)
	grpc := c.header.Get("Content-Type") == "application/grpc"
	if grpc {
		method, body = http.MethodPost, strings.NewReader("\x00\x00\x00\x00\x00") // an empty message
	}
	req, err := http.NewRequest(method, c.url, body)
	if err != nil {
		return "", err
	}
	req.Header = c.header.Clone()
	resp, err := c.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return "", err
	case resp.StatusCode != http.StatusOK:
		return "", fmt.Errorf("%s %s", resp.Status, b)
	case grpc && resp.Trailer.Get("Grpc-Status")+resp.Header.Get("Grpc-Status") != "0":
		return "", fmt.Errorf("grpc-status %q %q", resp.Trailer.Get("Grpc-Status"), resp.Header.Get("Grpc-Message"))
	case grpc:
		return string(b[min(5, len(b)):]), nil
	}
	return string(b), nil
}

// dialOnce reads what a server says until it closes.
func dialOnce(address string) (string, error) {
	c, err := net.DialTimeout("tcp", address, time.Minute)
	if err != nil {
		return "", err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	b, err := io.ReadAll(c)
	if err == nil && len(b) == 0 {
		err = io.ErrUnexpectedEOF
	}
	return string(b), err
}

// grpcAnswer answers any unary call with the version, those to /id with the task's
// id.
func grpcAnswer(w http.ResponseWriter, r *http.Request, version string) {
	if r.URL.Path == "/grpc/id" {
		version = self()
	}
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status")
	_, _ = w.Write([]byte{0, 0, 0, 0, byte(len(version))})
	_, _ = io.WriteString(w, version)
	w.Header().Set("Grpc-Status", "0")
}

// sayVersion serves TCP on an address: each connection is told the version.
func sayVersion(address string) string {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return said(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, os.Getenv("VERSION"))
			_ = c.Close()
		}
	}()
	return ""
}
