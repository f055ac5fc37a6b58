package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// connect finds a Docker Engine that answers.
func connect(ctx context.Context, host string) (*client.Client, error) {
	var failed error
	for _, h := range hosts(host) {
		opts := []client.Opt{client.FromEnv, client.WithUserAgent("grue")}
		if h != "" {
			opts = append(opts, client.WithHost(h))
		}
		c, err := client.New(opts...)
		if err == nil {
			ping, cancel := context.WithTimeout(ctx, 5*time.Second)
			_, err = c.Ping(ping, client.PingOptions{NegotiateAPIVersion: true})
			cancel()
			if err == nil {
				return c, nil
			}
			c.Close()
		}
		failed = errors.Join(failed, err)
	}
	return nil, fmt.Errorf("%w (%w)", ErrNoEngine, failed)
}

// hosts are the addresses to try: the one given, that of the environment, or
// the sockets of Docker, Docker Desktop, rootless Docker and Colima.
func hosts(host string) []string {
	if host != "" {
		return []string{host}
	}
	if os.Getenv("DOCKER_HOST") != "" {
		return []string{""}
	}
	found := []string{}
	home, _ := os.UserHomeDir()
	for _, path := range []string{
		"/var/run/docker.sock",
		filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "docker.sock"),
		filepath.Join(home, ".docker/run/docker.sock"),
		filepath.Join(home, ".colima/default/docker.sock"),
	} {
		if _, err := os.Stat(path); err == nil && filepath.IsAbs(path) {
			found = append(found, "unix://"+path)
		}
	}
	if len(found) == 0 {
		return []string{""}
	}
	return found
}

// gone tells whether the Engine does not know a thing.
func gone(err error) bool { return errdefs.IsNotFound(err) }

// taken tells whether a name is in use already.
func taken(err error) bool { return errdefs.IsConflict(err) || errdefs.IsAlreadyExists(err) }
