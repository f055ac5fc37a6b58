// Command hook is the activation switch of a service without load balancer: a
// lifecycle hook for PRODUCTION_TRAFFIC_SHIFT that writes which service revision
// is active into an SSM parameter. Workers poll it; only the active revision works.
//
//	1st call   parameter = "nobody"      IN_PROGRESS
//	 …         until Quiet has passed    IN_PROGRESS   blue finishes what it has
//	last call  parameter = green         SUCCEEDED
//
// A rollback calls the same hook with the weights of blue, so it switches back by
// the same code. Copy it: nothing in it is about unicorns, and on AWS it runs as
// it stands (provided.al2023, file name bootstrap).
//
//	"hookDetails": {"parameter": "/name/of/the/parameter"}
package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// Quiet is how long nobody is active between two revisions: longer than a worker
// goes on without asking.
const Quiet = 2 * time.Second

// nobody is the parameter's value meanwhile.
const nobody = "nobody"

// Event is what ECS sends to a hook, as far as it matters here.
type Event struct {
	ExecutionDetails struct {
		// By service revision ARN. On the first deployment there is one.
		ProductionTrafficWeights map[string]float64 `json:"productionTrafficWeights"`
	} `json:"executionDetails"`
	HookDetails Details `json:"hookDetails"`
}

// Details are configured with the hook; the rest is carried from call to call.
type Details struct {
	Parameter string `json:"parameter"`
	Since     int64  `json:"since,omitempty"` // Unix milliseconds: when nobody became active
	For       string `json:"for,omitempty"`   // the revision that it was done for
}

// Answer is what ECS gets.
type Answer struct {
	HookStatus    string   `json:"hookStatus"`
	CallBackDelay int      `json:"callBackDelay,omitempty"` // seconds
	HookDetails   *Details `json:"hookDetails,omitempty"`
}

func main() {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	client := ssm.NewFromConfig(cfg)
	lambda.Start(func(ctx context.Context, e Event) (Answer, error) {
		return turn(e, time.Now, func(value string) error {
			_, err := client.PutParameter(ctx, &ssm.PutParameterInput{
				Name: &e.HookDetails.Parameter, Value: &value, Type: types.ParameterTypeString, Overwrite: aws.Bool(true),
			})
			return err
		})
	})
}

// turn makes one call's step of the switch.
func turn(e Event, now func() time.Time, set func(value string) error) (Answer, error) {
	next, d := favourite(e.ExecutionDetails.ProductionTrafficWeights), e.HookDetails
	if next == "" || d.Parameter == "" {
		return Answer{}, fmt.Errorf("the hook needs hookDetails.parameter and the stage PRODUCTION_TRAFFIC_SHIFT; it got %+v", e)
	}
	if d.For != next {
		err := set(nobody)
		d.Since, d.For = now().UnixMilli(), next
		return Answer{HookStatus: "IN_PROGRESS", CallBackDelay: 2, HookDetails: &d}, err
	}
	if now().Sub(time.UnixMilli(d.Since)) < Quiet {
		return Answer{HookStatus: "IN_PROGRESS", CallBackDelay: 2, HookDetails: &d}, nil
	}
	return Answer{HookStatus: "SUCCEEDED"}, set(next)
}

// favourite is the number of the revision with the most weight: green when the
// deployment goes on, blue when it is rolled back. "" = none has any.
func favourite(weights map[string]float64) (number string) {
	most := 0.0
	for arn, weight := range weights {
		if weight > most {
			number, most = arn[strings.LastIndexByte(arn, '/')+1:], weight
		}
	}
	return number
}
