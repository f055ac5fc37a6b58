// Program awsgo is a function built with AWS's own library for Go.
package main

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

func main() {
	lambda.Start(func(ctx context.Context, in map[string]string) (map[string]string, error) {
		if in["fail"] != "" {
			return nil, errors.New(in["fail"])
		}
		if in["panic"] != "" {
			panic(in["panic"])
		}
		lc, _ := lambdacontext.FromContext(ctx)
		return map[string]string{"hookStatus": in["status"], "arn": lc.InvokedFunctionArn}, nil
	})
}
