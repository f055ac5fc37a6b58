package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/grue-ecs/grue/examples/unicornwatch/load"
	"github.com/grue-ecs/grue/examples/unicornwatch/loadgen/find"
)

// What is asked, and part of each right answer.
const (
	sightings = "/frontend/sightings"
	someSeen  = `"count":8`
	dapple    = `"price":350`
	dappleSum = `"total":350`
)

// traffic is all that customers do.
type traffic struct {
	web, stream string // addresses of the load balancers
	generator   load.Remote
	loads       map[string]*load.Load // through the load balancer, by service
	inside      []string              // jobs of the generator, by service
	viewers     *viewers
}

// findFronts asks for the names of the load balancers.
func (w *watch) findFronts(ctx context.Context) error {
	out, err := w.elb.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{})
	if err != nil {
		return err
	}
	for _, lb := range out.LoadBalancers {
		if *lb.LoadBalancerName == "unicorns" {
			w.traffic.web = "http://" + *lb.DNSName
		} else {
			w.traffic.stream = *lb.DNSName + ":7000"
		}
	}
	return nil
}

// startTraffic gives each service its customers.
func (w *watch) startTraffic(ctx context.Context) (err error) {
	t := &w.traffic
	t.loads = map[string]*load.Load{}
	if w.has("ui") {
		t.loads["ui"] = load.Start(load.Job{URL: t.web + sightings, Expect: someSeen, Rate: 40})
	}
	if w.has("catalog") {
		t.loads["catalog"] = load.Start(load.Job{URL: t.web + "/catalog/3", Expect: dapple, Rate: 40})
	}
	if w.has("streaming") {
		t.viewers = startViewers(t.stream, 20)
	}
	if !w.has("catalog") && !w.has("orders") {
		return nil
	}
	if t.generator, err = find.Generator(ctx, w.ecs, cluster, "loadgen"); err != nil {
		return err
	}
	jobs := map[string]load.Job{
		"catalog": {URL: "http://catalog/catalog/3", Expect: dapple, Rate: 20},
		"orders":  {URL: "http://orders/orders", Method: http.MethodPost, Body: `{"unicorn":3}`, Expect: dappleSum, Rate: 20},
	}
	for service, job := range jobs {
		if !w.has(service) {
			continue
		}
		if err := t.generator.Start(ctx, service, job); err != nil {
			return err
		}
		t.inside = append(t.inside, service)
	}
	return w.awaitTraffic(ctx)
}

// awaitTraffic waits until every service has answered.
func (w *watch) awaitTraffic(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("no traffic within a minute"))
	defer cancel()
	return w.each(func(service string) error {
		for ctx.Err() == nil {
			c, err := w.traffic.of(ctx, service)
			if err != nil || service == "notifications" || c.of("v1") > 0 {
				return err
			}
			sleep(ctx, look)
		}
		return fmt.Errorf("%s: %w", service, context.Cause(ctx))
	})
}

// count is what the customers of one service got.
type count struct {
	sent, lost int
	first      string // that was lost
	tallies    []load.Tally
}

// of is how many answers a version gave.
func (c count) of(version string) (n int) {
	for _, t := range c.tallies {
		n += t.Of(version).Answers
	}
	return n
}

// of counts everything that the customers of a service got up to now.
func (t *traffic) of(ctx context.Context, service string) (c count, err error) {
	if l := t.loads[service]; l != nil {
		c.add(l.Tally())
	}
	if service == "streaming" && t.viewers != nil {
		c.add(t.viewers.Tally())
	}
	for _, job := range t.inside {
		if job == service {
			tally, err := t.generator.Tally(ctx, service)
			if err != nil {
				return c, err
			}
			c.add(tally)
		}
	}
	return c, nil
}

func (c *count) add(t load.Tally) {
	c.tallies = append(c.tallies, t)
	c.sent += t.Sent
	c.lost += t.Lost
	if c.first == "" {
		c.first = t.First
	}
}

// stop ends what runs in this program; what the generator does ends with it.
func (t *traffic) stop() {
	for _, l := range t.loads {
		l.End()
	}
	if t.viewers != nil {
		t.viewers.end()
	}
}
