package topic

import (
	"errors"
	"strconv"
)

// Errors of this package; the API gives them AWS's codes.
var (
	ErrNoTopic        = errors.New("Topic does not exist")
	ErrNoSubscription = errors.New("Subscription does not exist")
	ErrOtherTopic     = errors.New("Topic already exists with different attributes")
	ErrOtherTags      = errors.New("Topic already exists with different tags")
	ErrGuarded        = errors.New("the subscription was confirmed so that only a signed request may end it")
)

// Invalid is a parameter that AWS would refuse; the text names it and says why.
type Invalid string

func (e Invalid) Error() string { return "Invalid parameter: " + string(e) }

func quoted(s string) string {
	if len(s) > 200 {
		s = s[:200] + "…"
	}
	return strconv.Quote(s)
}
