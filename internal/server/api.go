package server

import (
	"context"
	"time"

	"github.com/grue-ecs/grue/internal/api/acm"
	"github.com/grue-ecs/grue/internal/api/autoscaling"
	"github.com/grue-ecs/grue/internal/api/cloudwatch"
	"github.com/grue-ecs/grue/internal/api/ec2"
	"github.com/grue-ecs/grue/internal/api/ecr"
	"github.com/grue-ecs/grue/internal/api/ecs"
	"github.com/grue-ecs/grue/internal/api/elbv2"
	"github.com/grue-ecs/grue/internal/api/eventbridge"
	"github.com/grue-ecs/grue/internal/api/iam"
	"github.com/grue-ecs/grue/internal/api/lambda"
	"github.com/grue-ecs/grue/internal/api/logs"
	"github.com/grue-ecs/grue/internal/api/secretsmanager"
	"github.com/grue-ecs/grue/internal/api/servicediscovery"
	"github.com/grue-ecs/grue/internal/api/sns"
	"github.com/grue-ecs/grue/internal/api/sqs"
	"github.com/grue-ecs/grue/internal/api/ssm"
	"github.com/grue-ecs/grue/internal/api/sts"
	"github.com/grue-ecs/grue/internal/wire"
)

// awsService is an AWS API: its operations are its methods.
type awsService interface{ Spec() wire.Spec }

// maxBody lets in the largest request of all APIs: 50 MB of a function's zip, in
// base64.
const maxBody = 70 << 20

// openAPI registers every AWS service.
func (s *server) openAPI() error {
	keys := sts.NewKeys(s.store, nil)
	users := iam.New(iam.Options{Store: s.store})
	s.keys = keys
	s.authenticate = func(key string) (string, wire.Caller, bool) {
		if secret, c, ok := keys.Authenticate(key); ok {
			return secret, c, true
		}
		return users.Authenticate(key)
	}
	s.ec2 = ec2.New(ec2.Options{
		Store: s.store, VPC: s.machine.VPC, CIDR: s.platform.cidr, Subnets: s.platform.subnets,
		Interfaces: s.interfaces, Instances: s.instances,
	})
	r := wire.NewRegistry(wire.Options{
		Observe: s.observe, Authenticate: s.authenticate, Session: keys.Token, LoopbackDevKey: true, Log: s.log,
		DefaultAccount: s.opts.Account, DefaultRegion: s.opts.Region, MaxBody: maxBody,
	})
	s.ecs = ecs.New(ecs.Options{
		Store: s.store, Minute: s.opts.Minute, NLBDelay: s.opts.NLBDelay, Subnet: s.ec2.Subnet, Machine: s.containerInstance(),
		Function: s.hookFunction, Session: s.console.Start,
	})
	for _, svc := range []awsService{
		s.ecs,
		autoscaling.New(autoscaling.Options{Store: s.store, Scaler: s.scaler}),
		elbv2.New(elbv2.Options{
			Store: s.store, Balancer: s.balancer, Subnet: s.ec2.Subnet, ElasticAddress: s.ec2.ElasticAddress, Settle: s.settle,
			InstanceID: s.machine.InstanceID, InstanceAddress: "127.0.0.1",
		}),
		ecr.New(ecr.Options{Registry: s.registry}),
		logs.New(logs.Options{Logs: s.logs}),
		cloudwatch.New(cloudwatch.Options{Store: s.store, Metrics: s.metrics, Watcher: s.watcher}),
		lambda.New(lambda.Options{Functions: s.functions}),
		sqs.New(s.queues),
		sns.New(sns.Options{Store: s.store, Topics: s.topics}),
		eventbridge.New(eventbridge.Options{Store: s.store, Router: s.buses}),
		ssm.New(ssm.Options{Vault: s.vault, Sessions: s.console}),
		secretsmanager.New(secretsmanager.Options{Vault: s.vault}),
		acm.New(acm.Options{Store: s.store}),
		servicediscovery.New(servicediscovery.Options{Store: s.store, Settle: s.settle, Instance: s.instanceAddress}),
		sts.New(sts.Options{Sessions: keys, Role: role(users), AccountOf: users.AccountOf, TrustLocalTokens: true}),
		users,
		s.ec2,
	} {
		r.Add(svc.Spec(), svc)
	}
	s.api, s.wire = r, r
	return nil
}

// role lets STS ask IAM about roles.
func role(users *iam.Service) func(account, name string) (sts.Role, bool) {
	return func(account, name string) (sts.Role, bool) {
		id, longest, ok := users.Role(account, name)
		return sts.Role{ID: id, MaxSession: longest}, ok
	}
}

// settleTime bounds how long a call that changes load balancers waits for the
// proxy; with the proxy away it does not wait at all.
const settleTime = 3 * time.Second

// settle returns when the proxy serves what was committed so far.
func (s *server) settle() {
	if _, ok := s.link.Connected(); !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	if err := s.balancer.WaitApplied(ctx); err != nil {
		s.log.Warn("the proxy has not confirmed a change of load balancers yet", "err", err)
	}
}
