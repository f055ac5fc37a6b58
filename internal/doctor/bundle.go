package doctor

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

const readme = `What grue doctor --bundle collected for a bug report.

  doctor.json       what this machine can and cannot do
  versions.json     of grue, its Go, the system and what grue calls
  environment.json  flags and variables: values only of those that hold no secret
  state.json        services, deployments, tasks, load balancers: names, states, numbers, times
  events.json       the last events: what happened to what, without their texts
  log/              the ends of grue's own logs: values of known keys only
  metrics.txt       GET /metrics
  goroutines.txt    what the server is doing

Everything is chosen by lists of what is harmless. Environment variables and commands of
containers, secrets, parameters, keys, tokens, certificates, URLs of hooks and endpoints, bodies
of messages, output of containers and texts of errors are not in here. Names of your
services, clusters and load balancers are: look through it before you share it.
`

// Bundle writes a .tar.gz for a bug report to a new file. What cannot be collected
// is named in missing.json.
func Bundle(ctx context.Context, o Options, findings []Finding, file string) (err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists: name a file that does not", file)
	}
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(file)
		}
	}()
	zip := gzip.NewWriter(f)
	b := &bundle{o: &o, tar: tar.NewWriter(zip), now: time.Now(), missing: map[string]string{}}
	b.collect(ctx, findings)
	return errors.Join(b.err, b.tar.Close(), zip.Close())
}

// bundle is one that is being written. The first error of writing ends it.
type bundle struct {
	o       *Options
	tar     *tar.Writer
	now     time.Time
	missing map[string]string
	err     error
}

func (b *bundle) collect(ctx context.Context, findings []Finding) {
	b.add("README.txt", []byte(readme))
	b.json("doctor.json", findings)
	b.json("versions.json", b.versions(ctx))
	b.json("environment.json", b.environment())
	b.state()
	b.logs()
	b.fetch(ctx, "metrics.txt", "/metrics")
	b.fetch(ctx, "goroutines.txt", "/grue/goroutines")
	if len(b.missing) > 0 {
		b.json("missing.json", b.missing)
	}
}

func (b *bundle) add(name string, content []byte) {
	if b.err != nil {
		return
	}
	b.err = b.tar.WriteHeader(&tar.Header{Name: "grue/" + name, Mode: 0o600, Size: int64(len(content)), ModTime: b.now, Format: tar.FormatPAX})
	if b.err == nil {
		_, b.err = b.tar.Write(content)
	}
}

func (b *bundle) json(name string, v any) {
	doc, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		b.lacks(name, err)
		return
	}
	b.add(name, append(doc, '\n'))
}

// lacks notes what could not be collected; of an error only what words tell.
func (b *bundle) lacks(name string, err error) { b.missing[name] = known(err.Error()) }

func (b *bundle) fetch(ctx context.Context, name, path string) {
	if b.o.URL == "" {
		b.missing[name] = "no grue runs"
		return
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	status, body, err := b.o.Machine.Get(ctx, b.o.URL+path)
	switch {
	case err != nil:
		b.lacks(name, err)
	case status != 200:
		b.missing[name] = fmt.Sprint("status ", status)
	default:
		b.add(name, body)
	}
}

func (b *bundle) versions(ctx context.Context) map[string]string {
	out := map[string]string{
		"grue": b.o.Version, "go": runtime.Version(), "system": b.o.Machine.OS + "/" + b.o.Machine.Arch,
		"kernel": b.o.Machine.text("/proc/sys/kernel/osrelease"),
	}
	for name, args := range map[string][]string{
		"runc": {"--version"}, "crun": {"--version"}, "iptables": {"--version"}, "nft": {"--version"}, "aws": {"--version"},
		"docker": {"version", "--format", "{{.Server.Version}}"},
	} {
		if text, err := b.o.Machine.Command(ctx, name, args...); err == nil {
			out[name] = firstLine(text)
		}
	}
	return out
}

// maxLog is how much of the end of a log is collected.
const maxLog = 2 << 20

// tail is the end of a file, from the beginning of a line.
func tail(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	from := max(info.Size()-most, 0)
	doc := make([]byte, info.Size()-from)
	n, err := f.ReadAt(doc, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	doc = doc[:n]
	if from > 0 {
		for i, c := range doc {
			if c == '\n' {
				return doc[i+1:], nil
			}
		}
	}
	return doc, nil
}

// logs adds the ends of grue's own logs.
func (b *bundle) logs() {
	for _, process := range []string{"up", "server", "proxy"} {
		name := process + ".log"
		doc, err := tail(filepath.Join(b.o.Data, "log", name), maxLog)
		if err != nil {
			b.lacks("log/"+name, err)
			continue
		}
		b.add("log/"+name, harmless(doc))
	}
}
