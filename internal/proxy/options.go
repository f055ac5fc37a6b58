package proxy

import (
	"log/slog"
	"time"
)

// Options of the proxy process.
type Options struct {
	// Dir holds the proxy's socket, table, health and keys.
	Dir string
	// Log is slog.Default() when nil.
	Log *slog.Logger
	// UpstreamDNS are the resolvers (host:port) for names that are not ours.
	// Empty means those of /etc/resolv.conf.
	UpstreamDNS []string
	// ShutdownTimeout bounds the end of requests at shutdown; 5 s when 0.
	ShutdownTimeout time.Duration
	// HandoverTimeout bounds the end of requests after a successor has taken
	// over; 60 s when 0.
	HandoverTimeout time.Duration
	// Tracer makes a span of every HTTP request; nil = nobody does, at no cost.
	Tracer Tracer
	// Ready is called when the proxy serves, if set.
	Ready func()

	udpFlows int // maxUDPFlows when 0
}

func (o *Options) shutdownTimeout() time.Duration {
	if o.ShutdownTimeout > 0 {
		return o.ShutdownTimeout
	}
	return 5 * time.Second
}

func (o *Options) handoverTimeout() time.Duration {
	if o.HandoverTimeout > 0 {
		return o.HandoverTimeout
	}
	return time.Minute
}
