package hook

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/function"
)

// lambda invokes a function and waits for its answer (RequestResponse). As ECS
// does, it tries again for a while when the function is throttled.
func (h *Hooks) lambda(ctx context.Context, c *Call, event []byte) Answer {
	target := c.Invoke.Config.Target
	if h.opts.Functions == nil {
		return cannotInvoke(target, "this server runs no Lambda functions")
	}
	for n := 1; ; n++ {
		doc, functionError, err := h.opts.Functions.Invoke(ctx, c.Deployment.Scope, target, event)
		switch {
		case err == nil && functionError == "":
			return parseAnswer(target, doc, c.Invoke.Hook.Details)
		case err == nil:
			return Answer{Status: deploy.HookFailed, Error: "Lifecycle hook target " + target + " returned a function error: " + functionFailure(doc)}
		case errors.Is(err, function.ErrClosed):
			// The server stops and so will ctx; the call is made again by the next one.
			<-ctx.Done()
			return cannotInvoke(target, err.Error())
		case errors.Is(err, function.ErrNotFound):
			return cannotInvoke(target, "Function not found: "+target)
		case !throttled(err) || n == tries || !h.pause(ctx, n):
			return cannotInvoke(target, err.Error())
		}
	}
}

func throttled(err error) bool {
	return errors.Is(err, function.ErrThrottled) || errors.Is(err, function.ErrReserved)
}

// functionFailure is the error that a function raised, as one sentence.
func functionFailure(doc []byte) string {
	var e struct{ ErrorType, ErrorMessage string }
	if json.Unmarshal(doc, &e) != nil || e.ErrorType == "" && e.ErrorMessage == "" {
		return shorten(string(doc))
	}
	if e.ErrorType == "" || e.ErrorMessage == "" {
		return shorten(e.ErrorType + e.ErrorMessage)
	}
	return shorten(e.ErrorType + ": " + e.ErrorMessage)
}

// maxText bounds what of a foreign text goes into a statusReason, in characters.
const maxText = 512

func shorten(s string) string {
	if r := []rune(s); len(r) > maxText {
		return string(r[:maxText]) + "…"
	}
	return s
}
