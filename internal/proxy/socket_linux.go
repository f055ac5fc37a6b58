package proxy

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// peekReadable reports whether a socket that should be silent has something to
// read: data, an end or an error.
func peekReadable(raw syscall.RawConn) bool {
	readable := true
	err := raw.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := unix.Recvfrom(int(fd), one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		readable = err != unix.EAGAIN
	})
	return err != nil || readable
}

// States of a TCP connection in which its peer has closed.
const (
	tcpClose     = 7
	tcpCloseWait = 8
)

// peerClosed reports whether the peer has closed the connection, even if data
// of it is still unread.
func peerClosed(raw syscall.RawConn) bool {
	closed := false
	err := raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		closed = err == nil && (info.State == tcpClose || info.State == tcpCloseWait)
	})
	return err != nil || closed
}

// delivered returns how many bytes the peer's kernel has acknowledged.
func delivered(raw syscall.RawConn) (acked uint64, ok bool) {
	err := raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err == nil {
			acked, ok = info.Bytes_acked, true
		}
	})
	return acked, ok && err == nil
}

// listenControl lets an address be bound that appears shortly after, and at
// once after a process that held it was killed.
func listenControl(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		if failed == nil {
			failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_FREEBIND, 1)
		}
	})
	if err != nil {
		return err
	}
	return failed
}
