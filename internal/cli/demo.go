package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/grue-ecs/grue/internal/demo"
)

// demoCmd is `grue demo`.
type demoCmd struct {
	Listen      string        `help:"Address of grue's API; a grue of this data directory that runs already is used where it is." default:"127.0.0.1:4566" placeholder:"HOST:PORT"`
	Data        string        `help:"Directory of everything that grue owns." default:".grue" placeholder:"DIR"`
	Runtime     string        `help:"What runs containers: auto, oci or docker." enum:"auto,oci,docker" default:"auto"`
	Tasks       int           `help:"Tasks of the service." default:"4"`
	Rate        int           `help:"Requests a second." default:"400"`
	Connections int           `help:"Connections of the load." default:"16"`
	Patience    time.Duration `help:"How long a deployment may take." default:"3m"`
	Sample      string        `help:"The sample program, built for Linux. Default: build examples/sample with Go." placeholder:"FILE"`
	Picture     string        `help:"Draw the deployment into this file (SVG)." placeholder:"FILE"`
}

// Run starts grue unless it runs, and then is a client of it.
func (c *demoCmd) Run(s *streams) error {
	if c.Tasks < 1 || c.Rate < 1 || c.Connections < 1 {
		return usageError("--tasks, --rate and --connections must be at least 1")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	data, err := dataDir(c.Data)
	if err != nil {
		return err
	}
	began := time.Now()
	endpoint, adopted, err := c.ensureUp(ctx, data)
	if err != nil {
		return err
	}
	if adopted {
		fmt.Fprintf(s.out, "grue runs already at %s\n", endpoint)
	} else {
		fmt.Fprintf(s.out, "grue started at %s in %d ms\n", endpoint, time.Since(began).Milliseconds())
	}
	err = demo.Run(ctx, demo.Options{
		Endpoint: endpoint, Region: "us-east-1", Tasks: c.Tasks, Rate: c.Rate, Connections: c.Connections,
		Patience: c.Patience, Sample: c.Sample, Picture: c.Picture, Out: s.out,
	})
	fmt.Fprintf(s.out, lookAround, endpoint, shown(data), os.Args[0])
	if err != nil && !errors.Is(err, demo.ErrFailedRequests) {
		err = fmt.Errorf("%w (its log: %s)", err, logFile(data))
	}
	return err
}

const lookAround = `
grue goes on running. Its dashboard is %[1]s/ui/, and this draws the next deployment in a terminal:

  %[3]s watch web --follow -c grue-demo --endpoint %[1]s

Look around with any AWS client:

  export AWS_ENDPOINT_URL=%[1]s AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
  aws ecs describe-services --cluster grue-demo --services web --query 'services[0].[deployments,events[:5]]'
  aws ecs list-tasks --cluster grue-demo
  aws logs filter-log-events --log-group-name /ecs/grue-demo --limit 10
  curl -N %[1]s/grue/events

Stop it and remove what it made on this machine (--purge: its data too):

  %[2]s
`

// shown is the command that stops this grue, as a person would type it.
func shown(data string) string {
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, data); err == nil && len(rel) < len(data) {
			data = rel
		}
	}
	self := os.Args[0]
	return self + " down --data " + data
}

func logFile(data string) string { return filepath.Join(data, "grue.log") }

// ensureUp finds the `grue up` of the data directory, or starts one that
// outlives us.
func (c *demoCmd) ensureUp(ctx context.Context, data string) (endpoint string, adopted bool, err error) {
	if h := lockHolder(data, "up"); h != nil && h.URL != "" {
		if !healthy(ctx, h.URL) {
			return "", false, fmt.Errorf("the grue of %s (pid %d) does not answer at %s; stop it with 'grue down --data %s'", data, h.PID, h.URL, data)
		}
		return h.URL, true, nil
	}
	if err := makeDataDir(data); err != nil {
		return "", false, err
	}
	endpoint, err = c.startUp(ctx, data)
	return endpoint, false, err
}

// startUp starts `grue up` in a session of its own and waits for its ready line.
func (c *demoCmd) startUp(ctx context.Context, data string) (string, error) {
	self, err := selfPath()
	if err != nil {
		return "", err
	}
	log, err := os.OpenFile(logFile(data), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return "", explainDir(data, err)
	}
	defer log.Close()
	start, err := log.Seek(0, 2)
	if err != nil {
		return "", err
	}
	cmd := exec.Command(self, "up", "--data", data, "--listen", c.Listen, "--runtime", c.Runtime)
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	line, err := bufio.NewReader(out).ReadString('\n')
	stop()
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "grue ready ")
	if err != nil || !ok {
		_ = cmd.Wait()
		return "", whyNot(log.Name(), start)
	}
	return url, cmd.Process.Release()
}

// whyNot is the sentence that `grue up` left in its log.
func whyNot(file string, from int64) error {
	text, err := os.ReadFile(file)
	if err == nil && int64(len(text)) > from {
		for _, line := range strings.Split(string(text[from:]), "\n") {
			if why, ok := strings.CutPrefix(line, "grue: "); ok {
				return errors.New(why)
			}
		}
	}
	return fmt.Errorf("grue did not start; its log is %s", file)
}

// healthy asks a grue whether it is one and ready.
func healthy(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/grue/health", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	var refused *net.OpError
	if err != nil {
		return !errors.As(err, &refused) && strings.HasPrefix(url, "https:") // a self-made certificate
	}
	defer resp.Body.Close()
	var body struct{ Status string }
	return resp.StatusCode == http.StatusOK && json.NewDecoder(resp.Body).Decode(&body) == nil
}
