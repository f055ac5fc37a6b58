package eventbridge

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/bus"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Limits of targets: of one request, and of a rule.
const (
	maxPutTargets = 10
	maxTargets    = 5
)

var targetID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// PutTargets adds targets to a rule, or replaces those with the same id.
func (s *Service) PutTargets(ctx context.Context, in *eventbridge.PutTargetsInput) (*eventbridge.PutTargetsOutput, error) {
	if n := len(in.Targets); n == 0 || n > maxPutTargets {
		return nil, violated("targets", n, "Member must have length between 1 and 10")
	}
	seen := map[string]bool{}
	for i := range in.Targets {
		t := &in.Targets[i]
		if err := checkTarget(t); err != nil {
			return nil, err
		}
		if seen[*t.Id] {
			return nil, invalid("Duplicate target Id %s.", *t.Id)
		}
		seen[*t.Id] = true
	}
	err := s.changeRule(ctx, in.EventBusName, in.Rule, func(r *bus.Rule) error {
		kept := slices.DeleteFunc(slices.Clone(r.Targets), func(t wire.Stored[types.Target]) bool { return seen[get(t.V.Id)] })
		for _, t := range in.Targets {
			kept = append(kept, wire.Stored[types.Target]{V: t})
		}
		if len(kept) > maxTargets {
			return limitExceeded("The requested resource exceeds the maximum number allowed: %d targets of a rule.", maxTargets)
		}
		slices.SortFunc(kept, func(a, b wire.Stored[types.Target]) int { return strings.Compare(get(a.V.Id), get(b.V.Id)) })
		r.Targets = kept
		return nil
	})
	return &eventbridge.PutTargetsOutput{FailedEntries: []types.PutTargetsResultEntry{}}, err
}

// checkTarget refuses what could never be delivered.
func checkTarget(t *types.Target) error {
	if !targetID.MatchString(get(t.Id)) {
		return violated("targets.member.id", get(t.Id), "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+ and have 1 to 64 characters")
	}
	kind := bus.TargetKind(t)
	switch {
	case kind == "":
		return invalid("Parameter Arn of target %s is not valid. Reason: grue cannot deliver to %q; targets are Lambda functions, SNS topics, SQS queues, API destinations, log groups and event buses.", *t.Id, get(t.Arn))
	case t.DeadLetterConfig != nil && get(t.DeadLetterConfig.Arn) != "" && !standardQueue(*t.DeadLetterConfig.Arn):
		return invalid("Parameter DeadLetterConfig of target %s is not valid. Reason: %q is not the ARN of a standard SQS queue.", *t.Id, *t.DeadLetterConfig.Arn)
	case t.SqsParameters != nil && (kind != "sqs" || standardQueue(*t.Arn)):
		return invalid("Parameter SqsParameters of target %s is for FIFO queues.", *t.Id)
	case kind == "sqs" && !standardQueue(*t.Arn) && (t.SqsParameters == nil || get(t.SqsParameters.MessageGroupId) == ""):
		return invalid("Parameter(s) SqsParameters must be specified for target: %s. A FIFO queue needs a MessageGroupId.", *t.Id)
	case t.HttpParameters != nil && kind != "destination":
		return invalid("Parameter HttpParameters of target %s is for API destinations.", *t.Id)
	case t.EcsParameters != nil || t.KinesisParameters != nil || t.RunCommandParameters != nil || t.BatchParameters != nil ||
		t.RedshiftDataParameters != nil || t.SageMakerPipelineParameters != nil || t.AppSyncParameters != nil:
		return invalid("Target %s has parameters of another kind of target.", *t.Id)
	}
	if err := bus.CheckInput(t); err != nil {
		return invalid("Target %s is not valid. Reason: %s", *t.Id, err)
	}
	if p := t.RetryPolicy; p != nil {
		if n := p.MaximumRetryAttempts; n != nil && (*n < 0 || *n > 185) {
			return violated("targets.member.retryPolicy.maximumRetryAttempts", *n, "Member must have value between 0 and 185")
		}
		if n := p.MaximumEventAgeInSeconds; n != nil && (*n < 60 || *n > 86400) {
			return violated("targets.member.retryPolicy.maximumEventAgeInSeconds", *n, "Member must have value between 60 and 86400")
		}
	}
	return nil
}

// standardQueue tells whether an ARN is that of a queue without order.
func standardQueue(arn string) bool {
	_, name, ok := queue.ParseARN(arn)
	return ok && !strings.HasSuffix(name, ".fifo")
}

// RemoveTargets removes targets of a rule; ids that are not there are failed
// entries.
func (s *Service) RemoveTargets(ctx context.Context, in *eventbridge.RemoveTargetsInput) (*eventbridge.RemoveTargetsOutput, error) {
	if len(in.Ids) == 0 {
		return nil, violated("ids", "[]", "Member must have length greater than or equal to 1")
	}
	var out eventbridge.RemoveTargetsOutput
	err := s.changeRule(ctx, in.EventBusName, in.Rule, func(r *bus.Rule) error {
		out = eventbridge.RemoveTargetsOutput{FailedEntries: []types.RemoveTargetsResultEntry{}}
		for _, id := range in.Ids {
			if _, ok := r.Target(id); !ok {
				code, message := "ResourceNotFoundException", "Rule "+r.Name+" does not have target "+id+"."
				out.FailedEntries = append(out.FailedEntries, types.RemoveTargetsResultEntry{TargetId: &id, ErrorCode: &code, ErrorMessage: &message})
			}
		}
		out.FailedEntryCount = int32(len(out.FailedEntries))
		r.Targets = slices.DeleteFunc(slices.Clone(r.Targets), func(t wire.Stored[types.Target]) bool { return slices.Contains(in.Ids, get(t.V.Id)) })
		return nil
	})
	return &out, err
}

// ListTargetsByRule lists the targets of a rule by id.
func (s *Service) ListTargetsByRule(ctx context.Context, in *eventbridge.ListTargetsByRuleInput) (*eventbridge.ListTargetsByRuleOutput, error) {
	var all []types.Target
	var err error
	s.store.View(func(tx *store.Tx) {
		var r *bus.Rule
		if r, err = findRule(tx, scopeOf(ctx), in.EventBusName, in.Rule); err == nil {
			for _, t := range r.Targets {
				all = append(all, t.V)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	some, next, err := page(all, func(t types.Target) string { return get(t.Id) }, in.NextToken, in.Limit)
	return &eventbridge.ListTargetsByRuleOutput{Targets: append([]types.Target{}, some...), NextToken: next}, err
}

// ListRuleNamesByTarget lists the rules of a bus that have a target.
func (s *Service) ListRuleNamesByTarget(ctx context.Context, in *eventbridge.ListRuleNamesByTargetInput) (*eventbridge.ListRuleNamesByTargetOutput, error) {
	all, err := s.rules(ctx, in.EventBusName, func(r *bus.Rule) bool {
		return slices.ContainsFunc(r.Targets, func(t wire.Stored[types.Target]) bool { return get(t.V.Arn) == get(in.TargetArn) })
	})
	if err != nil {
		return nil, err
	}
	some, next, err := page(all, func(r *bus.Rule) string { return r.Name }, in.NextToken, in.Limit)
	out := &eventbridge.ListRuleNamesByTargetOutput{RuleNames: []string{}, NextToken: next}
	for _, r := range some {
		out.RuleNames = append(out.RuleNames, r.Name)
	}
	return out, err
}
