// Command monitor compares what customers are told: a lifecycle hook for
// PRODUCTION_TRAFFIC_SHIFT, which a canary calls twice.
//
//	1st call, canary 10 %   the traffic generator starts to check answers    SUCCEEDED
//	          canary bake   …
//	2nd call, green 100 %   what did the generator see?            SUCCEEDED | FAILED
//	rollback, green 0 %     the generator stops                              SUCCEEDED
package main

import (
	"context"
	"errors"
	"log"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/grue-ecs/grue/examples/unicornwatch/load"
	"github.com/grue-ecs/grue/examples/unicornwatch/loadgen/find"
)

// Event is what ECS sends to a hook, as far as it matters here.
type Event struct {
	ResourceArn      string `json:"resourceArn"` // of the service deployment
	ExecutionDetails struct {
		TargetServiceRevisionArn string             `json:"targetServiceRevisionArn"`
		ProductionTrafficWeights map[string]float64 `json:"productionTrafficWeights"`
	} `json:"executionDetails"`
	HookDetails Details `json:"hookDetails"`
}

// Details are configured with the hook.
type Details struct {
	Cluster    string   `json:"cluster"`
	Generator  string   `json:"generator"` // a service
	Job        load.Job `json:"job"`
	MaxPercent float64  `json:"maxPercent"` // of a version's answers may be bad
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
		name := "monitor-" + e.ResourceArn[strings.LastIndexByte(e.ResourceArn, '/')+1:]
		green := e.ExecutionDetails.ProductionTrafficWeights[e.ExecutionDetails.TargetServiceRevisionArn]
		if green > 0 && green < 100 {
			return Answer{HookStatus: "SUCCEEDED"}, generator.Start(ctx, name, e.HookDetails.Job)
		}
		tally, err := generator.End(ctx, name)
		if green == 0 || err != nil { // rolled back, or there was no canary to compare
			return Answer{HookStatus: "SUCCEEDED"}, nil
		}
		return judge(tally, e.HookDetails.MaxPercent), nil
	})
}

// judge fails when too many answers of any version were bad.
func judge(tally load.Tally, maxPercent float64) Answer {
	status := "SUCCEEDED"
	for version, v := range tally.Versions {
		percent := 100 * float64(v.Bad()) / float64(v.Answers)
		log.Printf("%s: %d answers, %.1f %% of them bad, %.1f %% allowed %s", version, v.Answers, percent, maxPercent, v.First)
		if percent > maxPercent {
			status = "FAILED"
		}
	}
	return Answer{HookStatus: status}
}
