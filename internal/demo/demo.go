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

	task       map[string]string // task definition ARN of each version
	calledBack time.Time         // when the demo stopped a deployment
}

// Run deploys version 1, then three more under load: by rolling update, in
// approved steps, and as a canary that is called back. It returns
// ErrFailedRequests, wrapped, when a request was lost.
func Run(ctx context.Context, o Options) error {
	d := &demo{clients: newClients(o.Endpoint, o.Region), opts: o, out: o.Out, began: time.Now(), task: map[string]string{}}
	repository, err := d.pushImages(ctx)
	if err != nil {
		return err
	}
	d.say("sample image built and pushed: %s:v1 to :v%d", repository, len(colours))
	front, err := d.makeStack(ctx)
	if err != nil {
		return err
	}
	d.say("load balancer: %s", front.url)
	for version := range colours {
		if d.task[version], err = d.registerTask(ctx, repository, version); err != nil {
			return err
		}
	}
	if err := d.ensureService(ctx, front, d.task["v1"]); err != nil {
		return err
	}
	if err := d.awaitSteady(ctx, d.task["v1"]); err != nil {
		return err
	}
	if err := awaitAnswer(ctx, front.url, "v1", d.opts.Patience); err != nil {
		return err
	}
	d.say("service %s runs %d tasks of v1", service, o.Tasks)
	return d.play(ctx, front)
}

// play performs the acts under one load and tells the result.
func (d *demo) play(ctx context.Context, front *stack) error {
	l := startLoad(front.url, d.opts.Rate, d.opts.Connections)
	defer l.end()
	wait(ctx, time.Second) // some traffic on v1 alone
	d.say("%d requests a second on %d connections", d.opts.Rate, d.opts.Connections)
	began := time.Now()
	var lost int32
	for i, a := range d.acts() {
		samples, err := d.perform(ctx, front, l, a)
		if err != nil {
			return errors.Join(err, ctx.Err())
		}
		lost += samples[len(samples)-1].lost
		if i == drawn && d.opts.Picture != "" {
			if err := os.WriteFile(d.opts.Picture, []byte(picture(samples, d.opts.Tasks, a)), 0o644); err != nil {
				return err
			}
		}
		wait(ctx, time.Second) // and on what remains alone
	}
	l.end()
	return d.summary(l, lost, time.Since(began))
}

// perform makes one deployment and follows it to its end.
func (d *demo) perform(ctx context.Context, front *stack, l *load, a act) ([]sample, error) {
	fmt.Fprintf(d.out, "\n%s\n", a.title)
	began := time.Now()
	if _, err := d.update(ctx, front, d.task[a.to], a.config); err != nil {
		return nil, err
	}
	samples, err := d.watch(ctx, l, front, a, began)
	if err == nil {
		fmt.Fprintf(d.out, "  %s after %.1f s\n", a.ends, time.Since(began).Seconds())
	}
	return samples, err
}

func (d *demo) summary(l *load, lost int32, took time.Duration) error {
	got := l.tally()
	fmt.Fprintf(d.out, `
  requests sent     %d  (%s)
  requests failed   %d
  slowest answer    %s
  three deployments %.1f s
`, got.sent, got.byVersion(), got.failed, l.slowest.Round(time.Millisecond), took.Seconds())
	d.tellCallBack(l, "v4")
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
