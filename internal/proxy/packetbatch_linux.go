package proxy

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batchSize is the number of datagrams that one system call moves.
const batchSize = 32

// clientName is a socket address as the system has it.
type clientName struct {
	raw    unix.RawSockaddrInet6
	length uint32
}

// message is the system's struct mmsghdr.
type message struct {
	head unix.Msghdr
	size uint32
}

// batch holds the datagrams of one system call; a loop has one.
type batch struct {
	names    [batchSize]clientName
	vectors  [batchSize]unix.Iovec
	messages [batchSize]message
	room     []byte
}

// datagramSize is more than the largest one.
const datagramSize = 64 << 10

func newBatch() *batch {
	b := &batch{room: make([]byte, batchSize*datagramSize)}
	for i := range b.messages {
		b.vectors[i].Base = &b.room[i*datagramSize]
		b.messages[i].head.Iov = &b.vectors[i]
		b.messages[i].head.SetIovlen(1)
	}
	return b
}

// receive reads what a socket has, without waiting, and returns how many
// datagrams that were.
func (b *batch) receive(fd int) int {
	for i := range b.messages {
		m := &b.messages[i]
		b.vectors[i].SetLen(datagramSize)
		m.head.Name = (*byte)(unsafe.Pointer(&b.names[i].raw))
		m.head.Namelen = unix.SizeofSockaddrInet6
	}
	n, _, err := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.messages[0])), batchSize, unix.MSG_DONTWAIT, 0, 0)
	if err != 0 {
		return 0
	}
	for i := range int(n) {
		b.names[i].length = b.messages[i].head.Namelen
	}
	return int(n)
}

// data is datagram i.
func (b *batch) data(i int) []byte {
	return b.room[i*datagramSize:][:b.messages[i].size]
}

// size is the sum of the first n.
func (b *batch) size(n int) (sum uint64) {
	for i := range n {
		sum += uint64(b.messages[i].size)
	}
	return sum
}

// from is the sender of datagram i.
func (b *batch) from(i int) netip.AddrPort {
	raw := &b.names[i].raw
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&raw.Port))[:])
	if raw.Family == unix.AF_INET {
		four := (*unix.RawSockaddrInet4)(unsafe.Pointer(raw))
		return netip.AddrPortFrom(netip.AddrFrom4(four.Addr), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(raw.Addr).Unmap(), port)
}

// send sends the first n datagrams, as they were received, to a client. What the
// system has no room for is lost, as datagrams are.
func (b *batch) send(fd, n int, to *clientName) {
	for i := range n {
		m := &b.messages[i]
		b.vectors[i].SetLen(int(m.size))
		m.head.Name = (*byte)(unsafe.Pointer(&to.raw))
		m.head.Namelen = to.length
	}
	for sent := 0; sent < n; {
		done, _, err := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.messages[sent])), uintptr(n-sent), unix.MSG_DONTWAIT, 0, 0)
		if err != 0 || done == 0 {
			done = 1 // this one cannot be sent; the others may
		}
		sent += int(done)
	}
}
