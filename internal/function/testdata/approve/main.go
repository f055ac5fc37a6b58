// Program approve is a lifecycle hook built with AWS's libraries for Go: a
// parameter decides.
package main

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

func main() {
	client := ssm.New(ssm.Options{
		Region: os.Getenv("AWS_REGION"), BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL")),
		Credentials: credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")),
	})
	lambda.Start(func(ctx context.Context) (map[string]string, error) {
		out, err := client.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(os.Getenv("PARAMETER"))})
		if err != nil {
			return nil, err
		}
		return map[string]string{"hookStatus": *out.Parameter.Value}, nil
	})
}
