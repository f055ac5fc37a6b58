package eventbridge

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

func TestBuses(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	made, err := w.client.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: aws.String("orders"), Description: aws.String("d"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	w.ok(err)
	if *made.EventBusArn != "arn:aws:events:eu-west-1:000000000000:event-bus/orders" {
		t.Error(*made.EventBusArn)
	}
	_, err = w.client.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: aws.String("orders")})
	w.fails(err, "ResourceAlreadyExistsException")
	_, err = w.client.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: aws.String("default")})
	w.fails(err, "ResourceAlreadyExistsException")
	listed, err := w.client.ListEventBuses(ctx, &eventbridge.ListEventBusesInput{})
	w.ok(err)
	if len(listed.EventBuses) != 2 || *listed.EventBuses[0].Name != "default" || *listed.EventBuses[1].Name != "orders" {
		t.Errorf("%+v", listed.EventBuses)
	}
	_, err = w.client.PutPermission(ctx, &eventbridge.PutPermissionInput{EventBusName: aws.String("orders"), StatementId: aws.String("s"), Action: aws.String("events:PutEvents"), Principal: aws.String("123456789012")})
	w.ok(err)
	shown, err := w.client.DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: made.EventBusArn})
	w.ok(err)
	if *shown.Name != "orders" || *shown.Description != "d" || !strings.Contains(*shown.Policy, "arn:aws:iam::123456789012:root") {
		t.Errorf("%+v", shown)
	}
	_, err = w.client.RemovePermission(ctx, &eventbridge.RemovePermissionInput{EventBusName: aws.String("orders"), StatementId: aws.String("s")})
	w.ok(err)
	tags, err := w.client.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{ResourceARN: made.EventBusArn})
	w.ok(err)
	if len(tags.Tags) != 1 {
		t.Errorf("%+v", tags)
	}
	_, err = w.client.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("r"), EventBusName: aws.String("orders"), EventPattern: aws.String(anything)})
	w.ok(err)
	_, err = w.client.DeleteEventBus(ctx, &eventbridge.DeleteEventBusInput{Name: aws.String("orders")})
	w.fails(err, "ValidationException")
	_, err = w.client.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: aws.String("r"), EventBusName: aws.String("orders")})
	w.ok(err)
	_, err = w.client.DeleteEventBus(ctx, &eventbridge.DeleteEventBusInput{Name: aws.String("orders")})
	w.ok(err)
	_, err = w.client.DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: aws.String("orders")})
	w.fails(err, "ResourceNotFoundException")
	_, err = w.client.DeleteEventBus(ctx, &eventbridge.DeleteEventBusInput{Name: aws.String("default")})
	w.fails(err, "ValidationException")
}

func TestPutEvents(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	made, err := w.client.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: aws.String("orders")})
	w.ok(err)
	_, err = w.client.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("o"), EventBusName: aws.String("orders"), EventPattern: aws.String(`{"detail":{"n":[{"numeric":[">",1]}]}}`)})
	w.ok(err)
	_, err = w.client.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("o"), EventBusName: made.EventBusArn, Targets: []types.Target{{Id: aws.String("t"), Arn: aws.String(lambdaARN("orders"))}}})
	w.ok(err)
	w.rule("on", `{"source":["shop"]}`, lambda("default"), types.Target{Arn: made.EventBusArn})
	entry := func(bus, source, detail string) types.PutEventsRequestEntry {
		e := types.PutEventsRequestEntry{Source: &source, DetailType: aws.String("order"), Detail: &detail, Resources: []string{"r"}}
		if bus != "" {
			e.EventBusName = &bus
		}
		return e
	}
	out, err := w.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
		entry("", "shop", `{"n": 2}`), // both buses
		entry("orders", "shop", `{"n": 3}`),
		entry("orders", "shop", `{"n": 1}`),
		entry("", "aws.ecs", `{}`),
		entry("", "shop", `[1]`),
		entry("none", "shop", `{}`),
		entry("", "", `{}`),
	}})
	w.ok(err)
	var codes []string
	for _, e := range out.Entries {
		codes = append(codes, aws.ToString(e.ErrorCode))
		if (e.EventId == nil) == (e.ErrorCode == nil) {
			t.Errorf("%+v", e)
		}
	}
	if got := fmt.Sprint(codes); out.FailedEntryCount != 4 || got != "[   NotAuthorizedForSourceException MalformedDetail ResourceNotFoundException InvalidArgument]" {
		t.Errorf("%d %s", out.FailedEntryCount, got)
	}
	if got := w.inbox(lambdaARN("default")); len(got) != 1 || !strings.Contains(got[0], *out.Entries[0].EventId) {
		t.Errorf("%q", got)
	}
	if got := w.inbox(lambdaARN("orders")); len(got) != 2 {
		t.Errorf("%q", got)
	}
	_, err = w.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: make([]types.PutEventsRequestEntry, 11)})
	w.fails(err, "ValidationException")
	_, err = w.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{entry("", "shop", `{"x":"`+strings.Repeat("x", 256<<10)+`"}`)}})
	w.fails(err, "ValidationException")
}

