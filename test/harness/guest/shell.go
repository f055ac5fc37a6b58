package main

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// shell reads lines and does them as steps, as a person's shell would; "size" tells
// the size of its terminal, which it also tells when that changes.
func shell([]string) string {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	go func() {
		for range changed {
			fmt.Println("resized", size(nil))
		}
	}()
	in := bufio.NewScanner(os.Stdin)
	for fmt.Print("guest$ "); in.Scan(); fmt.Print("guest$ ") {
		if words := strings.Fields(in.Text()); len(words) > 0 && verbs[words[0]] != nil {
			perform(words)
		} else if len(words) > 0 {
			fmt.Println(words[0] + ": not found")
		}
	}
	return ""
}

// size of the terminal: columns, rows.
func size([]string) string {
	ws, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ)
	if err != nil {
		return said(err)
	}
	return fmt.Sprint(ws.Col, " ", ws.Row)
}

// flood writes so many bytes, all values in turn.
func flood(arg []string) string {
	n := number(arg[0])
	piece := make([]byte, 64<<10)
	for i := range piece {
		piece[i] = byte(i ^ i>>8)
	}
	for n > 0 {
		k, err := os.Stdout.Write(piece[:min(n, len(piece))])
		if err != nil {
			return ""
		}
		n -= k
	}
	return ""
}

// sum reads everything and tells its length and digest.
func sum([]string) string {
	h := sha256.New()
	n, err := io.Copy(h, os.Stdin)
	return fmt.Sprintf("%d %x", n, h.Sum(nil)) + said2(err)
}
