package client

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// endpoint chooses; said tells that a person chose.
func (f Flags) endpoint(cfg aws.Config) (endpoint string, said bool, err error) {
	configured := aws.ToString(cfg.BaseEndpoint)
	if one := os.Getenv("AWS_ENDPOINT_URL_ECS"); one != "" && os.Getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") != "true" {
		configured = one
	}
	switch {
	case f.AWS && f.Endpoint != "":
		return "", false, UsageError("--aws means Amazon's own endpoint: leave out --aws or --endpoint")
	case f.AWS && configured != "":
		return "", false, UsageError("--aws means Amazon's own endpoint, but AWS_ENDPOINT_URL (or the profile) says " + configured +
			": unset it, or leave out --aws")
	case f.AWS:
		return "", true, nil
	case f.Endpoint != "":
		configured = f.Endpoint
	case configured == "":
		return Local, false, nil
	}
	u, err := url.Parse(configured)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", true, UsageError(fmt.Sprintf("an endpoint looks like http://HOST:PORT; it was %q", configured))
	}
	return strings.TrimSuffix(configured, "/"), true, nil
}

// developmentKey gives the key test/test to a client of grue that has none. At
// Local, which nobody asked for, it is used even when credentials are about:
// those are for Amazon and are not sent to a port of this machine.
func (f Flags) developmentKey(ctx context.Context, cfg *aws.Config, said bool) error {
	key := credentials.NewStaticCredentialsProvider("test", "test", "")
	if !said && f.Profile == "" {
		cfg.Credentials = key
		return nil
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		if f.Profile != "" {
			return UsageError(fmt.Sprintf("the profile %s has no credentials: %v", f.Profile, err))
		}
		cfg.Credentials = key
	}
	return nil
}