// Two buses that send to each other do not do so for ever.
func TestCircle(t *testing.T) {
	w := start(t)
	w.rule("loop", anything, types.Target{Arn: aws.String("arn:aws:events:eu-west-1:000000000000:event-bus/default")}, lambda("f"))
	w.emit("x", `{}`)
	w.await("events", func() bool { return len(w.inbox(lambdaARN("f"))) > 0 })
	if n := len(w.inbox(lambdaARN("f"))); n > 10 {
		t.Errorf("%d events", n)
	}
}

func TestTestEventPattern(t *testing.T) {
	w := start(t)
	event := `{"id":"1","account":"1","source":"aws.ecs","time":"2026-11-20T10:05:12Z","region":"eu-west-1","resources":[],"detail-type":"x","detail":{"a":1}}`
	for _, tt := range []struct {
		pattern, event, code string
		want                 bool
	}{
		{`{"detail":{"a":[1]}}`, event, "", true},
		{`{"detail":{"a":[2]}}`, event, "", false},
		{`{"detail":{"a":2}}`, event, "InvalidEventPatternException", false},
		{`{"detail":{"a":[2]}}`, `{`, "ValidationException", false},
		{`{"detail":{"a":[2]}}`, `{"id":"1"}`, "ValidationException", false},
	} {
		out, err := w.client.TestEventPattern(t.Context(), &eventbridge.TestEventPatternInput{EventPattern: &tt.pattern, Event: &tt.event})
		if tt.code != "" {
			w.fails(err, tt.code)
			continue
		}
		w.ok(err)
		if out.Result != tt.want {
			t.Errorf("%s: %v", tt.pattern, out.Result)
		}
	}
}

// destination makes an API destination with a connection.
func (w *world) destination(name, url string, kind types.ConnectionAuthorizationType, auth *types.CreateConnectionAuthRequestParameters) *string {
	w.Helper()
	c, err := w.client.CreateConnection(w.Context(), &eventbridge.CreateConnectionInput{Name: &name, AuthorizationType: kind, AuthParameters: auth})
	w.ok(err)
	d, err := w.client.CreateApiDestination(w.Context(), &eventbridge.CreateApiDestinationInput{
		Name: &name, ConnectionArn: c.ConnectionArn, HttpMethod: types.ApiDestinationHttpMethodPost, InvocationEndpoint: &url, InvocationRateLimitPerSecond: aws.Int32(100),
	})
	w.ok(err)
	return d.ApiDestinationArn
}

