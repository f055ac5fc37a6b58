package lambda

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/wire"
)

// Invoke runs a function and answers what it answered; Event only keeps the
// event, DryRun only looks.
func (s *Service) Invoke(ctx context.Context, in *lambda.InvokeInput) (*lambda.InvokeOutput, error) {
	r, v, err := s.version(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	req, err := request(r, in)
	if err != nil {
		return nil, err
	}
	out := &lambda.InvokeOutput{StatusCode: http.StatusOK}
	switch in.InvocationType {
	case types.InvocationTypeDryRun:
		out.StatusCode = http.StatusNoContent
		return out, nil
	case types.InvocationTypeEvent:
		if len(in.Payload) > function.MaxEvent {
			return nil, tooLarge(function.MaxEvent)
		}
		out.StatusCode, out.ExecutedVersion = http.StatusAccepted, aws.String(v.Number())
		return out, reword(s.f.Enqueue(req), r)
	case "", types.InvocationTypeRequestResponse:
	default:
		return nil, invalid("1 validation error detected: Value '%s' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]", in.InvocationType)
	}
	res, err := s.f.Call(ctx, req)
	if err != nil {
		return nil, reword(err, r)
	}
	out.Payload, out.ExecutedVersion = res.Payload, &res.Version
	if res.FunctionError != "" {
		out.FunctionError = &res.FunctionError
	}
	if in.LogType == types.LogTypeTail {
		out.LogResult = aws.String(base64.StdEncoding.EncodeToString(res.Log))
	}
	return out, nil
}

// maxContext is AWS's limit for the client context in base64.
const maxContext = 3583

func request(r function.Reference, in *lambda.InvokeInput) (function.Request, error) {
	req := function.Request{Reference: r, Payload: in.Payload}
	switch {
	case in.TenantId != nil:
		return req, invalid("The function has no tenant isolation: leave TenantId out.")
	case in.DurableExecutionName != nil:
		return req, invalid("Durable functions are not supported: leave DurableExecutionName out.")
	case len(in.Payload) > function.MaxPayload:
		return req, tooLarge(function.MaxPayload)
	case len(in.Payload) > 0 && !json.Valid(in.Payload):
		return req, user(wire.Errorf("InvalidRequestContentException", "Could not parse request body into json: the payload must be JSON."), http.StatusBadRequest)
	}
	if c := aws.ToString(in.ClientContext); c != "" {
		doc, err := base64.StdEncoding.DecodeString(c)
		if err != nil || len(c) > maxContext || !json.Valid(doc) {
			return req, user(wire.Errorf("InvalidRequestContentException", "The client context must be JSON in base64 of at most %d bytes.", maxContext), http.StatusBadRequest)
		}
		req.ClientContext = string(doc)
	}
	return req, nil
}
