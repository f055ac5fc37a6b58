package eventbridge

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/logs"
)

const anything = `{"source":[{"exists":true}]}`

func lambda(name string) types.Target { return types.Target{Arn: aws.String(lambdaARN(name))} }

// What grue tells in its history reaches the targets of rules, once each and
// in order.
func TestEventsOfGrue(t *testing.T) {
	w := start(t)
	w.emit("ECS Service Action", `{"eventName":"BEFORE"}`)
	w.rule("failed", `{"source":["aws.ecs"],"detail-type":["ECS Deployment State Change"],"detail":{"eventName":["SERVICE_DEPLOYMENT_FAILED"]}}`, lambda("failed"), lambda("gone"))
	w.rule("all", anything, lambda("all"), types.Target{Arn: aws.String(snsTopic("gone"))}, types.Target{Arn: aws.String(snsTopic("news"))})
	w.emit("ECS Deployment State Change", `{"eventName":"SERVICE_DEPLOYMENT_IN_PROGRESS","n":1.50}`)
	w.emit("ECS Deployment State Change", `{"eventName":"SERVICE_DEPLOYMENT_FAILED","reason":"a <b> & c"}`)
	w.await("both events", func() bool { return len(w.inbox(lambdaARN("all"))) == 2 })
	if got := w.inbox(lambdaARN("failed")); len(got) != 1 {
		t.Fatalf("%q", got)
	}
	var e map[string]any
	w.ok(json.Unmarshal([]byte(w.inbox(lambdaARN("failed"))[0]), &e))
	if e["version"] != "0" || e["detail-type"] != "ECS Deployment State Change" || e["account"] != home.Account || e["region"] != home.Region ||
		len(e["time"].(string)) != len("2026-11-20T10:05:12Z") || len(e["resources"].([]any)) != 1 || len(e["id"].(string)) != 36 {
		t.Errorf("%v", e)
	}
	if got := w.inbox(snsTopic("news")); len(got) != 2 || !strings.Contains(got[0], `"n":1.50`) || !strings.Contains(got[1], "a <b> & c") {
		t.Errorf("%q", got)
	}
}

// Events of other accounts and regions, and of rules that are off, go nowhere.
func TestDisabledRules(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	w.rule("r", anything, lambda("f"))
	name := &eventbridge.DisableRuleInput{Name: aws.String("r")}
	_, err := w.client.DisableRule(ctx, name)
	w.ok(err)
	w.rule("all", anything, lambda("all"))
	w.emit("x", `{"n":1}`)
	w.await("the event of the other rule", func() bool { return len(w.inbox(lambdaARN("all"))) == 1 })
	_, err = w.client.EnableRule(ctx, &eventbridge.EnableRuleInput{Name: name.Name})
	w.ok(err)
	w.emit("x", `{"n":2}`)
	w.await("an event", func() bool { return len(w.inbox(lambdaARN("f"))) > 0 })
	if got := w.inbox(lambdaARN("f")); len(got) != 1 || !strings.Contains(got[0], `"n":2`) {
		t.Errorf("%q", got)
	}
}

// An event that was committed before a crash is delivered after it, and one that
// was delivered is not delivered again.
func TestDurable(t *testing.T) {
	w := start(t)
	w.rule("r", anything, lambda("f"))
	w.emit("x", `{"n":1}`)
	w.await("an event", func() bool { return len(w.inbox(lambdaARN("f"))) == 1 })
	w.stop()
	w.open() // the router does not run
	for n := range 450 {
		w.emit("x", `{"n":`+string(rune('0'+n%10))+`}`)
	}
	if got := len(w.inbox(lambdaARN("f"))); got != 1 {
		t.Fatalf("%d events without a router", got)
	}
	w.run()
	w.await("all events", func() bool { return len(w.inbox(lambdaARN("f"))) == 451 })
	w.restart()
	w.emit("last", `{}`)
	w.await("the last event", func() bool {
		got := w.inbox(lambdaARN("f"))
		return strings.Contains(got[len(got)-1], "last")
	})
	if got := len(w.inbox(lambdaARN("f"))); got != 452 {
		t.Errorf("%d events", got)
	}
}

