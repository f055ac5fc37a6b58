//go:build !linux

package proxy

import "syscall"

// Without Linux's socket calls the proxy finds out by using a connection, and
// addresses must exist before they are bound.

func peekReadable(syscall.RawConn) bool { return false }

func peerClosed(syscall.RawConn) bool { return false }

func delivered(syscall.RawConn) (uint64, bool) { return 0, false }

func listenControl(string, string, syscall.RawConn) error { return nil }
