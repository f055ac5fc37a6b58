package oci

import (
	"context"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/oci/shim"
)

var _ runtime.Flusher = (*Driver)(nil)

// Flush implements runtime.Flusher.
func (d *Driver) Flush(ctx context.Context, id string) error {
	t, err := d.find(id)
	if err == nil {
		err = t.flush(ctx)
	}
	if err != nil {
		return &Error{Op: "flush the output of", Task: id, Err: err}
	}
	return nil
}

func (t *task) flush(ctx context.Context) error {
	conn, err := shim.Dial(t.dir)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := shim.Send(conn, shim.Request{Op: "flush"}); err != nil {
		return err
	}
	_, err = shim.NewReplies(conn).Next()
	return err
}
