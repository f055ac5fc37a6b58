package notify

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/hook"
)

// Bounds.
const (
	maxURL      = 2048 // bytes
	maxServices = 100
	maxOf       = 100 // notifications of a region
)

var (
	nameForm    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	serviceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}/[A-Za-z0-9_-]{1,255}$`)
)

// Request is the body of PUT.
type Request struct {
	URL      string   `json:"url,omitempty"`   // http:// or https://
	Topic    string   `json:"topic,omitempty"` // ARN of an SNS topic, instead of URL
	Format   string   `json:"format,omitempty"`
	Events   []Kind   `json:"events,omitempty"`   // none = all but stage
	Services []string `json:"services,omitempty"` // "CLUSTER/NAME", or "NAME" in cluster default; none = all
	Template string   `json:"template,omitempty"`
	Secret   string   `json:"secret,omitempty"` // signs the format generic
}

// check fills in defaults. The error is a sentence.
func (r *Request) check(name string) error {
	switch {
	case !nameForm.MatchString(name):
		return fmt.Errorf("the name of a notification has 1 to 64 letters, digits, - and _")
	case (r.URL == "") == (r.Topic == ""):
		return fmt.Errorf("give either a url or the ARN of a topic")
	case len(r.Services) > maxServices:
		return fmt.Errorf("a notification can be for at most %d services; leave services out to be told of all", maxServices)
	}
	if err := r.checkFormat(); err != nil {
		return err
	}
	if len(r.Events) == 0 {
		r.Events = slices.Clone(defaultKinds)
	}
	for _, k := range r.Events {
		if !slices.Contains(Kinds, k) {
			return fmt.Errorf("there is no event %q; there are %s", clip(string(k), 50), join(Kinds))
		}
	}
	for i, s := range r.Services {
		if !strings.Contains(s, "/") {
			r.Services[i] = "default/" + s
		}
		if !serviceForm.MatchString(r.Services[i]) {
			return fmt.Errorf("%q is no service: say CLUSTER/NAME", clip(s, 100))
		}
	}
	if r.URL != "" {
		if err := checkURL(r.URL); err != nil {
			return err
		}
	}
	return r.checkTemplate(name)
}

func (r *Request) checkFormat() error {
	switch {
	case r.Format == "" && r.Topic != "":
		r.Format = FormatText
	case r.Format == "":
		r.Format = FormatGeneric
	case !slices.Contains([]string{FormatSlack, FormatTeams, FormatGeneric, FormatText}, r.Format):
		return fmt.Errorf("there is no format %q; there are slack, teams, generic and text", clip(r.Format, 50))
	case r.Topic != "" && (r.Format == FormatSlack || r.Format == FormatTeams):
		return fmt.Errorf("the format %s is for a url; a topic takes text or generic", r.Format)
	}
	if r.Secret == "" {
		return nil
	}
	if r.Topic != "" || r.Format == FormatSlack || r.Format == FormatTeams {
		return fmt.Errorf("a secret signs the formats generic and text of a url; leave it out")
	}
	if _, err := hook.SecretKey(r.Secret); err != nil {
		return fmt.Errorf("the secret %w", err)
	}
	return nil
}

// checkURL does not repeat the URL, which may be a credential.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case len(text) > maxURL:
		return fmt.Errorf("the url is longer than %d bytes", maxURL)
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return fmt.Errorf("the url must begin with http:// or https:// and a host")
	}
	return nil
}

// checkTemplate makes the body of every event once.
func (r *Request) checkTemplate(name string) error {
	if len(r.Template) > maxTemplate {
		return fmt.Errorf("the template is larger than %d bytes", maxTemplate)
	}
	if r.Template == "" {
		return nil
	}
	for _, k := range Kinds {
		if _, err := execute(r.Template, sample(k, name, time.Now())); err != nil {
			return fmt.Errorf("the template fails for the event %s: %w", k, err)
		}
	}
	return nil
}

func join(list []Kind) string {
	out := make([]string, len(list))
	for i, k := range list {
		out[i] = string(k)
	}
	return strings.Join(out, ", ")
}

// host is what of a URL may be shown.
func host(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
