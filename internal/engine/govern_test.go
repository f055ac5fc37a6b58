package engine

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

const (
	ruleA = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener-rule/app/web/1/2/a"
	ruleB = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener-rule/app/web/1/2/b"
)

// TestRulesAreReleased: a rule belongs to the deployments of a service as long as
// a revision that counts uses it, and no longer than the service.
func TestRulesAreReleased(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name   string
		owner  string
		keep   []string
		govern map[string]bool
	}{
		{"the live revision uses one of them", "", []string{ruleA}, map[string]bool{ruleA: true, ruleB: false}},
		{"the service is gone", "", nil, map[string]bool{ruleA: false, ruleB: false}},
		{"another service governs them", "somebody", nil, map[string]bool{ruleA: true, ruleB: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.update(func(tx *store.Tx) {
				svc := &state.Service{Scope: testScope, Cluster: "default", Name: "web"}
				rev := &state.Revision{Scope: testScope, Cluster: "default", Service: "web", N: "1"}
				rev.Body.V.LoadBalancers = []ecs.LoadBalancer{{
					TargetGroupArn: aws.String("g1"), AdvancedConfiguration: &ecs.AdvancedConfiguration{
						AlternateTargetGroupArn: aws.String("g2"), ProductionListenerRule: aws.String(ruleA), TestListenerRule: aws.String(ruleB),
					},
				}}
				state.Revisions.Put(tx, rev.Key(), rev)
				for _, arn := range []string{ruleA, ruleB} {
					rule := &elb.Rule{ARN: arn}
					rule.Actions.V = []elbv2.Action{{Type: elbv2.ActionTypeEnumForward, TargetGroupArn: aws.String("g1")}}
					elb.PutRule(tx, rule)
					owner := c.owner
					if owner == "" {
						owner = svc.ARN()
					}
					if err := elb.Govern(tx, arn, owner); err != nil {
						t.Fatal(err)
					}
				}
				(&round{e: w.engine, tx: tx, svc: svc}).release(c.keep)
				for arn, want := range c.govern {
					if rule, ok := elb.GetRule(tx, arn); !ok || rule.Governed() != want {
						t.Errorf("%s governed: %v, want %v", arn, rule.Governed(), want)
					}
				}
			})
		})
	}
}
