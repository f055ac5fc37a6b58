package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/grue-ecs/grue/internal/client"
)

// notifyCmd is `grue notify`.
type notifyCmd struct {
	Add    notifyAddCmd    `cmd:"" help:"Tell a webhook or a topic about deployments, or change what it is told."`
	List   notifyListCmd   `cmd:"" help:"Who is told what, what waits, and what failed."`
	Remove notifyRemoveCmd `cmd:"" help:"Tell somebody no more; what waits for them is dropped."`
	Test   notifyTestCmd   `cmd:"" help:"Send a sample now."`
}

// Help is the long help.
func (notifyCmd) Help() string {
	return `Notifications tell people about the deployments of a grue: in Slack, in Teams, at any webhook, through an SNS topic. Those that
ask for approval carry a link that decides it once. They are kept by the server and survive its restarts; a receiver that fails is
tried again for a day.

Examples:
  grue notify add ops --url https://hooks.slack.com/services/… --format slack
  grue notify add ci --url https://ci.example/hook --events succeeded,failed --service prod/web
  grue notify add mail --topic arn:aws:sns:us-east-1:000000000000:deployments
  grue notify test ops
  grue notify list`
}

// notifyFlags say which grue. Amazon ECS has no notifications.
type notifyFlags struct {
	Endpoint string `help:"Endpoint of the API. Default: AWS_ENDPOINT_URL, then the grue of this machine, http://127.0.0.1:4566." placeholder:"URL"`
	Region   string `help:"Region whose deployments are meant. Default: AWS_REGION, then the profile's, then us-east-1." placeholder:"REGION"`
	Profile  string `help:"Profile of ~/.aws/config and ~/.aws/credentials." placeholder:"NAME"`
	CAFile   string `name:"ca-file" help:"Certificate (PEM) that the endpoint is trusted by." placeholder:"FILE"`
}

// ask calls a route below /grue/notifications and reads its answer into out,
// which may be nil.
func (f *notifyFlags) ask(ctx context.Context, method, path string, in, out any) error {
	cl, err := client.Flags{Endpoint: f.Endpoint, Region: f.Region, Profile: f.Profile, CAFile: f.CAFile}.Open(ctx)
	if err != nil {
		return err
	}
	var body []byte
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	status, answer, err := cl.Grue(ctx, method, "/grue/notifications"+path, body)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return refusal(cl, status, answer)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s does not answer as a grue does: %w", cl.Where(), err)
	}
	return nil
}

// refusal is what a grue said, as an error.
func refusal(cl *client.Client, status int, answer []byte) error {
	var doc struct{ Code, Message string }
	switch {
	case json.Unmarshal(answer, &doc) == nil && doc.Message != "":
		return errors.New(doc.Message)
	case status == http.StatusForbidden:
		return errors.New(strings.TrimSpace(string(answer)))
	}
	return fmt.Errorf("%s answered status %d: it is no grue with notifications", cl.Where(), status)
}

// below is the path of one notification.
func below(name string) string { return "/" + url.PathEscape(name) }