// Targets that are put after an event do not get it, whatever dies.
func TestNoOldEventsForNewTargets(t *testing.T) {
	w := start(t)
	w.rule("r", anything)
	w.rule("seen", anything, lambda("seen"))
	w.emit("old", `{}`)
	w.await("the event", func() bool { return len(w.inbox(lambdaARN("seen"))) == 1 })
	w.targets("r", lambda("f"))
	w.restart()
	w.emit("new", `{}`)
	w.await("an event", func() bool { return len(w.inbox(lambdaARN("f"))) > 0 })
	if got := w.inbox(lambdaARN("f")); len(got) != 1 || !strings.Contains(got[0], "new") {
		t.Errorf("%q", got)
	}
}

// A function whose queue is full gets the event later.
func TestFullQueue(t *testing.T) {
	w := start(t)
	w.full = true
	w.rule("r", anything, lambda("f"), types.Target{Arn: aws.String(snsTopic("news"))})
	w.emit("x", `{}`)
	w.await("the other target", func() bool { return len(w.inbox(snsTopic("news"))) == 1 })
	w.mu.Lock()
	w.full = false
	w.mu.Unlock()
	w.await("the event", func() bool { return len(w.inbox(lambdaARN("f"))) == 1 })
}

func TestInputs(t *testing.T) {
	w := start(t)
	transformer := func(template string, paths map[string]string) types.Target {
		return types.Target{InputTransformer: &types.InputTransformer{InputTemplate: &template, InputPathsMap: paths}}
	}
	paths := map[string]string{"name": "$.detail.name", "list": "$.detail.list", "second": "$.detail.list[1]", "none": "$.detail.none", "all": "$.detail.tasks[*].id"}
	targets := []struct {
		target types.Target
		want   string
	}{
		{types.Target{Input: aws.String(`{"fixed":true}`)}, `{"fixed":true}`},
		{types.Target{InputPath: aws.String("$.detail.list")}, `[1.0,"two"]`},
		{types.Target{InputPath: aws.String("$['detail']['name']")}, `"a \"b\""`},
		{types.Target{InputPath: aws.String("$.detail.none")}, `null`},
		{transformer(`"<name> of <list>: <second><none>."`, paths), `"a \"b\" of [1.0,\"two\"]: two."`},
		{transformer(`{"n": <name>, "l": <list>, "t": "<second>", "all": <all>, "no": <none>}`, paths), `{"n": "a \"b\"", "l": [1.0,"two"], "t": "two", "all": ["x","y"], "no": null}`},
		{transformer("\"line <second>\"\n\"a < b\"", paths), "\"line two\"\n\"a < b\""},
		{transformer(`{"rule": <aws.events.rule-name>, "arn": "<aws.events.rule-arn>"}`, nil), `{"rule": "r6", "arn": "arn:aws:events:eu-west-1:000000000000:rule/r6"}`},
	}
	for i, tt := range targets[:7] {
		tt.target.Arn = aws.String(lambdaARN("f" + string(rune('0'+i))))
		w.rule("i"+string(rune('0'+i)), anything, tt.target)
	}
	last := targets[7].target
	last.Arn = aws.String(lambdaARN("f7"))
	w.rule("r6", anything, last)
	whole := transformer(`{"event": <aws.events.event.json>, "short": <aws.events.event>, "at": <aws.events.event.ingestion-time>}`, nil)
	whole.Arn = aws.String(lambdaARN("whole"))
	w.rule("whole", anything, whole)
	w.emit("x", `{"name":"a \"b\"","list":[1.0,"two"],"tasks":[{"id":"x"},{},{"id":"y"}]}`)
	w.await("the last target", func() bool { return len(w.inbox(lambdaARN("whole"))) == 1 })
	for i, tt := range targets {
		if got := w.inbox(lambdaARN("f" + string(rune('0'+i)))); len(got) != 1 || got[0] != tt.want {
			t.Errorf("%d: %q, want %q", i, got, tt.want)
		}
	}
	var doc struct {
		Event, Short map[string]any
		At           string
	}
	w.ok(json.Unmarshal([]byte(w.inbox(lambdaARN("whole"))[0]), &doc))
	if _, there := doc.Short["detail"]; there || doc.Event["detail"] == nil || doc.Short["source"] != "aws.ecs" || doc.At == "" {
		t.Errorf("%+v", doc)
	}
}

