package cloudwatch

import (
	"net/http"

	"github.com/grue-ecs/grue/internal/wire"
)

// queryCodes are the codes of the query protocol, which clients of the other
// protocols get as well, in x-amzn-query-error.
var queryCodes = map[string]string{
	"InternalServiceFault":                 "InternalServiceError",
	"InvalidFormatFault":                   "InvalidFormat",
	"InvalidParameterCombinationException": "InvalidParameterCombination",
	"InvalidParameterValueException":       "InvalidParameterValue",
	"LimitExceededFault":                   "LimitExceeded",
	"MissingRequiredParameterException":    "MissingParameter",
}

func queryCode(code string) string {
	if q, ok := queryCodes[code]; ok {
		return q
	}
	return code
}

func invalid(format string, args ...any) error {
	return wire.Errorf("InvalidParameterValueException", format, args...)
}

func missing(member string) error {
	return wire.Errorf("MissingRequiredParameterException", "The parameter %s is required.", member)
}

func combination(format string, args ...any) error {
	return wire.Errorf("InvalidParameterCombinationException", format, args...)
}

// refused is AWS's error for a definition of an alarm that makes no sense.
func refused(format string, args ...any) error {
	return wire.Errorf("ValidationError", format, args...)
}

func badToken() error {
	return wire.Errorf("InvalidNextToken", "The next token is not valid: pass the token of the previous page unchanged.")
}

func notFound(format string, args ...any) error {
	return wire.Errorf("ResourceNotFound", format, args...).WithStatus(http.StatusNotFound)
}

func invalidFormat(format string, args ...any) error {
	return wire.Errorf("InvalidFormatFault", format, args...)
}