func TestAPIDestinations(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	failures := 2
	e := w.endpoint(func(rw http.ResponseWriter, h hit) {
		if h.URL.Path == "/basic" && failures > 0 {
			failures--
			rw.WriteHeader(503)
		}
		if h.URL.Path == "/refused" {
			rw.WriteHeader(400)
		}
	})
	tokens := w.endpoint(func(rw http.ResponseWriter, h hit) {
		fmt.Fprint(rw, `{"access_token":"abc","expires_in":3600}`)
	})
	key := &types.CreateConnectionAuthRequestParameters{
		ApiKeyAuthParameters: &types.CreateConnectionApiKeyAuthRequestParameters{ApiKeyName: aws.String("X-Key"), ApiKeyValue: aws.String("secret")},
		InvocationHttpParameters: &types.ConnectionHttpParameters{
			HeaderParameters:      []types.ConnectionHeaderParameter{{Key: aws.String("X-More"), Value: aws.String("hidden"), IsValueSecret: true}},
			BodyParameters:        []types.ConnectionBodyParameter{{Key: aws.String("team"), Value: aws.String("web")}},
			QueryStringParameters: []types.ConnectionQueryStringParameter{{Key: aws.String("q"), Value: aws.String("1")}},
		},
	}
	basic := &types.CreateConnectionAuthRequestParameters{BasicAuthParameters: &types.CreateConnectionBasicAuthRequestParameters{Username: aws.String("u"), Password: aws.String("p")}}
	oauth := &types.CreateConnectionAuthRequestParameters{OAuthParameters: &types.CreateConnectionOAuthRequestParameters{
		AuthorizationEndpoint: &tokens.URL, HttpMethod: "POST",
		ClientParameters: &types.CreateConnectionOAuthClientRequestParameters{ClientID: aws.String("id"), ClientSecret: aws.String("s")},
	}}
	withPath := types.Target{
		Arn:            w.destination("key", e.URL+"/hooks/*/new", "API_KEY", key),
		HttpParameters: &types.HttpParameters{PathParameterValues: []string{"a b"}, HeaderParameters: map[string]string{"X-Own": "1"}, QueryStringParameters: map[string]string{"own": "2"}},
	}
	w.rule("r", anything, withPath,
		types.Target{Arn: w.destination("basic", e.URL+"/basic", "BASIC", basic)},
		types.Target{Arn: w.destination("oauth", e.URL+"/oauth", "OAUTH_CLIENT_CREDENTIALS", oauth)},
		types.Target{Arn: w.destination("refused", e.URL+"/refused", "BASIC", basic)})
	w.emit("x", `{"n":1}`)
	by := func(path string) (out []hit) {
		for _, h := range e.all() {
			if strings.HasPrefix(h.URL.Path, path) {
				out = append(out, h)
			}
		}
		return out
	}
	w.await("all calls", func() bool {
		return len(by("/hooks")) == 1 && len(by("/basic")) == 3 && len(by("/oauth")) == 1 && len(by("/refused")) == 1
	})
	if h := by("/hooks")[0]; h.URL.EscapedPath() != "/hooks/a%20b/new" || h.Header.Get("X-Key") != "secret" || h.Header.Get("X-More") != "hidden" ||
		h.Header.Get("X-Own") != "1" || h.URL.RawQuery != "own=2&q=1" || !strings.Contains(h.body, `"team":"web"`) || !strings.Contains(h.body, `"n":1`) {
		t.Errorf("%s %v %s", h.URL, h.Header, h.body)
	}
	if u, p, _ := by("/basic")[2].BasicAuth(); u != "u" || p != "p" {
		t.Errorf("%s %s", u, p)
	}
	if h := by("/oauth")[0]; h.Header.Get("Authorization") != "Bearer abc" || !strings.Contains(tokens.all()[0].body, "client_secret=s") {
		t.Errorf("%v %s", h.Header, tokens.all()[0].body)
	}

	shown, err := w.client.DescribeConnection(ctx, &eventbridge.DescribeConnectionInput{Name: aws.String("key")})
	w.ok(err)
	if p := shown.AuthParameters; *p.ApiKeyAuthParameters.ApiKeyName != "X-Key" || p.InvocationHttpParameters.HeaderParameters[0].Value != nil || shown.ConnectionState != types.ConnectionStateAuthorized {
		t.Errorf("%+v", shown)
	}
	_, err = w.client.UpdateConnection(ctx, &eventbridge.UpdateConnectionInput{Name: aws.String("key"), AuthParameters: &types.UpdateConnectionAuthRequestParameters{
		ApiKeyAuthParameters: &types.UpdateConnectionApiKeyAuthRequestParameters{ApiKeyValue: aws.String("new")},
	}})
	w.ok(err)
	w.emit("y", `{}`)
	w.await("a call", func() bool { return len(by("/hooks")) == 2 })
	if h := by("/hooks")[1]; h.Header.Get("X-Key") != "new" || h.Header.Get("X-More") != "hidden" {
		t.Errorf("%v", h.Header)
	}
	if len(tokens.all()) != 1 {
		t.Error("the token was not kept")
	}
	_, err = w.client.DeleteConnection(ctx, &eventbridge.DeleteConnectionInput{Name: aws.String("oauth")})
	w.ok(err)
	d, err := w.client.DescribeApiDestination(ctx, &eventbridge.DescribeApiDestinationInput{Name: aws.String("oauth")})
	w.ok(err)
	if d.ApiDestinationState != types.ApiDestinationStateInactive {
		t.Errorf("%+v", d)
	}
	list, err := w.client.ListApiDestinations(ctx, &eventbridge.ListApiDestinationsInput{ConnectionArn: shown.ConnectionArn})
	w.ok(err)
	conns, err := w.client.ListConnections(ctx, &eventbridge.ListConnectionsInput{})
	w.ok(err)
	if len(list.ApiDestinations) != 1 || len(conns.Connections) != 3 {
		t.Errorf("%+v %+v", list, conns)
	}
	_, err = w.client.UpdateApiDestination(ctx, &eventbridge.UpdateApiDestinationInput{Name: aws.String("key"), InvocationEndpoint: aws.String("ftp://x")})
	w.fails(err, "ValidationException")
	_, err = w.client.DeleteApiDestination(ctx, &eventbridge.DeleteApiDestinationInput{Name: aws.String("key")})
	w.ok(err)
	_, err = w.client.DeleteApiDestination(ctx, &eventbridge.DeleteApiDestinationInput{Name: aws.String("key")})
	w.fails(err, "ResourceNotFoundException")
}

func TestConnectionsRefused(t *testing.T) {
	w := start(t)
	for _, tt := range []struct {
		name string
		kind types.ConnectionAuthorizationType
		auth *types.CreateConnectionAuthRequestParameters
	}{
		{"a b", "BASIC", &types.CreateConnectionAuthRequestParameters{}},
		{"a", "NONE", &types.CreateConnectionAuthRequestParameters{}},
		{"a", "BASIC", &types.CreateConnectionAuthRequestParameters{}},
		{"a", "API_KEY", &types.CreateConnectionAuthRequestParameters{}},
		{"a", "OAUTH_CLIENT_CREDENTIALS", &types.CreateConnectionAuthRequestParameters{}},
	} {
		_, err := w.client.CreateConnection(t.Context(), &eventbridge.CreateConnectionInput{Name: &tt.name, AuthorizationType: tt.kind, AuthParameters: tt.auth})
		w.fails(err, "ValidationException")
	}
}
