//go:build slow

package blackbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smithy "github.com/aws/smithy-go/transport/http"

	"github.com/grue-ecs/grue/test/harness"
)

// ledger is what a client knows to be true: only what was acknowledged counts,
// and a call without an answer leaves its subject in doubt.
type ledger struct {
	sync.Mutex
	have  map[string]string // "kind name" → value
	gone  map[string]bool
	doubt map[string]bool
	// refused holds the last refusal of each, for the message of a failure.
	refused map[string]error
	acked   int
}

func (l *ledger) note(key, value string, deleted bool, err error) {
	l.Lock()
	defer l.Unlock()
	var answered *smithy.ResponseError
	switch {
	case err == nil && deleted:
		delete(l.have, key)
		l.gone[key] = true
		l.acked++
	case err == nil:
		l.have[key] = value
		l.acked++
	case errors.As(err, &answered) && answered.HTTPStatusCode()/100 == 4:
		l.refused[key] = err
	default: // no answer (the SDK calls that status 0), or one that the kill cut off
		l.doubt[key] = true
	}
}

// mine picks something of a kind that a worker made.
func (l *ledger) mine(kind string, worker int) (name string, ok bool) {
	l.Lock()
	defer l.Unlock()
	prefix := fmt.Sprintf("%s w%d-", kind, worker)
	for key := range l.have {
		if len(key) > len(prefix) && key[:len(prefix)] == prefix && !l.doubt[key] {
			return key[len(kind)+1:], true
		}
	}
	return "", false
}

func (l *ledger) count(kind string) (n int) {
	l.Lock()
	defer l.Unlock()
	for key := range l.have {
		if key[:len(kind)+1] == kind+" " {
			n++
		}
	}
	return n
}

// TestSlowAcknowledgedWritesSurviveKills kills the server at random moments under
// calls of all kinds, and at last every process at once. What was acknowledged
// is there, what was deleted is not, services converge.
func TestSlowAcknowledgedWritesSurviveKills(t *testing.T) {
	g := grueFor(t)
	image, subnets := g.Guest(t, "v1", ""), g.Subnets(t)[:2]
	if _, err := g.ECS().CreateCluster(t.Context(), &ecs.CreateClusterInput{}); err != nil {
		t.Fatal(err)
	}
	l := &ledger{have: map[string]string{}, gone: map[string]bool{}, doubt: map[string]bool{}, refused: map[string]error{}}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() { scribble(ctx, g, l, w, image, subnets) })
	}
	kills := 0
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(200+rand.IntN(1400)) * time.Millisecond):
			if g.KillAny("server") {
				kills++
			}
		}
	}
	workers.Wait()
	t.Logf("%d kills, %d acknowledged changes", kills, l.acked)
	if l.acked < 100 {
		t.Error("hardly any call worked")
	}
	g.Crash()
	for _, verb := range []string{"server", "proxy", "shim"} {
		g.KillAny(verb)
	}
	g.Up()
	compare(t, g, l)
}

