package client

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/smithy-go/logging"
)

// Local is the endpoint of the grue of this machine.
const Local = "http://127.0.0.1:4566"

const defaultRegion = "us-east-1"

// Client is a way to one ECS, in one region, with one cluster in mind.
type Client struct {
	// Endpoint is where the API is; "" = Amazon's own endpoints.
	Endpoint string
	Region   string
	Cluster  string     // name or ARN, as it was given
	Config   aws.Config // for clients of further services

	ECS        *ecs.Client
	ELB        *elb.Client
	CloudWatch *cloudwatch.Client
	Logs       *cloudwatchlogs.Client
}

// UsageError is a flag or variable with which no client can be made.
type UsageError string

func (e UsageError) Error() string { return string(e) }

// Open makes the clients. It calls nobody. The endpoint is --endpoint, else
// AWS_ENDPOINT_URL (or AWS_ENDPOINT_URL_ECS, or endpoint_url of the profile),
// else with --aws Amazon's, else Local. It is a UsageError to ask for --aws and
// for an endpoint at once, for only one of them can be meant.
func (f Flags) Open(ctx context.Context) (*Client, error) {
	opts, err := f.options()
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx, opts...)
	if err != nil {
		return nil, UsageError(fmt.Sprintf("cannot use the AWS configuration of this user: %v", err))
	}
	endpoint, said, err := f.endpoint(cfg)
	if err != nil {
		return nil, err
	}
	cfg.BaseEndpoint = nil
	if endpoint != "" {
		cfg.BaseEndpoint = &endpoint
		if err := f.developmentKey(ctx, &cfg, said); err != nil {
			return nil, err
		}
	}
	if cfg.Region == "" {
		cfg.Region = defaultRegion
	}
	c := &Client{Endpoint: endpoint, Region: cfg.Region, Cluster: f.Cluster}
	c.build(cfg)
	return c, nil
}

// options are the SDK's, from the flags.
func (f Flags) options() ([]func(*config.LoadOptions) error, error) {
	var opts []func(*config.LoadOptions) error
	if f.Region != "" {
		opts = append(opts, config.WithRegion(f.Region))
	}
	if f.Profile != "" {
		opts = append(opts, config.WithSharedConfigProfile(f.Profile))
	}
	if !f.AWS {
		// Away from Amazon there is no metadata service to ask for credentials.
		opts = append(opts, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	}
	if f.CAFile != "" {
		pem, err := os.ReadFile(f.CAFile)
		if err != nil {
			return nil, UsageError(fmt.Sprintf("--ca-file: %v", err))
		}
		opts = append(opts, config.WithCustomCABundle(bytes.NewReader(pem)))
	}
	return opts, nil
}

// build makes the clients of one configuration. Nobody waits for an endpoint that
// refuses connections: it is told at once.
func (c *Client) build(cfg aws.Config) {
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = awshttp.NewBuildableClient()
	}
	cfg.HTTPClient = &caller{next: cfg.HTTPClient, client: c}
	cfg.Logger = logging.Nop{} // errors are returned; people need no second voice on standard error
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(unreachable)}, o.Retryables...)
		})
	}
	c.Config = cfg
	base := func(o **string) { *o = cfg.BaseEndpoint } // over AWS_ENDPOINT_URL_<SERVICE>
	c.ECS = ecs.NewFromConfig(cfg, func(o *ecs.Options) { base(&o.BaseEndpoint) })
	c.ELB = elb.NewFromConfig(cfg, func(o *elb.Options) { base(&o.BaseEndpoint) })
	c.CloudWatch = cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) { base(&o.BaseEndpoint) })
	c.Logs = cloudwatchlogs.NewFromConfig(cfg, func(o *cloudwatchlogs.Options) { base(&o.BaseEndpoint) })
}

// Here tells whether the endpoint is on this machine, where nobody counts how
// often it is asked.
func (c *Client) Here() bool {
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.")
}

// Where names the ECS for a person.
func (c *Client) Where() string {
	if c.Endpoint == "" {
		return "Amazon ECS in " + c.Region
	}
	return c.Endpoint
}
