package logs

import (
	"fmt"
	"strconv"
	"strings"
)

// A position stands between two events. GetLogEvents writes it as AWS does: "f/"
// or "b/" and 56 digits, here time (20), sequence (20) and sixteen zeros.
//
// "f/…k" means: events behind k. "b/…k" means: events before k.

func forwardToken(k key) string  { return "f/" + digits(k) }
func backwardToken(k key) string { return "b/" + digits(k) }

func digits(k key) string {
	return fmt.Sprintf("%020d%020d%016d", uint64(k.time)^1<<63, k.seq, 0)
}

// parseToken reads a token of GetLogEvents.
func parseToken(token string) (k key, forward bool, err error) {
	kind, at, ok := strings.Cut(token, "/")
	if !ok || kind != "f" && kind != "b" || len(at) != 56 {
		return k, false, ErrToken
	}
	t, err1 := strconv.ParseUint(at[:20], 10, 64)
	seq, err2 := strconv.ParseUint(at[20:40], 10, 64)
	if err1 != nil || err2 != nil {
		return k, false, ErrToken
	}
	return key{int64(t ^ 1<<63), seq}, kind == "f", nil
}

// eventID is 56 digits, unique among all streams: time, sequence and stream.
func eventID(k key, stream uint64) string {
	return fmt.Sprintf("%014d%022d%020d", max(k.time, 0), k.seq, stream)
}
