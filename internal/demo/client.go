package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/smithy-go"
)

// clients are the SDK's clients of one endpoint, with the development key.
type clients struct {
	endpoint, region string
	key              aws.CredentialsProvider
	ecs              *ecs.Client
	ecr              *ecr.Client
	elb              *elb.Client
}

func newClients(endpoint, region string) *clients {
	key := credentials.NewStaticCredentialsProvider("test", "test", "")
	return &clients{
		endpoint: endpoint, region: region, key: key,
		ecs: ecs.New(ecs.Options{Region: region, BaseEndpoint: &endpoint, Credentials: key}),
		ecr: ecr.New(ecr.Options{Region: region, BaseEndpoint: &endpoint, Credentials: key}),
		elb: elb.New(elb.Options{Region: region, BaseEndpoint: &endpoint, Credentials: key}),
	}
}

// is tells whether err is AWS's exception of that name.
func is(err error, code string) bool {
	var e smithy.APIError
	return errors.As(err, &e) && e.ErrorCode() == code
}

// subnets asks EC2 for the default subnets and their VPC. The SDK's EC2 package
// is larger than grue; one signed query is not.
func (c *clients) subnets(ctx context.Context) (vpc string, ids []string, err error) {
	var out struct {
		Subnets []struct {
			ID  string `xml:"subnetId"`
			VPC string `xml:"vpcId"`
		} `xml:"subnetSet>item"`
	}
	err = c.ec2(ctx, url.Values{
		"Action": {"DescribeSubnets"}, "Version": {"2016-11-15"},
		"Filter.1.Name": {"default-for-az"}, "Filter.1.Value.1": {"true"},
	}, &out)
	if err != nil {
		return "", nil, fmt.Errorf("DescribeSubnets: %w", err)
	}
	for _, s := range out.Subnets {
		vpc = s.VPC
		ids = append(ids, s.ID)
	}
	if len(ids) < 2 {
		return "", nil, errors.New("DescribeSubnets: a load balancer needs two default subnets; there are " + strconv.Itoa(len(ids)))
	}
	return vpc, ids, nil
}

func (c *clients) ec2(ctx context.Context, form url.Values, out any) error {
	body := form.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint+"/", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	key, err := c.key.Retrieve(ctx)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(ctx, key, req, hex.EncodeToString(sum[:]), "ec2", c.region, time.Now()); err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", resp.Status, bytes.TrimSpace(text))
	}
	return xml.Unmarshal(text, out)
}
