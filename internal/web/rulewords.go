package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// subjects of conditions, in words.
var conditionSubjects = map[string]string{
	"host-header": "host", "path-pattern": "path", "http-request-method": "method",
	"query-string": "query", "source-ip": "source address",
}

// conditionWords says what a condition wants: "path is /api/* or /v1/*".
func conditionWords(c *route.Condition) string {
	switch c.Field {
	case "query-string":
		pairs := make([]string, len(c.Query))
		for i, kv := range c.Query {
			pairs[i] = kv.Key + "=" + kv.Value
			if kv.Key == "" {
				pairs[i] = kv.Value + " (of any key)"
			}
		}
		return "query has " + either(pairs)
	case "source-ip":
		return "source address is in " + either(c.Values)
	}
	subject := conditionSubjects[c.Field]
	if c.Field == "http-header" {
		subject = "header " + c.Header
	}
	var ways []string
	if len(c.Values) > 0 {
		ways = append(ways, "is "+either(c.Values))
	}
	if len(c.Regex) > 0 {
		ways = append(ways, "matches the regular expression "+either(c.Regex))
	}
	return subject + " " + strings.Join(ways, ", or ")
}

// conditionGot says what a request offers to a condition: "path is /x".
func conditionGot(c *route.Condition, r *route.Request) string {
	value := ""
	switch c.Field {
	case "host-header":
		value = route.HostName(r.Host)
	case "path-pattern":
		value = r.Path
	case "http-request-method":
		value = r.Method
	case "query-string":
		if value = r.Query; value == "" {
			return "there is no query"
		}
	case "source-ip":
		value = r.Source.String()
	case "http-header":
		var all []string
		for at := 0; ; {
			v, next := r.Headers.Next(strings.ToLower(c.Header), at)
			if next < 0 {
				break
			}
			all, at = append(all, v), next
		}
		if len(all) == 0 {
			return "there is no header " + c.Header
		}
		return "header " + c.Header + " is " + strings.Join(all, " and ")
	}
	return conditionSubjects[c.Field] + " is " + value
}

// either joins alternatives: "a, b or c".
func either(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

// actionItem says what a rule does. Shares are of the weights' sum.
func actionItem(tx *store.Tx, a *route.Action) ActionItem {
	switch {
	case a.Redirect != nil:
		return ActionItem{Type: "redirect", Words: redirectWords(a.Redirect)}
	case a.Fixed != nil:
		return ActionItem{Type: "fixed-response", Words: fixedWords(a.Fixed)}
	case a.Forward == nil:
		return ActionItem{Type: "none", Words: "does nothing that grue knows"}
	}
	out := ActionItem{Type: "forward", Groups: []WeightItem{}}
	sum := 0
	for _, g := range a.Forward.Groups {
		sum += max(g.Weight, 0)
	}
	var words []string
	for _, g := range a.Forward.Groups {
		w := WeightItem{Group: g.Group, Name: groupName(tx, g.Group), Weight: g.Weight}
		if sum > 0 {
			w.Share = 100 * float64(max(g.Weight, 0)) / float64(sum)
		}
		out.Groups = append(out.Groups, w)
		if w.Weight > 0 {
			words = append(words, percentWords(w.Share)+" to "+w.Name)
		}
	}
	out.Words = "forwards " + strings.Join(words, ", ")
	if sum == 0 {
		out.Words = "forwards to nobody: all weights are 0, so the answer is 503"
	}
	if a.Forward.Sticky {
		out.Sticky = a.Forward.StickyDuration.Seconds()
		out.Words += "; a client stays with its group for " + spanWords(a.Forward.StickyDuration)
	}
	return out
}

func groupName(tx *store.Tx, arn string) string {
	if g, ok := elb.Group(tx, arn); ok {
		return g.Name
	}
	return arn
}

// percentWords writes a share: "5 %", "33.3 %".
func percentWords(share float64) string {
	s := strconv.FormatFloat(share, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0") + " %"
}

func spanWords(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) + " s" }

func redirectWords(r *route.Redirect) string {
	var changed []string
	for _, part := range []struct{ name, value, same string }{
		{"protocol", r.Protocol, "#{protocol}"},
		{"host", r.Host, "#{host}"},
		{"port", r.Port, "#{port}"},
		{"path", r.Path, "/#{path}"},
		{"query", r.Query, "#{query}"},
	} {
		if part.value != "" && part.value != part.same {
			changed = append(changed, part.name+" "+part.value)
		}
	}
	if changed == nil {
		changed = []string{"the same address"}
	}
	return "redirects to " + strings.Join(changed, ", ") + " (" + strconv.Itoa(r.Status) + ")"
}

func fixedWords(f *route.Fixed) string {
	words := "answers " + strconv.Itoa(f.Status)
	if f.ContentType != "" {
		words += " " + f.ContentType
	}
	if f.Body != "" {
		words += ": " + f.Body
	}
	return words
}
