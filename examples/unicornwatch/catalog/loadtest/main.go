// Command loadtest tries green under load before any customer does: a lifecycle
// hook for POST_TEST_TRAFFIC_SHIFT. It drives the traffic generator inside the
// namespace, with the header that leads to green, and fails the deployment when
// the answers are late.
package main

import (
	"context"
	"errors"
	"log"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/grue-ecs/grue/examples/unicornwatch/load"
	"github.com/grue-ecs/grue/examples/unicornwatch/loadgen/find"
)

// Event is what ECS sends to a hook, as far as it matters here.
type Event struct {
	ExecutionID string  `json:"executionId"`
	HookDetails Details `json:"hookDetails"`
}

// Details are configured with the hook.
type Details struct {
	Cluster   string   `json:"cluster"`
	Generator string   `json:"generator"` // a service
	Job       load.Job `json:"job"`
	Seconds   int      `json:"seconds"`
	Quantile  float64  `json:"quantile"`  // this share of all answers
	MaxMillis int      `json:"maxMillis"` // must take no longer
}

// Answer is what ECS gets.
type Answer struct {
	HookStatus    string `json:"hookStatus"`
	CallBackDelay int    `json:"callBackDelay,omitempty"` // seconds
}

func main() {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	client := ecs.NewFromConfig(cfg)
	lambda.Start(func(ctx context.Context, e Event) (Answer, error) {
		generator, err := find.Generator(ctx, client, e.HookDetails.Cluster, e.HookDetails.Generator)
		if errors.Is(err, find.ErrNone) {
			return Answer{HookStatus: "IN_PROGRESS", CallBackDelay: 5}, nil
		}
		if err != nil {
			return Answer{}, err
		}
		name := "loadtest-" + e.ExecutionID
		if err := generator.Start(ctx, name, e.HookDetails.Job); err != nil {
			return Answer{}, err
		}
		time.Sleep(time.Duration(e.HookDetails.Seconds) * time.Second)
		tally, err := generator.End(ctx, name)
		if err != nil {
			return Answer{}, err
		}
		return judge(tally, e.HookDetails), nil
	})
}

// judge fails what is late, and what is not answered at all.
func judge(tally load.Tally, d Details) Answer {
	status := "SUCCEEDED"
	for version, v := range tally.Versions {
		late := v.Took.Quantile(d.Quantile)
		log.Printf("%s: %d answers, quantile %.2f at %d ms, %d allowed", version, v.Answers, d.Quantile, late, d.MaxMillis)
		if late > d.MaxMillis {
			status = "FAILED"
		}
	}
	if tally.Lost > 0 || len(tally.Versions) == 0 {
		log.Printf("%d of %d requests lost: %s", tally.Lost, tally.Sent, tally.First)
		status = "FAILED"
	}
	return Answer{HookStatus: status}
}
