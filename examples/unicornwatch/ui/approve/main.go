// Command approve holds a deployment until somebody decides: a lifecycle hook for
// PRE_SCALE_UP, where it asks for a new decision, and POST_TEST_TRAFFIC_SHIFT,
// where it waits for it in an SSM parameter.
//
//	"hookDetails": {"parameter": "/name/of/the/parameter"}
//
// The parameter is "asked" until a person writes approved or rejected.
package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// Event is what ECS sends to a hook, as far as it matters here.
type Event struct {
	LifecycleStage string `json:"lifecycleStage"`
	HookDetails    struct {
		Parameter string `json:"parameter"`
	} `json:"hookDetails"`
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
	client := ssm.NewFromConfig(cfg)
	lambda.Start(func(ctx context.Context, e Event) (Answer, error) {
		name := e.HookDetails.Parameter
		if e.LifecycleStage == "PRE_SCALE_UP" {
			_, err := client.PutParameter(ctx, &ssm.PutParameterInput{
				Name: &name, Value: aws.String("asked"), Type: types.ParameterTypeString, Overwrite: aws.Bool(true),
			})
			return Answer{HookStatus: "SUCCEEDED"}, err
		}
		out, err := client.GetParameter(ctx, &ssm.GetParameterInput{Name: &name})
		if err != nil {
			return Answer{}, err
		}
		return decide(*out.Parameter.Value)
	})
}

// decide answers for a decision.
func decide(decision string) (Answer, error) {
	switch decision {
	case "asked":
		return Answer{HookStatus: "IN_PROGRESS", CallBackDelay: 5}, nil
	case "approved":
		return Answer{HookStatus: "SUCCEEDED"}, nil
	case "rejected":
		return Answer{HookStatus: "FAILED"}, nil
	}
	return Answer{}, fmt.Errorf("the decision is %q, neither approved nor rejected", decision)
}