func TestLogGroup(t *testing.T) {
	w := start(t)
	w.ok(w.logs.CreateGroup(logs.Group{Scope: home, Name: "/aws/events/all"}))
	w.rule("r", anything, types.Target{Arn: aws.String("arn:aws:logs:eu-west-1:000000000000:log-group:/aws/events/all")},
		types.Target{Arn: aws.String("arn:aws:logs:eu-west-1:000000000000:log-group:/aws/events/none:*")})
	w.emit("x", `{"n":1}`)
	w.await("a log event", func() bool {
		found, _, _ := w.logs.Filter(home, "/aws/events/all", logs.FilterQuery{})
		return len(found) == 1 && found[0].Stream == "r" && strings.Contains(found[0].Message, `"n":1`)
	})
}

func TestRules(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	arn := w.rule("r", anything, lambda("f"))
	if *arn != "arn:aws:events:eu-west-1:000000000000:rule/r" {
		t.Error(*arn)
	}
	for _, tt := range []struct {
		in         eventbridge.PutRuleInput
		code, text string
	}{
		{eventbridge.PutRuleInput{Name: aws.String("a b"), EventPattern: aws.String(anything)}, "ValidationException", "name"},
		{eventbridge.PutRuleInput{Name: aws.String("x")}, "ValidationException", "EventPattern or ScheduleExpression"},
		{eventbridge.PutRuleInput{Name: aws.String("x"), EventPattern: aws.String(`{"source":"aws.ecs"}`)}, "InvalidEventPatternException", `Event pattern is not valid. Reason: "source" must be an object or an array`},
		{eventbridge.PutRuleInput{Name: aws.String("x"), EventPattern: aws.String(`{"a":["` + strings.Repeat("x", 4100) + `"]}`)}, "InvalidEventPatternException", "4096"},
		{eventbridge.PutRuleInput{Name: aws.String("x"), EventPattern: aws.String(anything), EventBusName: aws.String("none")}, "ResourceNotFoundException", "none"},
		{eventbridge.PutRuleInput{Name: aws.String("x"), ScheduleExpression: aws.String("rate(5)")}, "ValidationException", "ScheduleExpression"},
		{eventbridge.PutRuleInput{Name: aws.String("x"), ScheduleExpression: aws.String("cron(0 12 * * *)")}, "ValidationException", "6"},
		{eventbridge.PutRuleInput{Name: aws.String("x"), EventPattern: aws.String(anything), State: "ON"}, "ValidationException", "state"},
	} {
		_, err := w.client.PutRule(ctx, &tt.in)
		w.fails(err, tt.code)
		if err != nil && !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%v, want %q", err, tt.text)
		}
	}
	described, err := w.client.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: aws.String("r")})
	w.ok(err)
	if *described.EventPattern != anything || described.State != types.RuleStateEnabled || *described.EventBusName != "default" || described.ScheduleExpression != nil {
		t.Errorf("%+v", described)
	}
	_, err = w.client.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: aws.String("none")})
	w.fails(err, "ResourceNotFoundException")
	listed, err := w.client.ListRules(ctx, &eventbridge.ListRulesInput{NamePrefix: aws.String("r")})
	w.ok(err)
	names, err := w.client.ListRuleNamesByTarget(ctx, &eventbridge.ListRuleNamesByTargetInput{TargetArn: aws.String(lambdaARN("f"))})
	w.ok(err)
	if len(listed.Rules) != 1 || len(names.RuleNames) != 1 || names.RuleNames[0] != "r" {
		t.Errorf("%+v %+v", listed, names)
	}

	_, err = w.client.TagResource(ctx, &eventbridge.TagResourceInput{ResourceARN: arn, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	w.ok(err)
	w.rule("r", anything) // keeps targets and tags
	tags, err := w.client.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{ResourceARN: arn})
	w.ok(err)
	targets, err := w.client.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: aws.String("r")})
	w.ok(err)
	if len(tags.Tags) != 1 || len(targets.Targets) != 1 || *targets.Targets[0].Id != "t0" {
		t.Errorf("%+v %+v", tags.Tags, targets.Targets)
	}
	_, err = w.client.UntagResource(ctx, &eventbridge.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"a"}})
	w.ok(err)

	_, err = w.client.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: aws.String("r")})
	w.fails(err, "ValidationException")
	removed, err := w.client.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: aws.String("r"), Ids: []string{"t0", "none"}})
	w.ok(err)
	if removed.FailedEntryCount != 1 || *removed.FailedEntries[0].TargetId != "none" {
		t.Errorf("%+v", removed)
	}
	for range 2 {
		_, err = w.client.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: aws.String("r")})
		w.ok(err)
	}
}

