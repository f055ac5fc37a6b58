package web

import (
	"time"

	"github.com/grue-ecs/grue/internal/wire"
)

// Session is a browser that signed in.
type Session struct {
	Caller  wire.Caller
	CSRF    string
	Expires time.Time
}
