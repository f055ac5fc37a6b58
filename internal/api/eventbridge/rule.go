package eventbridge

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/bus"
	"github.com/grue-ecs/grue/internal/cron"
	"github.com/grue-ecs/grue/internal/pattern"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

const (
	maxRules   = 300
	maxPattern = 4096
)

var ruleName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// PutRule makes a rule, or replaces everything of one but its targets and tags.
func (s *Service) PutRule(ctx context.Context, in *eventbridge.PutRuleInput) (*eventbridge.PutRuleOutput, error) {
	tags, err := tagMap(nil, in.Tags)
	if err == nil {
		err = checkRule(in)
	}
	if err != nil {
		return nil, err
	}
	out := &eventbridge.PutRuleOutput{}
	err = s.store.Update(func(tx *store.Tx) error {
		b, err := findBus(tx, scopeOf(ctx), in.EventBusName)
		if err != nil {
			return err
		}
		if in.ScheduleExpression != nil && b.Name != bus.Default {
			return invalid("ScheduleExpression is supported only on the default event bus.")
		}
		next := &bus.Rule{Scope: b.Scope, Bus: b.Name, Name: *in.Name, Tags: tags}
		if old, ok := bus.FindRule(tx, b.Scope, b.Name, *in.Name); ok {
			*next = *old // tags are those of its creation, as in AWS
		} else if len(bus.Rules(tx, b.Scope, b.Name)) >= maxRules {
			return limitExceeded("The requested resource exceeds the maximum number allowed: %d rules of an event bus.", maxRules)
		}
		next.Pattern, next.Schedule, next.Description, next.Role = get(in.EventPattern), get(in.ScheduleExpression), get(in.Description), get(in.RoleArn)
		next.State = in.State
		if next.State == "" {
			next.State = types.RuleStateEnabled
		}
		out.RuleArn = aws.String(next.ARN())
		return s.router.PutRule(tx, next)
	})
	return out, err
}

func checkRule(in *eventbridge.PutRuleInput) error {
	switch {
	case !ruleName.MatchString(get(in.Name)):
		return violated("name", get(in.Name), "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+ and have 1 to 64 characters")
	case get(in.EventPattern) == "" && get(in.ScheduleExpression) == "":
		return invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
	case in.State != "" && in.State != types.RuleStateEnabled && in.State != types.RuleStateDisabled && in.State != types.RuleStateEnabledWithAllCloudtrailManagementEvents:
		return violated("state", in.State, "Member must satisfy enum value set: [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]")
	case len(get(in.Description)) > 512:
		return violated("description", get(in.Description), "Member must have length less than or equal to 512")
	}
	if p := get(in.EventPattern); p != "" {
		if len(p) > maxPattern {
			return badPattern(errors.New("it has more than 4096 characters"))
		}
		if _, err := pattern.Parse(p, pattern.Events); err != nil {
			return badPattern(err)
		}
	}
	if in.ScheduleExpression != nil && *in.ScheduleExpression != "" {
		if _, err := cron.Parse(*in.ScheduleExpression); err != nil {
			return invalid("Parameter ScheduleExpression is not valid. Reason: %s", err)
		}
	}
	return nil
}

// findRule finds the rule that a request means.
func findRule(tx *store.Tx, s arn.Scope, busName, name *string) (*bus.Rule, error) {
	b, err := findBus(tx, s, busName)
	if err != nil {
		return nil, err
	}
	r, ok := bus.FindRule(tx, s, b.Name, get(name))
	if !ok {
		return nil, notFound("Rule %s does not exist on EventBus %s.", get(name), b.Name)
	}
	return r, nil
}

