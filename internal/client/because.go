package client

import (
	"net/url"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/grue-ecs/grue/internal/wire"
)

// Because is an option of one call of ECS that says why a person makes it, and
// that it comes from the command line. grue keeps it with the decision; Amazon
// ignores it. action is "REVISION" for a return to a former revision, else "".
func Because(reason, action string) func(*ecs.Options) {
	return func(o *ecs.Options) {
		for name, value := range headers(reason, action) {
			o.APIOptions = append(o.APIOptions, smithyhttp.SetHeaderValue(name, value))
		}
	}
}

// headers of a decision.
func headers(reason, action string) map[string]string {
	list := map[string]string{wire.HeaderFrom: "cli"}
	if reason != "" {
		list[wire.HeaderReason] = url.PathEscape(reason)
	}
	if action != "" {
		list[wire.HeaderAction] = action
	}
	return list
}

// CheckReason cuts blanks around a reason. It is a UsageError to give one that is
// too long.
func CheckReason(text string) (string, error) {
	reason, err := wire.CheckReason(text)
	if err != nil {
		return "", UsageError("--reason: " + err.Message)
	}
	return reason, nil
}
