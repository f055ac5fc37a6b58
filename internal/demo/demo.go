package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Names of what the demo makes.
const (
	name    = "grue-demo"
	service = "web"
)

// Options of Run. Endpoint is required.
type Options struct {
	Endpoint    string // of grue's API
	Region      string
	Tasks       int // of the service
	Rate        int // requests a second
	Connections int
	Patience    time.Duration // with a deployment
	Sample      string        // the sample program for Linux; "" = build examples/sample
	Picture     string        // file for the account as SVG; "" = none
	Out         io.Writer
}

// ErrFailedRequests says that the deployment lost requests.
var ErrFailedRequests = errors.New("requests failed during the deployment")

// demo is a running demo.
type demo struct {
	*clients
	opts  Options
	out   io.Writer
	began time.Time
}

// Run deploys version 1, then version 2 under load. It returns
// ErrFailedRequests, wrapped, when a request was lost.
func Run(ctx context.Context, o Options) error {
	d := &demo{clients: newClients(o.Endpoint, o.Region), opts: o, out: o.Out, began: time.Now()}
	repository, err := d.pushImages(ctx)
	if err != nil {
		return err
	}
	d.say("sample image built and pushed: %s:v1 and :v2", repository)
	front, err := d.makeStack(ctx)
	if err != nil {
		return err
	}
	d.say("load balancer: %s", front.url)
	tasks := map[string]string{}
	for _, version := range []string{"v1", "v2"} {
		if tasks[version], err = d.registerTask(ctx, repository, version); err != nil {
			return err
		}
	}
	if err := d.ensureService(ctx, front, tasks["v1"]); err != nil {
		return err
	}
	if err := d.awaitSteady(ctx, tasks["v1"]); err != nil {
		return err
	}
	if err := awaitAnswer(ctx, front.url, "v1", d.opts.Patience); err != nil {
		return err
	}
	d.say("service %s runs %d tasks of v1", service, o.Tasks)
	return d.rollout(ctx, front, tasks["v2"])
}

// rollout deploys v2 under load and tells the result.
func (d *demo) rollout(ctx context.Context, front *stack, task string) error {
	l := startLoad(front.url, d.opts.Rate, d.opts.Connections)
	defer l.end()
	wait(ctx, time.Second) // some traffic on v1 alone
	d.say("%d requests a second on %d connections; deploying v2", d.opts.Rate, d.opts.Connections)
	fmt.Fprintln(d.out)
	began := time.Now()
	if _, err := d.update(ctx, task); err != nil {
		return err
	}
	samples, err := d.watch(ctx, l, front.group, task, began)
	took := time.Since(began)
	if err == nil {
		wait(ctx, time.Second) // and on v2 alone
	}
	l.end()
	if err != nil {
		return errors.Join(err, ctx.Err())
	}
	if d.opts.Picture != "" {
		if err := os.WriteFile(d.opts.Picture, []byte(picture(samples, d.opts.Tasks)), 0o644); err != nil {
			return err
		}
	}
	return d.summary(l, samples[len(samples)-1].lost, took)
}

func (d *demo) summary(l *load, lost int32, took time.Duration) error {
	got := l.tally()
	fmt.Fprintf(d.out, `
  requests sent     %d  (v1 answered %d, v2 answered %d)
  requests failed   %d
  slowest answer    %s
  deployment took   %.1f s
`, got.sent, got.answers["v1"], got.answers["v2"], got.failed, l.slowest.Round(time.Millisecond), took.Seconds())
	if lost > 0 {
		fmt.Fprintf(d.out, "  tasks failed      %d, and were tried again: see stoppedReason of the STOPPED tasks\n", lost)
	}
	if got.failed > 0 {
		return fmt.Errorf("%d of %d %w, the first: %s", got.failed, got.sent, ErrFailedRequests, l.first)
	}
	return nil
}

// say prints a step with the time since the start.
func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.out, "%5.1fs   %s\n", time.Since(d.began).Seconds(), fmt.Sprintf(format, args...))
}