// DescribeRule shows a rule.
func (s *Service) DescribeRule(ctx context.Context, in *eventbridge.DescribeRuleInput) (out *eventbridge.DescribeRuleOutput, err error) {
	s.store.View(func(tx *store.Tx) {
		var r *bus.Rule
		if r, err = findRule(tx, scopeOf(ctx), in.EventBusName, in.Name); err == nil {
			out = &eventbridge.DescribeRuleOutput{
				Name: &r.Name, Arn: aws.String(r.ARN()), EventBusName: &r.Bus, State: r.State, EventPattern: text(r.Pattern),
				ScheduleExpression: text(r.Schedule), Description: text(r.Description), RoleArn: text(r.Role), CreatedBy: &r.Account,
			}
		}
	})
	return out, err
}

// ListRules lists the rules of a bus by name.
func (s *Service) ListRules(ctx context.Context, in *eventbridge.ListRulesInput) (*eventbridge.ListRulesOutput, error) {
	all, err := s.rules(ctx, in.EventBusName, func(r *bus.Rule) bool { return strings.HasPrefix(r.Name, get(in.NamePrefix)) })
	if err != nil {
		return nil, err
	}
	some, next, err := page(all, func(r *bus.Rule) string { return r.Name }, in.NextToken, in.Limit)
	out := &eventbridge.ListRulesOutput{Rules: []types.Rule{}, NextToken: next}
	for _, r := range some {
		out.Rules = append(out.Rules, types.Rule{
			Name: &r.Name, Arn: aws.String(r.ARN()), EventBusName: &r.Bus, State: r.State, EventPattern: text(r.Pattern),
			ScheduleExpression: text(r.Schedule), Description: text(r.Description), RoleArn: text(r.Role),
		})
	}
	return out, err
}

func (s *Service) rules(ctx context.Context, busName *string, want func(*bus.Rule) bool) (out []*bus.Rule, err error) {
	s.store.View(func(tx *store.Tx) {
		var b *bus.Bus
		if b, err = findBus(tx, scopeOf(ctx), busName); err != nil {
			return
		}
		for _, r := range bus.Rules(tx, b.Scope, b.Name) {
			if want(r) {
				out = append(out, r)
			}
		}
	})
	return out, err
}

// EnableRule lets a rule see events from now on.
func (s *Service) EnableRule(ctx context.Context, in *eventbridge.EnableRuleInput) (*eventbridge.EnableRuleOutput, error) {
	return &eventbridge.EnableRuleOutput{}, s.changeRule(ctx, in.EventBusName, in.Name, func(r *bus.Rule) error {
		r.State = types.RuleStateEnabled
		return nil
	})
}

// DisableRule lets a rule see no events.
func (s *Service) DisableRule(ctx context.Context, in *eventbridge.DisableRuleInput) (*eventbridge.DisableRuleOutput, error) {
	return &eventbridge.DisableRuleOutput{}, s.changeRule(ctx, in.EventBusName, in.Name, func(r *bus.Rule) error {
		r.State = types.RuleStateDisabled
		return nil
	})
}

func (s *Service) changeRule(ctx context.Context, busName, name *string, fn func(*bus.Rule) error) error {
	return s.store.Update(func(tx *store.Tx) error {
		old, err := findRule(tx, scopeOf(ctx), busName, name)
		if err != nil {
			return err
		}
		next := *old
		if err := fn(&next); err != nil {
			return err
		}
		return s.router.PutRule(tx, &next)
	})
}

// DeleteRule removes a rule that has no targets; one that is not there is no
// error.
func (s *Service) DeleteRule(ctx context.Context, in *eventbridge.DeleteRuleInput) (*eventbridge.DeleteRuleOutput, error) {
	err := s.store.Update(func(tx *store.Tx) error {
		r, err := findRule(tx, scopeOf(ctx), in.EventBusName, in.Name)
		var missing *wire.Error
		if errors.As(err, &missing) && strings.HasPrefix(missing.Message, "Rule ") {
			return nil
		}
		if err != nil {
			return err
		}
		if len(r.Targets) > 0 {
			return invalid("Rule can't be deleted since it has targets.")
		}
		bus.DeleteRule(tx, r)
		return nil
	})
	return &eventbridge.DeleteRuleOutput{}, err
}
