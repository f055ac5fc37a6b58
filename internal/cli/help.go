package cli

import (
	"fmt"
	"io"

	"github.com/alecthomas/kong"
)

// helpCmd is `grue help`.
type helpCmd struct {
	Topic []string `arg:"" optional:"" help:"A verb, or exit-codes."`
}

const exitCodes = `Exit codes of grue:

  0  done; a deployment: deployed
  1  it could not be done; one sentence on standard error says why
  2  wrong usage; nothing was done
  3  the deployment was rolled back: the former revision serves
  4  the deployment waits for approval
  5  time was up
  6  the deployment was stopped, or it failed and no rollback succeeded
  7  there is a difference (diff --exit-code)

grue exec ends as the command does that it ran: 127 if it could not be started, 130 after Ctrl-C.
`

// Run prints the help of a verb, of everything, or the exit codes.
func (c *helpCmd) Run(s *streams) error {
	if len(c.Topic) == 1 && c.Topic[0] == "exit-codes" {
		_, err := io.WriteString(s.out, exitCodes)
		return err
	}
	if code := run(append(c.Topic, "--help"), s); code != exitOK {
		return silent(code)
	}
	if len(c.Topic) == 0 {
		_, err := fmt.Fprintln(s.out, "\nExit codes: grue help exit-codes")
		return err
	}
	return nil
}

// groups are the headings of the help.
var groups = []kong.Group{
	{Key: "machine", Title: "This machine"},
	{Key: "see", Title: "See (grue and Amazon ECS)"},
	{Key: "steer", Title: "Steer (grue and Amazon ECS)"},
	{Key: "other", Title: "Other"},
}
