package harness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Life records what the newest service deployment of a service looks like, fifty
// times a second.
type Life struct {
	mu    sync.Mutex
	looks []types.ServiceDeployment
	stop  chan struct{}
	done  sync.WaitGroup
}

// Life begins to record the newest service deployment; it ends with the test.
func (s *Service) Life(t testing.TB) *Life {
	t.Helper()
	l := &Life{stop: make(chan struct{})}
	in := &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*s.Newest(t).ServiceDeploymentArn}}
	l.done.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-tick.C:
			}
			if out, err := s.g.ECS().DescribeServiceDeployments(context.Background(), in); err == nil && len(out.ServiceDeployments) == 1 {
				l.mu.Lock()
				l.looks = append(l.looks, out.ServiceDeployments[0])
				l.mu.Unlock()
			}
		}
	})
	t.Cleanup(l.Stop)
	return l
}

// Stop ends the record; a second call does nothing.
func (l *Life) Stop() {
	l.mu.Lock()
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.mu.Unlock()
	l.done.Wait()
}

// Looks are the answers so far.
func (l *Life) Looks() []types.ServiceDeployment {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.looks)
}

// Stages are the lifecycle stages in the order in which they were seen.
func (l *Life) Stages() (list []Stage) {
	for _, d := range l.Looks() {
		if n := len(list); d.LifecycleStage != "" && (n == 0 || list[n-1] != d.LifecycleStage) {
			list = append(list, d.LifecycleStage)
		}
	}
	return list
}

// Call makes a signed call of an ECS operation and returns the answer as it is on the wire.
func (g *Grue) Call(t testing.TB, operation string, in any) []byte {
	t.Helper()
	body := must(json.Marshal(in))(t)
	req := must(http.NewRequest(http.MethodPost, g.URL()+"/", bytes.NewReader(body)))(t)
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113."+operation)
	sum := sha256.Sum256(body)
	key := aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	if err := v4.NewSigner().SignHTTP(context.Background(), key, req, hex.EncodeToString(sum[:]), "ecs", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	resp := must((&http.Client{Transport: anew}).Do(req))(t)
	defer resp.Body.Close()
	out := must(io.ReadAll(resp.Body))(t)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d\n%s", operation, resp.StatusCode, out)
	}
	return out
}

// Tidy replaces what differs from run to run: the n-th id of a kind becomes
// "<kind n>", a time becomes "<time>".
type Tidy struct{ names map[string]string }

var tidyRules = []struct {
	kind string
	form *regexp.Regexp
}{
	{"deployment", regexp.MustCompile(`service-deployment/[^/"]+/[^/"]+/([A-Za-z0-9_-]{21})`)},
	{"revision", regexp.MustCompile(`\b([1-9]\d{17,18})\b`)},
	{"hook", regexp.MustCompile(`ecs-(?:pause|lambda)-([A-Za-z0-9_-]+)`)},
	{"task", regexp.MustCompile(`\b([0-9a-f]{32})\b`)},
	{"resource", regexp.MustCompile(`/([0-9a-f]{16})\b`)},
	{"time", regexp.MustCompile(`"(?:created|started|finished|stopped|updated|expires)At": ?([0-9.e+]+|"[0-9T:.Z-]+")`)},
}

// Text tidies a document.
func (x *Tidy) Text(doc string) string {
	if x.names == nil {
		x.names = map[string]string{}
	}
	for _, r := range tidyRules {
		at := 0
		for {
			m := r.form.FindStringSubmatchIndex(doc[at:])
			if m == nil {
				break
			}
			name := x.name(r.kind, doc[at+m[2]:at+m[3]])
			doc = doc[:at+m[2]] + name + doc[at+m[3]:]
			at += m[2] + len(name)
		}
	}
	return doc
}

func (x *Tidy) name(kind, id string) string {
	if kind == "time" {
		return `"<time>"`
	}
	if x.names[id] == "" {
		n := 1
		for _, v := range x.names {
			var m int
			if _, err := fmt.Sscanf(v, "<"+kind+" %d>", &m); err == nil {
				n++
			}
		}
		x.names[id] = fmt.Sprintf("<%s %d>", kind, n)
	}
	return x.names[id]
}
