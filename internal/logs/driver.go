package logs

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/grue-ecs/grue/internal/arn"
)

// TargetOf reads the options of the awslogs driver: awslogs-group,
// awslogs-region, awslogs-stream-prefix, awslogs-datetime-format and
// awslogs-multiline-pattern. Without a prefix the stream is named after the
// container's runtime id, as Docker does.
func TargetOf(options map[string]string, s arn.Scope, container, task, runtimeID string) (Target, error) {
	t := Target{Scope: s, Group: options["awslogs-group"], Stream: runtimeID}
	if r := options["awslogs-region"]; r != "" {
		t.Scope.Region = r
	}
	if t.Group == "" {
		return t, fmt.Errorf("must specify a value for log opt 'awslogs-group'")
	}
	if p := options["awslogs-stream-prefix"]; p != "" {
		t.Stream = p + "/" + container + "/" + task
	}
	date, multi := options["awslogs-datetime-format"], options["awslogs-multiline-pattern"]
	switch {
	case date != "" && multi != "":
		return t, fmt.Errorf("you cannot configure log opt 'awslogs-datetime-format' and 'awslogs-multiline-pattern' at the same time")
	case date != "":
		t.Multiline = datePattern(date)
	case multi != "":
		t.Multiline = multi
	}
	if _, err := regexp.Compile(t.Multiline); err != nil {
		return t, fmt.Errorf("awslogs could not parse multiline pattern key %q: %w", t.Multiline, err)
	}
	return t, nil
}

// dateParts are the strftime verbs that awslogs-datetime-format knows.
var dateParts = map[byte]string{
	'A': `(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day`,
	'a': `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)`,
	'B': `(?:January|February|March|April|May|June|July|August|September|October|November|December)`,
	'b': `(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)`,
	'c': `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{1,2} \d{2}:\d{2}:\d{2} \d{4}`,
	'd': `(?:0[1-9]|[12][0-9]|3[01]|[1-9])`,
	'f': `\d+`,
	'H': `(?:[01][0-9]|2[0-3])`,
	'I': `(?:0[1-9]|1[0-2]|[1-9])`,
	'j': `\d{1,3}`,
	'L': `\.\d{3}`,
	'M': `[0-5][0-9]`,
	'm': `(?:0[1-9]|1[0-2]|[1-9])`,
	'p': `[AP]M`,
	'S': `[0-5][0-9]|60`,
	'w': `[0-6]`,
	'Y': `\d{4}`,
	'y': `\d{2}`,
	'Z': `[A-Z]{1,4}T`,
	'z': `[+-]\d{4}`,
	'%': `%`,
}

// datePattern turns a strftime format into the pattern of a line with such a
// date.
func datePattern(format string) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] == '%' && i+1 < len(format) {
			if part, ok := dateParts[format[i+1]]; ok {
				b.WriteString("(?:" + part + ")")
				i++
				continue
			}
		}
		b.WriteString(regexp.QuoteMeta(format[i : i+1]))
	}
	return b.String()
}
