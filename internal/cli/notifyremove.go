package cli

import (
	"fmt"
	"net/http"
)

// notifyRemoveCmd is `grue notify remove`.
type notifyRemoveCmd struct {
	Name string `arg:"" help:"Name of the notification."`
	notifyFlags
}

// Run removes.
func (c *notifyRemoveCmd) Run(s *streams) error {
	ctx, stop := s.context()
	defer stop()
	if err := c.ask(ctx, http.MethodDelete, below(c.Name), nil, nil); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "removed %s\n", c.Name)
	return nil
}
