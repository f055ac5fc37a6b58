package cli

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/client"
	"github.com/grue-ecs/grue/internal/notify"
)

// notifyListCmd is `grue notify list`.
type notifyListCmd struct {
	JSON bool `help:"Print JSON."`
	notifyFlags
}

// Run lists.
func (c *notifyListCmd) Run(s *streams) error {
	ctx, stop := s.context()
	defer stop()
	var out struct{ Notifications []notify.View }
	if err := c.ask(ctx, http.MethodGet, "", nil, &out); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, out.Notifications)
	}
	if len(out.Notifications) == 0 {
		fmt.Fprintln(s.err, "nobody is told of deployments; 'grue notify add' changes that")
		return nil
	}
	t := table{head: []string{"NAME", "TO", "FORMAT", "EVENTS", "SERVICES", "LAST", "WAITING", "LOST", "PROBLEM"}}
	for i := range out.Notifications {
		v := &out.Notifications[i]
		t.add(v.Name, whom(v), v.Format, what(v), about(v), since(v.DeliveredAt), strconv.Itoa(v.Waiting), strconv.Itoa(v.GivenUp), trouble(v))
	}
	return t.print(s.out)
}

// whom is where a notification goes, as far as it may be shown.
func whom(v *notify.View) string {
	if v.Topic != "" {
		return v.Topic
	}
	return v.Host
}

func what(v *notify.View) string {
	list := make([]string, len(v.Events))
	for i, e := range v.Events {
		list[i] = string(e)
	}
	return strings.Join(list, ",")
}

func about(v *notify.View) string {
	if len(v.Services) == 0 {
		return "all"
	}
	return strings.Join(v.Services, ",")
}

func since(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return client.Age(time.Since(t)) + " ago"
}

// trouble is the last thing that went wrong, if it is not over.
func trouble(v *notify.View) string {
	switch {
	case v.Error == "":
		return "–"
	case v.Tries > 0:
		return fmt.Sprintf("%s (%d tries)", v.Error, v.Tries)
	}
	return v.Error + " (" + since(v.ErrorAt) + ")"
}
