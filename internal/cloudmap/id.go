package cloudmap

import (
	"crypto/rand"
	"strconv"
	"strings"
	"time"
)

const letters = "0123456789abcdefghijklmnopqrstuvwxyz"

// newID returns n random lower-case letters and digits after a prefix.
func newID(prefix string, n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return prefix + string(b)
}

// newOperationID is a random part and the time in milliseconds, as AWS makes
// them: "gv4g5meo7ndmeh4fqskygvk23d2fijwa-k9302yzd".
func newOperationID(now time.Time) string {
	return newID("", 32) + "-" + strconv.FormatInt(now.UnixMilli(), 36)
}

// operationKey puts the time first, so that operations are in order.
func operationKey(id string) string {
	random, at, _ := strings.Cut(id, "-")
	return at + "-" + random
}
