// Command watch runs Unicorn Watch: it starts a grue of its own, sets the services
// up with the scripts beside them, keeps every one of them busy, deploys good and
// bad versions, and tells who noticed the bad ones, after how long, how many
// customers saw them, and what was lost.
//
//	grue up ─► images, hooks ─► setup.sh, */create.sh ─► load on everything
//	   ─► for each service at the same time: one scenario after the other
//	   ─► the last messages ─► summary ─► grue down
//
// It is a client like any other: the AWS CLI in the scripts, the AWS SDK here.
//
// Files: grue.go, build.go (images, functions), scripts.go, plan.go (what is
// deployed), scenario.go, follow.go (one deployment), traffic.go, stream.go,
// messages.go (who told which order), result.go, print.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options of the command.
type options struct {
	dir    string        // of everything that it makes
	grue   string        // program
	bin    string        // directory of the example's programs; "" = build them
	minute time.Duration // length of a minute
	only   []string      // services; none = all
	json   string        // file for the result
	keep   bool          // leave all running
}

func main() {
	var o options
	var only string
	flag.StringVar(&o.dir, "dir", ".unicornwatch", "directory of everything that this makes")
	flag.StringVar(&o.grue, "grue", "bin/grue", "the program grue")
	flag.StringVar(&o.bin, "bin", "", "directory of the programs of examples/unicornwatch (default: go build makes them)")
	flag.DurationVar(&o.minute, "minute", 2*time.Second, "how long a minute of bakes, alarms and hooks lasts")
	flag.StringVar(&only, "only", "", "services, separated by commas: ui,catalog,orders,notifications,streaming (default: all)")
	flag.StringVar(&o.json, "json", "", "file for the result")
	flag.BoolVar(&o.keep, "keep", os.Getenv("KEEP") != "", "leave everything running; also KEEP=1")
	flag.Parse()
	if only != "" {
		o.only = strings.Split(only, ",")
		if slices.Contains(o.only, "notifications") && !slices.Contains(o.only, "orders") {
			o.only = append(o.only, "orders") // who else would tell notifications anything?
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "unicornwatch:", err)
		os.Exit(1)
	}
}

// run is the whole, with the end that cleans up whatever happened.
func run(ctx context.Context, o options) (err error) {
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return err
	}
	if o.grue, err = filepath.Abs(o.grue); err != nil {
		return err
	}
	w := &watch{options: o, began: time.Now(), out: os.Stdout}
	if w.source, err = sourceDir(); err != nil {
		return err
	}
	if w.data, err = findCLI(ctx, w.source); err != nil {
		return err
	}
	g := &grue{program: o.grue, data: filepath.Join(o.dir, "grue"), log: filepath.Join(o.dir, "grue.log")}
	if err := errors.Join(g.down(), os.MkdirAll(o.dir, 0o700)); err != nil {
		return err
	}
	if !o.keep {
		defer func() {
			if err = errors.Join(err, g.down()); err == nil {
				err = os.RemoveAll(o.dir)
			}
		}()
	}
	if w.endpoint, err = g.up(o.minute); err != nil {
		return err
	}
	w.say("grue runs at %s; its log is %s", w.endpoint, g.log)
	r, err := w.play(ctx)
	if err != nil {
		return errors.Join(err, ctx.Err())
	}
	w.print(r)
	if o.json != "" {
		if err := r.write(o.json); err != nil {
			return err
		}
	}
	if o.keep {
		w.sayHowToGoOn(g)
	}
	return r.verdict()
}
