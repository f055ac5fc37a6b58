package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// srv looks up the hosts of a service: "name host:port …", by name.
func srv(arg []string) string {
	_, all, err := net.LookupSRV("", "", arg[0])
	var out []string
	for _, s := range all {
		addresses, err := net.LookupHost(s.Target)
		out = append(out, net.JoinHostPort(strings.Join(addresses, " ")+said2(err), strconv.Itoa(int(s.Port))))
	}
	slices.Sort(out)
	return strings.Join(out, " ") + said2(err)
}

// fresh calls a URL so many times, looking the name up and connecting anew each
// time; it tells how often each answer came.
func fresh(arg []string) string {
	c := &http.Client{Timeout: client.Timeout, Transport: &http.Transport{DisableKeepAlives: true}}
	seen := map[string]int{}
	for range number(arg[1]) {
		seen[call(c, arg[0])]++
	}
	var out []string
	for answer, n := range seen {
		out = append(out, fmt.Sprint(n, " ", answer))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

func call(c *http.Client, url string) string {
	resp, err := c.Get(url)
	if err != nil {
		return said(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return "error: " + resp.Status + said2(err)
	}
	return string(b)
}
