package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/client"
)

// endFlags say how the verbs that steer tell how it went on.
type endFlags struct {
	Timeout time.Duration `help:"How long to wait; 0 = without limit." default:"1h"`
	Quiet   bool          `short:"q" help:"Print the ending only."`
	JSON    bool          `help:"Print each change as a line of JSON; all else goes to standard error."`
}

// steering is a verb at work on a service.
type steering struct {
	*streams
	client  *client.Client
	flags   string // as a person repeats them: " -c prod --aws"; "" = none were said
	service string
	reason  string
	wait    string // done, none or a stage
	ends    endFlags
}

// steer checks what the verbs have in common, before anybody is called.
func (s *streams) steer(flags *client.Flags, service, wait, reason string, ends endFlags) (*steering, error) {
	if err := clusterOf(service, flags); err != nil {
		return nil, err
	}
	x := &steering{streams: s, service: client.Last(service), wait: wait, ends: ends}
	if wait != "none" {
		if _, err := goalOf(wait); err != nil {
			return nil, usageError("--wait: " + strings.Replace(err.Error(), "wait for done", "say none, done", 1))
		}
	}
	var err error
	x.reason, err = client.CheckReason(reason)
	return x, err
}

// clusterOf takes the cluster out of a service's ARN.
func clusterOf(service string, flags *client.Flags) error {
	path := strings.Split(service, "/")
	switch {
	case !strings.HasPrefix(service, "arn:") || len(path) != 3:
		return nil // a name, or an ARN of old that has no cluster
	case flags.Cluster != "default" && client.Last(flags.Cluster) != path[1]:
		return usageError(fmt.Sprintf("%s is in the cluster %s, not in %s: leave out --cluster", path[2], path[1], flags.Cluster))
	}
	flags.Cluster = path[1]
	return nil
}

// open makes the client.
func (x *steering) open(ctx context.Context, f client.Flags) (err error) {
	x.flags = repeated(f)
	x.client, err = f.Open(ctx)
	return err
}

// repeated are the flags that another verb needs to mean the same service.
func repeated(f client.Flags) (text string) {
	for _, one := range []struct{ flag, value, silent string }{
		{"-c", f.Cluster, "default"}, {"--endpoint", f.Endpoint, ""}, {"--region", f.Region, ""}, {"--profile", f.Profile, ""}, {"--ca-file", f.CAFile, ""},
	} {
		if one.value != one.silent {
			text += " " + one.flag + " " + one.value
		}
	}
	if f.AWS {
		text += " --aws"
	}
	return text
}

// verb is a command of grue about the same service, for a person to type.
func (x *steering) verb(name string) string { return "grue " + name + " " + x.service + x.flags }

// say prints a line that is not part of the JSON.
func (x *steering) say(format string, args ...any) {
	w := io.Writer(x.out)
	if x.ends.JSON {
		w = x.err
	}
	if !x.ends.Quiet {
		fmt.Fprintf(w, format+"\n", args...)
	}
}

// follow waits for a deployment as --wait says. arn "" is the newest.
func (x *steering) follow(ctx context.Context, arn string) error {
	if x.wait == "none" {
		x.say("'%s' follows it", x.verb("watch"))
		return nil
	}
	goal, err := goalOf(x.wait)
	if err != nil {
		return err
	}
	f := follow{
		client: x.client, watching: client.Watching{Service: x.service, Deployment: arn}, flags: x.flags, out: x.out,
		json: x.ends.JSON, quiet: x.ends.Quiet, goal: goal, timeout: x.ends.Timeout,
	}
	err = f.run(ctx)
	var code silent
	switch {
	case ctx.Err() != nil:
		fmt.Fprintf(x.err, "the deployment goes on: '%s' follows it, '%s' calls it back\n", x.verb("watch"), x.verb("rollback"))
	case errors.As(err, &code) && int(code) == exitApproval && (x.ends.JSON || x.ends.Quiet): // otherwise it was said in full
		fmt.Fprintf(x.err, "%s waits for approval: '%s', or '%s --reason TEXT'\n", x.service, x.verb("approve"), x.verb("reject"))
	}
	return err
}

// appears bounds how long a deployment may take to be listed.
const appears = time.Minute

// started finds the service deployment of the revision that an answer shows as
// PRIMARY. Amazon lists it a moment later than the service. "" = this ECS keeps none.
func (x *steering) started(ctx context.Context, s *types.Service) (string, error) {
	defer x.doing("looking for the deployment")()
	number := primaryNumber(s)
	if number == "" {
		return "", nil // another deployment controller
	}
	ctx, cancel := context.WithTimeout(ctx, appears)
	defer cancel()
	for {
		out, err := x.client.ECS.ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Cluster: s.ClusterArn, Service: s.ServiceArn})
		if client.Is(err, "UnsupportedFeatureException") || client.Is(err, "UnknownOperationException") {
			return "", nil
		}
		if err != nil && ctx.Err() == nil {
			return "", err
		}
		if err == nil {
			for _, d := range out.ServiceDeployments {
				if client.Last(aws.ToString(d.TargetServiceRevisionArn)) == number {
					return aws.ToString(d.ServiceDeploymentArn), nil
				}
			}
		}
		if client.Pause(ctx, time.Second); ctx.Err() != nil {
			return "", fmt.Errorf("the service is updated, but its deployment is not listed: '%s' tells how it goes on", x.verb("watch"))
		}
	}
}

// noticed waits until a deployment shows what it was told. Whatever is wrong
// meanwhile, follow will tell.
func (x *steering) noticed(ctx context.Context, arn string, shows func(*client.Deployment) bool) {
	for s, err := range x.client.Observe(ctx, client.Watching{Service: x.service, Deployment: arn}) {
		if err != nil || s.Deployment == nil || shows(s.Deployment) {
			return
		}
	}
}
