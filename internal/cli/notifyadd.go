package cli

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/grue-ecs/grue/internal/notify"
)

// notifyAddCmd is `grue notify add`.
type notifyAddCmd struct {
	Name     string   `arg:"" help:"Name of the notification; one of that name is replaced."`
	URL      string   `help:"Webhook, http:// or https://. It is a credential: with - it is read from the standard input." env:"GRUE_NOTIFY_URL" placeholder:"URL"`
	Topic    string   `help:"SNS topic, instead of a URL." placeholder:"ARN"`
	Format   string   `help:"Body: slack, teams (a workflow's webhook), generic (JSON, signed), text. Default: generic, for a topic text." placeholder:"FORMAT"`
	Events   []string `help:"What to tell: started, stage, approval, rollback, succeeded, failed. Default: all but stage." placeholder:"EVENT,…"`
	Service  []string `help:"Only about these services, CLUSTER/NAME; NAME alone is in cluster default. Default: all." placeholder:"CLUSTER/NAME"`
	Template string   `help:"File with a Go text/template of the body, over the members of the format generic." placeholder:"FILE" type:"existingfile"`
	Secret   string   `help:"Signs the bodies of a URL instead of the server's key: whsec_ and base64, or 16 to 256 bytes." env:"GRUE_NOTIFY_SECRET" placeholder:"SECRET"`
	notifyFlags
}

// Help is the long help.
func (notifyAddCmd) Help() string {
	return `The URL and the secret are kept encrypted, and shown by no verb and in no log.

Examples:
  grue notify add ops --url https://hooks.slack.com/services/… --format slack
  pass show slack-hook | grue notify add ops --url - --format slack
  grue notify add team --url "$WORKFLOW" --format teams --events approval,rollback,failed
  grue notify add ci --url https://ci.example/hook --template body.tmpl --service web --service prod/web`
}

// Run writes the notification.
func (c *notifyAddCmd) Run(s *streams) error {
	if c.URL == "-" {
		line, err := bufio.NewReader(s.in).ReadString('\n')
		if c.URL = strings.TrimSpace(line); c.URL == "" {
			return usageError(fmt.Sprintf("--url -: there is no URL on the standard input (%v)", err))
		}
	}
	if (c.URL == "") == (c.Topic == "") {
		return usageError("give either --url or --topic")
	}
	in := notify.Request{URL: c.URL, Topic: c.Topic, Format: c.Format, Services: c.Service, Secret: c.Secret}
	for _, e := range c.Events {
		in.Events = append(in.Events, notify.Kind(e))
	}
	if c.Template != "" {
		doc, err := os.ReadFile(c.Template)
		if err != nil {
			return usageError(fmt.Sprintf("--template: %v", err))
		}
		in.Template = string(doc)
	}
	ctx, stop := s.context()
	defer stop()
	var out notify.View
	if err := c.ask(ctx, http.MethodPut, below(c.Name), in, &out); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: %s is told of %s; 'grue notify test %s' sends a sample\n", out.Name, whom(&out), what(&out), out.Name)
	return nil
}
