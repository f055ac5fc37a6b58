package cli

import (
	"fmt"
	"net/http"
	"net/url"
)

// notifyTestCmd is `grue notify test`.
type notifyTestCmd struct {
	Name  string `arg:"" help:"Name of the notification."`
	Event string `help:"Which sample: started, stage, approval, rollback, succeeded or failed." default:"approval" placeholder:"EVENT"`
	notifyFlags
}

// Run sends a sample and tells whether it arrived.
func (c *notifyTestCmd) Run(s *streams) error {
	ctx, stop := s.context()
	defer stop()
	done := s.doing("sending a sample to " + c.Name)
	defer done()
	if err := c.ask(ctx, http.MethodPost, below(c.Name)+"/test?event="+url.QueryEscape(c.Event), nil, nil); err != nil {
		return err
	}
	done()
	fmt.Fprintf(s.out, "the receiver of %s took the sample\n", c.Name)
	return nil
}