func TestTargetsRefused(t *testing.T) {
	w := start(t)
	w.rule("r", anything)
	id := aws.String("t")
	for text, target := range map[string]types.Target{
		"grue cannot deliver to": {Id: id, Arn: aws.String("arn:aws:kinesis:eu-west-1:000000000000:stream/s")},
		"id":                     {Id: aws.String("a b"), Arn: aws.String(lambdaARN("f"))},
		"standard SQS queue":     {Id: id, Arn: aws.String(lambdaARN("f")), DeadLetterConfig: &types.DeadLetterConfig{Arn: aws.String("arn:aws:sqs:eu-west-1:000000000000:q.fifo")}},
		"needs a MessageGroupId": {Id: id, Arn: aws.String("arn:aws:sqs:eu-west-1:000000000000:q.fifo")},
		"Only one of Input":      {Id: id, Arn: aws.String(lambdaARN("f")), Input: aws.String("{}"), InputPath: aws.String("$")},
		"JSON syntax error":      {Id: id, Arn: aws.String(lambdaARN("f")), Input: aws.String("{")},
		"JSON path":              {Id: id, Arn: aws.String(lambdaARN("f")), InputPath: aws.String("detail")},
		"undefined placeholders": {Id: id, Arn: aws.String(lambdaARN("f")), InputTransformer: &types.InputTransformer{InputTemplate: aws.String(`"<x>"`)}},
		"Invalid InputTemplate":  {Id: id, Arn: aws.String(lambdaARN("f")), InputTransformer: &types.InputTransformer{InputTemplate: aws.String(`hello`)}},
		"maximumRetryAttempts":   {Id: id, Arn: aws.String(lambdaARN("f")), RetryPolicy: &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(186)}},
		"API destinations":       {Id: id, Arn: aws.String(lambdaARN("f")), HttpParameters: &types.HttpParameters{}},
		"is for FIFO queues":     {Id: id, Arn: aws.String(lambdaARN("f")), SqsParameters: &types.SqsParameters{}},
		"another kind":           {Id: id, Arn: aws.String(lambdaARN("f")), EcsParameters: &types.EcsParameters{TaskDefinitionArn: id}},
	} {
		_, err := w.client.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("r"), Targets: []types.Target{target}})
		w.fails(err, "ValidationException")
		if err != nil && !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want %q", err, text)
		}
	}
	six := make([]types.Target, 6)
	for i := range six {
		six[i] = types.Target{Id: aws.String(string(rune('a' + i))), Arn: aws.String(lambdaARN("f"))}
	}
	_, err := w.client.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("r"), Targets: six})
	w.fails(err, "LimitExceededException")
	_, err = w.client.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("none"), Targets: six[:1]})
	w.fails(err, "ResourceNotFoundException")
}

func TestSchedule(t *testing.T) {
	w := start(t)
	_, err := w.client.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: aws.String("tick"), ScheduleExpression: aws.String("rate(1 minute)")})
	w.ok(err)
	w.targets("tick", lambda("tick"))
	w.await("three ticks", func() bool { return len(w.inbox(lambdaARN("tick"))) >= 3 })
	var e map[string]any
	w.ok(json.Unmarshal([]byte(w.inbox(lambdaARN("tick"))[0]), &e))
	if e["detail-type"] != "Scheduled Event" || e["source"] != "aws.events" || e["resources"].([]any)[0] != "arn:aws:events:eu-west-1:000000000000:rule/tick" {
		t.Errorf("%v", e)
	}
}
