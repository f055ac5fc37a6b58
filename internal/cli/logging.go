package cli

import (
	"io"
	"log/slog"
)

// logFlags say how a process logs; children inherit them.
type logFlags struct {
	LogLevel  string `help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"info" env:"GRUE_LOG_LEVEL"`
	LogFormat string `help:"text or json." enum:"text,json" default:"text" env:"GRUE_LOG_FORMAT"`
}

// logger writes to w; process names the process that speaks.
func (f *logFlags) logger(w io.Writer, process string) *slog.Logger {
	var level slog.Level
	// The grammar admits only names that slog knows.
	_ = level.UnmarshalText([]byte(f.LogLevel))
	opts := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(w, opts)
	if f.LogFormat == "json" {
		h = slog.NewJSONHandler(w, opts)
	}
	return slog.New(h).With("process", process)
}

// keptLogger is a logger that writes to the log file of the process, too.
func (f *logFlags) keptLogger(w io.Writer, data, process string) *slog.Logger {
	return f.logger(both{w, openLog(data, process)}, process)
}

func (f *logFlags) args() []string {
	return []string{"--log-level", f.LogLevel, "--log-format", f.LogFormat}
}
