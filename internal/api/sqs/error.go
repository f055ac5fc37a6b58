package sqs

import (
	"errors"
	"strings"

	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/wire"
)

// Shapes of AWS's model, and of what stands before it.
const (
	own    = "com.amazonaws.sqs#"
	common = "com.amazon.coral.service#"
)

// queryCodes are the codes of the query protocol, which JSON clients get as well,
// in x-amzn-query-error. Those that are missing are the same in both.
var queryCodes = map[string]string{
	"BatchEntryIdsNotDistinct":          "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
	"BatchRequestTooLong":               "AWS.SimpleQueueService.BatchRequestTooLong",
	"EmptyBatchRequest":                 "AWS.SimpleQueueService.EmptyBatchRequest",
	"InvalidBatchEntryId":               "AWS.SimpleQueueService.InvalidBatchEntryId",
	"MessageNotInflight":                "AWS.SimpleQueueService.MessageNotInflight",
	"QueueDoesNotExist":                 "AWS.SimpleQueueService.NonExistentQueue",
	"QueueNameExists":                   "QueueAlreadyExists",
	"TooManyEntriesInBatchRequest":      "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
	"UnsupportedOperation":              "AWS.SimpleQueueService.UnsupportedOperation",
	"InvalidParameterValueException":    "InvalidParameterValue",
	"MissingRequiredParameterException": "MissingParameter",
}

func queryCode(code string) string {
	if _, name, ok := strings.Cut(code, "#"); ok {
		code = name
	}
	if q, ok := queryCodes[code]; ok {
		return q
	}
	return code
}

// codes are those of the errors of package queue.
var codes = []struct {
	err  error
	code string
}{
	{queue.ErrNoQueue, own + "QueueDoesNotExist"},
	{queue.ErrExists, own + "QueueNameExists"},
	{queue.ErrValue, common + "InvalidParameterValueException"},
	{queue.ErrMissing, common + "MissingRequiredParameterException"},
	{queue.ErrAttributeName, own + "InvalidAttributeName"},
	{queue.ErrAttributeValue, own + "InvalidAttributeValue"},
	{queue.ErrContents, own + "InvalidMessageContents"},
	{queue.ErrReceipt, own + "ReceiptHandleIsInvalid"},
	{queue.ErrNotInFlight, own + "MessageNotInflight"},
	{queue.ErrUnsupported, own + "UnsupportedOperation"},
	{queue.ErrOverLimit, own + "OverLimit"},
	{queue.ErrNoTask, own + "ResourceNotFoundException"},
}

// worded gives errors of queue AWS's codes.
func worded(err error) error {
	for _, c := range codes {
		if errors.Is(err, c.err) {
			return wire.Errorf(c.code, "%s", err)
		}
	}
	return err
}

func invalid(format string, args ...any) error {
	return wire.Errorf(common+"InvalidParameterValueException", format, args...)
}

func missing(parameter string) error {
	return wire.Errorf(common+"MissingRequiredParameterException", "The request must contain the parameter %s.", parameter)
}

func invalidAddress(url string) error {
	if len(url) > 200 {
		url = url[:200]
	}
	return wire.Errorf(own+"InvalidAddress", "The address %q is not valid for this endpoint: the URL of a queue ends with /account/name.", url)
}
