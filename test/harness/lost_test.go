package harness

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// cutter breaks connections: the first ones before they answer, the next in the
// middle of an answer. Then it answers.
func cutter(t *testing.T, before, within int32) (address string, calls *atomic.Int32) {
	t.Helper()
	calls = new(atomic.Int32)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		const answer = `{"Parameter":{"Value":"here"}}`
		switch n := calls.Add(1); {
		case n <= before:
			panic(http.ErrAbortHandler)
		case n <= before+within:
			w.Header().Set("Content-Length", "30")
			_, _ = io.WriteString(w, answer[:9])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		default:
			_, _ = io.WriteString(w, answer)
		}
	})}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { srv.Close() })
	return l.Addr().String(), calls
}

// A call is made again as often as its connection breaks, whenever that is.
func TestLost(t *testing.T) {
	address, calls := cutter(t, 20, 20)
	g := &Grue{Listen: address}
	out, err := ssm.NewFromConfig(g.Config()).GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("x")})
	if err != nil || *out.Parameter.Value != "here" || calls.Load() != 41 {
		t.Error(calls.Load(), err)
	}
}

// One that finds nobody listening fails at once: the port of a grue that is up is
// always open.
func TestRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f, err := l.(*net.TCPListener).File() // nobody else gets the port, which is bound
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l.Close()
	if err := syscall.Shutdown(int(f.Fd()), syscall.SHUT_RDWR); err != nil {
		t.Fatal(err)
	}
	g := &Grue{Listen: l.Addr().String()}
	attempts := new(atomic.Int32)
	c := g.Config()
	c.HTTPClient = counting{attempts}
	_, err = ssm.NewFromConfig(c).GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("x")})
	if !errors.Is(err, syscall.ECONNREFUSED) || attempts.Load() != 1 {
		t.Errorf("%d attempts: %v", attempts.Load(), err)
	}
}

type counting struct{ n *atomic.Int32 }

func (c counting) Do(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return http.DefaultClient.Do(r)
}
