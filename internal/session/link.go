package session

import (
	"context"
	"io"

	"github.com/coder/websocket"
)

// Link is one connection of a Stream. Its Close makes Read and Write fail.
type Link interface {
	Read(ctx context.Context) ([]byte, error)
	Write(ctx context.Context, b []byte) error
	Close()
}

// webLink is a WebSocket.
type webLink struct{ c *websocket.Conn }

// WebSocket makes a Link of a WebSocket, with messages of at most MaxMessage.
func WebSocket(c *websocket.Conn) Link {
	c.SetReadLimit(MaxMessage)
	return webLink{c}
}

func (l webLink) Read(ctx context.Context) ([]byte, error) {
	for {
		kind, r, err := l.c.Reader(ctx)
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(r)
		if err != nil || kind == websocket.MessageBinary {
			return b, err
		}
	}
}

func (l webLink) Write(ctx context.Context, b []byte) error {
	return l.c.Write(ctx, websocket.MessageBinary, b)
}

func (l webLink) Close() { _ = l.c.CloseNow() }
