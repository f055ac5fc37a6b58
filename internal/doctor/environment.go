package doctor

import (
	"fmt"
	"path/filepath"
	"strings"
)

// plainFlags are flags of `grue up` whose values are told, and plainVariables the
// variables of the environment; of others only that they are set.
var (
	plainFlags = keys(`--runtime --minute --nlb-delay --region --account --keep-tasks --log-level --log-format`)

	plainVariables = keys(`GRUE_RUNTIME GRUE_MINUTE GRUE_NLB_DELAY GRUE_REGION GRUE_ACCOUNT GRUE_KEEP_TASKS GRUE_LOG_LEVEL GRUE_LOG_FORMAT
		AWS_REGION AWS_DEFAULT_REGION AWS_EC2_METADATA_DISABLED AWS_IGNORE_CONFIGURED_ENDPOINT_URLS AWS_MAX_ATTEMPTS AWS_RETRY_MODE
		OTEL_SDK_DISABLED OTEL_TRACES_EXPORTER OTEL_TRACES_SAMPLER OTEL_TRACES_SAMPLER_ARG OTEL_EXPORTER_OTLP_PROTOCOL OTEL_EXPORTER_OTLP_TRACES_PROTOCOL
		GOMAXPROCS GOMEMLIMIT GOGC GODEBUG GOTRACEBACK LANG LC_ALL TZ`)
)

// settings are what grue was started with.
type settings struct {
	Flags       []string          `json:"flags"`       // of the running grue up
	Environment map[string]string `json:"environment"` // of this shell
	Endpoint    string            `json:"endpoint,omitempty"`
}

const isSet = "(set)"

func (b *bundle) environment() settings {
	s := settings{Flags: []string{}, Environment: map[string]string{}}
	for _, e := range b.o.Machine.Environ() {
		k, v, _ := strings.Cut(e, "=")
		switch {
		case plainVariables[k] && (v == "" || name.MatchString(v)):
			s.Environment[k] = v
		case strings.HasPrefix(k, "GRUE_"), strings.HasPrefix(k, "AWS_"), strings.HasPrefix(k, "OTEL_"), strings.EqualFold(k, "http_proxy"),
			strings.EqualFold(k, "https_proxy"), strings.EqualFold(k, "no_proxy"):
			s.Environment[k] = isSet
		}
	}
	if b.o.URL != "" {
		s.Endpoint = host(b.o.URL)
	}
	if b.o.PID != 0 {
		s.Flags = flagsOf(b.o.Machine.text(filepath.Join("/proc", fmt.Sprint(b.o.PID), "cmdline")))
	}
	return s
}

// flagsOf tells the flags of a command line, with the values of plain ones.
func flagsOf(cmdline string) []string {
	out := []string{}
	args := strings.Split(strings.Trim(cmdline, "\x00"), "\x00")
	for i, a := range args {
		flag, v, joined := strings.Cut(a, "=")
		if !strings.HasPrefix(flag, "-") || !name.MatchString(strings.TrimLeft(flag, "-")) {
			continue
		}
		if !joined && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			v = args[i+1]
		}
		switch {
		case v == "":
			out = append(out, flag)
		case plainFlags[flag] && name.MatchString(v):
			out = append(out, flag+"="+v)
		default:
			out = append(out, flag+"="+isSet)
		}
	}
	return out
}
