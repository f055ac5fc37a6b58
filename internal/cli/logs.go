package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/grue-ecs/grue/internal/client"
)

// logsCmd is `grue logs`.
type logsCmd struct {
	Of        string `arg:"" name:"service-or-task" help:"Service, by name or ARN, or task, by ARN, id or at least 8 first digits of the id."`
	Follow    bool   `short:"f" help:"Go on with new lines; for a task, until it has stopped."`
	Since     string `help:"How far back: a duration such as 90s, 10m or 24h, or a time such as 2026-11-21T15:04:05Z." default:"1h" placeholder:"WHEN"`
	Filter    string `help:"Filter pattern of CloudWatch Logs, such as ERROR or '{ $.level = \"error\" }'." placeholder:"PATTERN"`
	Container string `help:"One container only." placeholder:"NAME"`
	JSON      bool   `help:"Print each line as a line of JSON."`
	client.Flags
}

// Help is the long help.
func (logsCmd) Help() string {
	return `Prints what the containers of a service's tasks logged with the awslogs driver, each task in a
colour of its own.

Examples:
  grue logs web
  grue logs web -f --since 5m
  grue logs 3f2a91c07b --container app --filter ERROR
  grue logs web --json | jq -r .message`
}

// Run prints, and follows.
func (c *logsCmd) Run(s *streams) error {
	since, err := sinceOf(c.Since, time.Now())
	if err != nil {
		return err
	}
	ctx, stop := s.context()
	defer stop()
	cl, err := c.Open(ctx)
	if err != nil {
		return err
	}
	r := cl.LogReader(client.LogQuery{Of: c.Of, Container: c.Container, Filter: c.Filter, Since: since})
	done := s.doing("reading logs of " + c.Of)
	lines, err := r.Next(ctx)
	done()
	if err != nil {
		return err
	}
	p := logPrinter{out: s.out, json: c.JSON, colours: colourful(s.out), of: map[string]int{}}
	if err := p.print(lines); err != nil {
		return err
	}
	for _, why := range r.Without {
		fmt.Fprintf(s.err, "grue: no logs: container %s\n", why)
	}
	if !c.Follow {
		if len(lines) == 0 {
			fmt.Fprintf(s.err, "no log lines of %s since %s\n", c.Of, since.Local().Format(time.DateTime))
		}
		return nil
	}
	return p.follow(ctx, cl, r)
}

// follow prints new lines until interrupted, or until the task has stopped and
// its last lines are printed.
func (p *logPrinter) follow(ctx context.Context, cl *client.Client, r *client.LogReader) error {
	for {
		over := r.Over // before the look that reads the last lines
		cl.Rest(ctx)
		lines, err := r.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && client.Passing(err):
			continue
		case err != nil:
			return err
		}
		if err := p.print(lines); err != nil {
			return err
		}
		if over {
			return nil
		}
	}
}

// sinceOf understands --since.
func sinceOf(text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	return time.Time{}, usageError(fmt.Sprintf("--since wants a duration such as 10m, or a time such as 2026-11-21T15:04:05Z; it was %q", text))
}

// logPrinter prints log lines; each task gets the next colour.
type logPrinter struct {
	out     io.Writer
	json    bool
	colours bool
	of      map[string]int // task: colour
}

// colours that are readable on light and on dark.
var logColours = []string{"36", "33", "35", "32", "34", "31", "96", "93", "95", "92", "94", "91"}

func (p *logPrinter) print(lines []client.LogLine) error {
	for _, l := range lines {
		if p.json {
			if err := printJSONLine(p.out, l); err != nil {
				return err
			}
			continue
		}
		who := client.OneLine(l.Task[:min(8, len(l.Task))] + " " + l.Container)
		if p.colours {
			n, known := p.of[l.Task]
			if !known {
				n = len(p.of)
				p.of[l.Task] = n
			}
			who = "\x1b[" + logColours[n%len(logColours)] + "m" + who + "\x1b[0m"
		}
		if _, err := fmt.Fprintf(beneath(p.out), "%s %s  %s\n", l.At.Local().Format("15:04:05.000"), who, client.Printable(l.Message, p.colours)); err != nil {
			return err
		}
	}
	return nil
}
