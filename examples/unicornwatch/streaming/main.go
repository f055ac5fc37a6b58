// Command streaming sends sightings of unicorns over TCP, behind a network load
// balancer, in a protocol of its own (package wire). PROTOCOL is its version: 1 or 2.
//
// A connection ends after some sightings, as a good client of a service that is
// deployed now and then wants it; on SIGTERM all connections end with a bye.
//
//	streaming                  serves on port 7000
//	streaming probe HOST:PORT  tells by its exit code whether PROTOCOL is spoken there
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/grue-ecs/grue/examples/unicornwatch/streaming/wire"
	"github.com/grue-ecs/grue/examples/unicornwatch/unicorn"
)

// A connection's length: Sightings, one every Pace.
const (
	Sightings = 30
	Pace      = 100 * time.Millisecond
)

// patience with a client that does not say hello, or does not read.
const patience = 10 * time.Second

func main() {
	unicorn.Start()
	version := byte(1)
	if os.Getenv("PROTOCOL") == "2" {
		version = 2
	}
	if len(os.Args) == 3 && os.Args[1] == "probe" {
		probe(os.Args[2], version)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	l, err := net.Listen("tcp", ":7000")
	if err != nil {
		log.Fatal(err)
	}
	context.AfterFunc(ctx, func() { l.Close() })
	var open sync.WaitGroup
	for {
		c, err := l.Accept()
		if err != nil {
			break
		}
		open.Go(func() {
			defer c.Close()
			_ = stream(ctx, c, version) // a client that is gone needs no sightings
		})
	}
	open.Wait()
}

// probe ends the program with 1 when the stream at address is not of that version.
func probe(address string, version byte) {
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	switch r, err := wire.Follow(c, 3); {
	case err != nil:
		log.Fatal(err)
	case r.Version != version:
		log.Fatalf("%s speaks version %d, not %d", address, r.Version, version)
	default:
		log.Printf("%s speaks version %d: %s", address, r.Version, r.Text)
	}
}

// stream serves one connection, in one version.
func stream(ctx context.Context, c net.Conn, version byte) error {
	_ = c.SetDeadline(time.Now().Add(patience))
	hello := make([]byte, len(wire.Hello))
	if _, err := io.ReadFull(c, hello); err != nil || string(hello) != wire.Hello {
		return err // a health check, for one
	}
	if _, err := c.Write(wire.Greeting(version)); err != nil {
		return err
	}
	for n := range uint32(Sightings + 1) {
		s := wire.Sighting{Number: n}
		if n < Sightings && ctx.Err() == nil {
			u := unicorn.Herd[int(n)%len(unicorn.Herd)]
			s.Text = fmt.Sprintf("%s %s at %s", unicorn.Version(), u.Name, u.Place)
		}
		_ = c.SetDeadline(time.Now().Add(patience))
		if _, err := c.Write(wire.Append(nil, version, s)); err != nil || s.Text == "" {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(Pace):
		}
	}
	return nil
}
