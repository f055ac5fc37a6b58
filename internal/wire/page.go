package wire

import (
	"encoding/base64"
	"errors"
	"sort"
	"strconv"
	"strings"
)

// Page cuts one page out of items: those after token, at most max of them.
// max 0 means deflt; limit is the largest max that AWS accepts (0: any). The
// token says a position, so items must keep their order between calls; use
// PageBy where items come and go. Errors are *Error with the code
// InvalidParameterException; Recode gives them the code of another service.
func Page[T any](items []T, token *string, max, deflt, limit int) (page []T, next *string, err error) {
	n, err := pageSize(max, deflt, limit)
	if err != nil {
		return nil, nil, err
	}
	start := 0
	if token != nil && *token != "" {
		at, ok := openToken(*token, "n")
		start, err = strconv.Atoi(at)
		if !ok || err != nil || start < 0 {
			return nil, nil, errBadToken()
		}
	}
	start = min(start, len(items))
	end := min(start+n, len(items))
	if end < len(items) {
		next = sealToken("n", strconv.Itoa(end))
	}
	return items[start:end], next, nil
}

// PageBy is Page for items sorted by the unique key: the token holds the key of
// the last item sent, so that nothing is sent twice or left out when items are
// added or deleted between two calls.
func PageBy[T any](items []T, key func(T) string, token *string, max, deflt, limit int) (page []T, next *string, err error) {
	n, err := pageSize(max, deflt, limit)
	if err != nil {
		return nil, nil, err
	}
	start := 0
	if token != nil && *token != "" {
		last, ok := openToken(*token, "k")
		if !ok {
			return nil, nil, errBadToken()
		}
		start = sort.Search(len(items), func(i int) bool { return key(items[i]) > last })
	}
	end := min(start+n, len(items))
	if end < len(items) && end > start {
		next = sealToken("k", key(items[end-1]))
	}
	return items[start:end], next, nil
}

// Recode gives an *Error another code; other errors and nil pass unchanged.
func Recode(err error, code string) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Code = code
	return &c
}

func pageSize(max, deflt, limit int) (int, error) {
	if max < 0 || limit > 0 && max > limit {
		return 0, Errorf("InvalidParameterException", "The page size must be between 1 and %d; it was %d.", limit, max)
	}
	if max > 0 {
		return max, nil
	}
	if deflt > 0 {
		return deflt, nil
	}
	return 100, nil
}

func errBadToken() *Error {
	return Errorf("InvalidParameterException", "Invalid token: pass the token of the previous page unchanged.")
}

// Tokens are base64 of "g1:<kind>:<position>": opaque for clients, as AWS's are.
func sealToken(kind, at string) *string {
	t := base64.URLEncoding.EncodeToString([]byte("g1:" + kind + ":" + at))
	return &t
}

func openToken(token, kind string) (at string, ok bool) {
	b, err := base64.URLEncoding.DecodeString(token)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(string(b), "g1:"+kind+":")
}