// scribble makes about eight calls a second.
func scribble(ctx context.Context, g *harness.Grue, l *ledger, w int, image string, subnets []string) {
	c := g.Config()
	c.RetryMaxAttempts = 1
	client, lb := ecs.NewFromConfig(c), elb.NewFromConfig(c)
	secrets, logs := secretsmanager.NewFromConfig(c), cloudwatchlogs.NewFromConfig(c)
	tick := time.NewTicker(125 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		bg := context.WithoutCancel(ctx)
		name := fmt.Sprintf("w%d-%d", w, n)
		switch n % 7 {
		case 0:
			_, err := secrets.CreateSecret(bg, &secretsmanager.CreateSecretInput{Name: &name, SecretString: &name})
			l.note("secret "+name, name, false, err)
		case 1:
			if old, ok := l.mine("secret", w); ok {
				_, err := secrets.PutSecretValue(bg, &secretsmanager.PutSecretValueInput{SecretId: &old, SecretString: &name})
				l.note("secret "+old, name, false, err)
			}
		case 2:
			_, err := logs.CreateLogGroup(bg, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name})
			l.note("group "+name, "", false, err)
		case 3:
			if old, ok := l.mine("group", w); ok && n%2 == 0 {
				_, err := logs.DeleteLogGroup(bg, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &old})
				l.note("group "+old, "", true, err)
			}
		case 4:
			if l.count("balancer") < 8 {
				_, err := lb.CreateLoadBalancer(bg, &elb.CreateLoadBalancerInput{Name: &name, Subnets: subnets})
				l.note("balancer "+name, "", false, err)
			}
		case 5:
			if l.count("service") < 6 {
				l.note("service "+name, "1", false, newService(bg, client, name, image, subnets))
			} else if old, ok := l.mine("service", w); ok {
				_, err := client.DeleteService(bg, &ecs.DeleteServiceInput{Service: &old, Force: aws.Bool(true)})
				l.note("service "+old, "", true, err)
			}
		case 6:
			if old, ok := l.mine("service", w); ok {
				count := int32(1 + n%2)
				_, err := client.UpdateService(bg, &ecs.UpdateServiceInput{Service: &old, DesiredCount: &count, ForceNewDeployment: n%3 == 0})
				l.note("service "+old, fmt.Sprint(count), false, err)
			}
		}
	}
}

func newService(ctx context.Context, client *ecs.Client, name, image string, subnets []string) error {
	_, err := client.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: &name, NetworkMode: types.NetworkModeAwsvpc, Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("app"), Image: &image}},
	})
	if err == nil {
		_, err = client.CreateService(ctx, &ecs.CreateServiceInput{
			ServiceName: &name, TaskDefinition: &name, DesiredCount: aws.Int32(1),
			NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: subnets}},
		})
	}
	return err
}

// compare holds the ledger against what the API tells, one by one.
func compare(t *testing.T, g *harness.Grue, l *ledger) {
	t.Helper()
	for key, want := range l.have {
		if got, ok := look(t, g, key); !l.doubt[key] && (!ok || got != want) {
			t.Errorf("%s was acknowledged as %q; now it is %q, %v (last refusal: %v)", key, want, got, ok, l.refused[key])
		}
	}
	for key := range l.gone {
		if _, ok := look(t, g, key); ok && !l.doubt[key] {
			t.Errorf("%s is back after its deletion (last refusal: %v)", key, l.refused[key])
		}
	}
	for key := range l.have {
		kind, name := cut(key)
		if kind != "service" {
			continue
		}
		harness.Await(t, "service "+name+" is steady", func() bool {
			out, err := g.ECS().DescribeServices(t.Context(), &ecs.DescribeServicesInput{Services: []string{name}})
			if err != nil || len(out.Services) != 1 {
				return l.doubt[key]
			}
			s := out.Services[0]
			return s.RunningCount == s.DesiredCount && s.PendingCount == 0 && len(s.Deployments) <= 1
		})
	}
}

func cut(key string) (kind, name string) {
	for i := range key {
		if key[i] == ' ' {
			return key[:i], key[i+1:]
		}
	}
	return key, ""
}

// look is the value that the API has for a key of the ledger.
func look(t *testing.T, g *harness.Grue, key string) (string, bool) {
	t.Helper()
	kind, name := cut(key)
	c, ctx := g.Config(), t.Context()
	switch kind {
	case "secret":
		out, err := secretsmanager.NewFromConfig(c).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &name})
		if err != nil {
			return err.Error(), false
		}
		return *out.SecretString, true
	case "group":
		out, err := cloudwatchlogs.NewFromConfig(c).DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
		if err != nil {
			return err.Error(), false
		}
		for _, x := range out.LogGroups {
			if *x.LogGroupName == name {
				return "", true
			}
		}
		return "", false
	case "balancer":
		_, err := g.ELB().DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{name}})
		return "", err == nil
	}
	out, err := g.ECS().DescribeServices(ctx, &ecs.DescribeServicesInput{Services: []string{name}})
	if err != nil || len(out.Services) != 1 || *out.Services[0].Status != "ACTIVE" {
		return "", false
	}
	return fmt.Sprint(out.Services[0].DesiredCount), true
}
