package wire

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// isoMillis is the form of times in XML.
const isoMillis = "2006-01-02T15:04:05.000Z"

// maxEpoch is the last second of the year 9999, the end of what ISO 8601 can say.
const maxEpoch = 253402300799

var errTime = errors.New("not a time")

// epoch reads seconds since 1970, with a fraction of up to nine digits and
// without the rounding of a float.
func epoch(s string) (time.Time, error) {
	if strings.ContainsAny(s, "eE") {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || f < -maxEpoch || f > maxEpoch {
			return time.Time{}, errTime
		}
		return time.UnixMilli(int64(math.Round(f * 1000))), nil
	}
	whole, frac, _ := strings.Cut(s, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || sec < -maxEpoch || sec > maxEpoch {
		return time.Time{}, errTime
	}
	var nanos int64
	if frac != "" {
		frac = (frac + "000000000")[:9]
		n, err := strconv.ParseUint(frac, 10, 32)
		if err != nil {
			return time.Time{}, errTime
		}
		nanos = int64(n)
	}
	if strings.HasPrefix(whole, "-") {
		nanos = -nanos
	}
	return time.Unix(sec, nanos), nil
}

// parseTime reads what clients send as text: ISO 8601, HTTP dates, seconds.
func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "20060102T150405Z", "2006-01-02", time.RFC1123} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return epoch(s)
}
