package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

const (
	region  = "us-east-1"
	cluster = "unicorns"
)

// watch is the whole while it runs.
type watch struct {
	options
	endpoint   string // of grue's API
	source     string // folder of the example
	data       string // AWS_DATA_PATH of scripts
	repository string // of images
	began      time.Time

	ecs    *ecs.Client
	ecr    *ecr.Client
	elb    *elb.Client
	sqs    *sqs.Client
	logs   *cloudwatchlogs.Client
	alarms *cloudwatch.Client

	traffic traffic

	mu  sync.Mutex // guards out
	out io.Writer
}

// connect makes the SDK's clients.
func (w *watch) connect() {
	cfg := aws.Config{
		Region: region, BaseEndpoint: &w.endpoint,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	w.ecs, w.ecr, w.elb = ecs.NewFromConfig(cfg), ecr.NewFromConfig(cfg), elb.NewFromConfig(cfg)
	w.sqs, w.logs, w.alarms = sqs.NewFromConfig(cfg), cloudwatchlogs.NewFromConfig(cfg), cloudwatch.NewFromConfig(cfg)
}

// play is everything between the start of grue and its end.
func (w *watch) play(ctx context.Context) (*result, error) {
	w.connect()
	if err := w.build(ctx); err != nil {
		return nil, err
	}
	w.say("images and functions are built and pushed")
	if err := w.create(ctx); err != nil {
		return nil, err
	}
	if err := w.startTraffic(ctx); err != nil {
		return nil, err
	}
	defer w.traffic.stop()
	w.say("every service runs v1, and has traffic")
	r := &result{}
	var mu sync.Mutex
	err := w.each(func(service string) error {
		for _, sc := range plan[service] {
			sc.service = service
			o, err := w.perform(ctx, sc)
			if err != nil {
				return fmt.Errorf("%s %s: %w", service, sc.version, err)
			}
			mu.Lock()
			r.Deployments = append(r.Deployments, *o)
			mu.Unlock()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	sleep(ctx, time.Second) // and some traffic on what remains
	return r, w.settle(ctx, r)
}

// create runs the scripts that make it all. A client of the namespace knows the
// names that were there when its deployment began, so clients come last.
func (w *watch) create(ctx context.Context) error {
	if _, err := w.script(ctx, "setup.sh"); err != nil {
		return err
	}
	if err := w.findFronts(ctx); err != nil {
		return err
	}
	w.say("cluster, load balancers and queue are made")
	started := map[string]string{} // deployment by service
	var mu sync.Mutex
	createOne := func(service string) error {
		id, err := w.script(ctx, service+"/create.sh")
		mu.Lock()
		defer mu.Unlock()
		started[service] = id
		return err
	}
	servers := func(service string) error {
		if service == "ui" {
			return nil
		}
		return createOne(service)
	}
	if err := w.each(servers); err != nil {
		return err
	}
	for _, client := range []string{"loadgen", "ui"} {
		if client == "loadgen" && !w.has("catalog") && !w.has("orders") || client == "ui" && !w.has("ui") {
			continue
		}
		if err := createOne(client); err != nil {
			return err
		}
	}
	w.say("services are created")
	return w.first(ctx, started)
}

// first follows the first deployment of each service.
func (w *watch) first(ctx context.Context, started map[string]string) error {
	var work sync.WaitGroup
	errs := make(chan error, len(started))
	for service, id := range started {
		work.Go(func() {
			sc := scenario{service: service, version: "v1"}
			if service == "ui" {
				sc.steer = tester("approved", "rejected")
			}
			o, err := w.follow(ctx, sc, id)
			if err == nil && o.Status != successful {
				err = fmt.Errorf("it ended %s: %s", o.Status, o.Reason)
			}
			if err != nil {
				errs <- fmt.Errorf("%s: first deployment: %w", service, err)
			}
		})
	}
	work.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// has tells whether a service takes part.
func (w *watch) has(service string) bool { return len(w.only) == 0 || slices.Contains(w.only, service) }

// each does something for each service that takes part, at the same time.
func (w *watch) each(do func(service string) error) error {
	var work sync.WaitGroup
	errs := make([]error, len(services))
	for i, s := range services {
		if w.has(s) {
			work.Go(func() { errs[i] = do(s) })
		}
	}
	work.Wait()
	return errors.Join(errs...)
}

// say prints a step with the time since the start.
func (w *watch) say(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(w.out, "%6.1fs  %s\n", time.Since(w.began).Seconds(), fmt.Sprintf(format, args...))
}
