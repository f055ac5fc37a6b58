package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/fake"
	"github.com/grue-ecs/grue/internal/session"
	"github.com/grue-ecs/grue/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var home = arn.Scope{Account: "000000000000", Region: "us-east-1"}

// world is sessions in tasks of the fake runtime behind a real HTTP server.
type world struct {
	*testing.T
	store  *store.Store
	logs   *logs.Store
	driver *fake.Driver
	c      *Sessions
	server *httptest.Server

	mu      sync.Mutex
	now     time.Time
	why     string // State's answer
	ended   bool
	asked   int  // how often State told of an end
	mute    bool // the runtime ends without telling the exit code
	dialled []net.Conn
}

func newWorld(t *testing.T) *world {
	t.Helper()
	if !strings.Contains(t.Name(), "/") {
		t.Parallel() // they mostly wait
	}
	w := &world{T: t, now: time.Now(), driver: fake.New(fake.Options{})}
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.store = st
	if w.logs, err = logs.New(logs.Options{Dir: t.TempDir(), Store: st}); err != nil {
		t.Fatal(err)
	}
	w.open()
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.c.ServeHTTP(rw, r) }))
	t.Cleanup(func() {
		w.c.Close()
		w.server.Close()
		w.logs.Close()
		st.Close()
		w.driver.Close()
	})
	if err := w.driver.Start(t.Context(), runtime.Spec{ID: "task", Containers: []runtime.Container{{Name: "app"}}}); err != nil {
		t.Fatal(err)
	}
	w.await("the task runs", func() bool {
		list, _ := w.driver.List(t.Context())
		return list[0].Phase == runtime.PhaseRunning
	})
	return w
}

// open makes Sessions as a new process does.
func (w *world) open() {
	c, err := New(Options{
		Store: w.store, Logs: w.logs, Exec: w.exec, HangUp: time.Minute,
		State: w.state,
		Now:   func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now },
	})
	if err != nil {
		w.Fatal(err)
	}
	w.c = c
}

func (w *world) exec(ctx context.Context, task, container string, cmd []string, streams runtime.ExecIO) (int, error) {
	code, err := w.driver.Exec(ctx, task, container, cmd, streams)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mute {
		return 0, errors.New("the container ended during the command")
	}
	return code, err
}

func (w *world) state(Target) (why string, ended bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		w.asked++
	}
	return w.why, w.ended
}

func (w *world) await(what string, cond func() bool) {
	w.Helper()
	for limit := time.Now().Add(2 * time.Minute); !cond(); {
		if time.Now().After(limit) {
			w.Fatal("never: " + what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// person is a client with what it saw.
type person struct {
	*session.Client
	id       string
	out, err buffer
	ended    chan struct{}
	closed   session.Closed
	failed   error
}

type buffer struct {
	mu   sync.Mutex
	b    bytes.Buffer
	room chan int // how many bytes more are taken; nil = all
	left int
}

func (b *buffer) Write(p []byte) (int, error) {
	for b.room != nil && b.left < len(p) {
		b.left += <-b.room
	}
	b.left -= len(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }
func (b *buffer) Len() int       { b.mu.Lock(); defer b.mu.Unlock(); return b.b.Len() }

func (w *world) start(pipes bool, change func(*Request), command ...string) *person {
	w.Helper()
	return w.startWith(nil, pipes, change, command...)
}

func (w *world) startWith(prepare func(*person), pipes bool, change func(*Request), command ...string) *person {
	w.Helper()
	r := Request{Target: Target{Scope: home, Cluster: "default", Task: "task", Container: "app"}, Command: command}
	if change != nil {
		change(&r)
	}
	id, token, err := w.c.Start(r)
	if err != nil {
		w.Fatal(err)
	}
	return w.connect(prepare, pipes, id, token)
}

func (w *world) connect(prepare func(*person), pipes bool, id, token string) *person {
	p := &person{id: id, ended: make(chan struct{})}
	if prepare != nil {
		prepare(p)
	}
	tr := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		w.mu.Lock()
		defer w.mu.Unlock()
		if err == nil {
			w.dialled = append(w.dialled, c)
		}
		return c, err
	}}
	p.Client = session.NewClient(session.ClientOptions{
		URL: StreamURL(w.server.URL, id), Token: token, Pipes: pipes, Stdout: &p.out, Stderr: &p.err, HTTP: &http.Client{Transport: tr},
		Resume: func(context.Context) (string, error) {
			token, known := w.c.Resume(home, id)
			if !known {
				return "", errors.New("not known")
			}
			return token, nil
		},
	})
	go func() {
		defer close(p.ended)
		defer tr.CloseIdleConnections()
		p.closed, p.failed = p.Run(w.Context())
	}()
	return p
}

// cut breaks all connections.
func (w *world) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.dialled {
		c.Close()
	}
	w.dialled = nil
}

// end waits for the end of a session and checks how it was.
func (p *person) end(t *testing.T, code int, output string) {
	t.Helper()
	<-p.ended
	got := -1
	if p.closed.ExitCode != nil {
		got = *p.closed.ExitCode
	}
	if p.failed != nil || got != code || !strings.Contains(p.closed.Output, output) || output == "" && p.closed.Output != "" {
		t.Errorf("ended with %d, %q, %v; want %d, %q", got, p.closed.Output, p.failed, code, output)
	}
}

func TestPipes(t *testing.T) {
	w := newWorld(t)
	p := w.start(true, nil, "sh")
	io.WriteString(p, "echo out\nwarn err\nenv\nexit 5\n")
	p.end(t, 5, "")
	if p.out.String() != "out\nUSER=0:0 \n" || p.err.String() != "err\n" {
		t.Errorf("%q, %q", p.out.String(), p.err.String())
	}
	all := make([]byte, 600<<10)
	rand.Read(all)
	p = w.start(true, nil, "cat")
	if _, err := p.Write(all); err != nil {
		t.Fatal(err)
	}
	p.CloseInput()
	p.end(t, 0, "")
	if p.out.String() != string(all) {
		t.Errorf("%d bytes came back, not the same", len(p.out.String()))
	}
}

func TestTerminal(t *testing.T) {
	w := newWorld(t)
	p := w.start(false, nil, "sh")
	p.Resize(session.TerminalSize{Cols: 80, Rows: 24})
	p.Resize(session.TerminalSize{Cols: 101, Rows: 33})
	io.WriteString(p, "size\nenv\nwarn both\n")
	w.await("the answers", func() bool { return strings.Count(p.out.String(), "$ ") == 4 })
	io.WriteString(p, "exit 3\n")
	p.end(t, 3, "")
	if got := p.out.String(); got != "$ 101 33\n$ USER=0:0 TERM=xterm-256color\n$ both\n$ " {
		t.Errorf("%q", got)
	}
}

func TestLargeOutputOverBrokenConnections(t *testing.T) {
	w := newWorld(t)
	room := make(chan int, 1)
	p := w.startWith(func(p *person) { p.out.room = room }, true, nil, "fill", "1048576")
	for at := 0; at < 768<<10; at += 256 << 10 {
		room <- 256 << 10
		w.await("some output", func() bool { return p.out.Len() > at })
		w.cut()
	}
	room <- 1 << 20
	p.end(t, 0, "")
	if got := p.out.String(); got != strings.Repeat("0123456789abcde\n", 1048576/16) {
		t.Errorf("%d bytes, not what was written", len(got))
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	id, token, err := w.c.Start(Request{Target: Target{Scope: home, Task: "task", Container: "app"}, Command: []string{"echo", "x"}})
	if err != nil {
		t.Fatal(err)
	}
	try := func(id, token string) (int, websocket.StatusCode) {
		conn, resp, err := websocket.Dial(t.Context(), StreamURL(w.server.URL, id), nil)
		if err != nil {
			return resp.StatusCode, 0
		}
		defer conn.CloseNow()
		conn.Write(t.Context(), websocket.MessageText, []byte(token))
		_, _, err = conn.Read(t.Context())
		return resp.StatusCode, websocket.CloseStatus(err)
	}
	refused := websocket.StatusPolicyViolation
	if code, _ := try("ecs-execute-command-00000000000000000", `{}`); code != http.StatusNotFound {
		t.Errorf("an unknown session: %d", code)
	}
	for _, text := range []string{`{}`, `nonsense`, `{"TokenValue":""}`, `{"TokenValue":"` + token[1:] + `"}`} {
		if _, code := try(id, text); code != refused {
			t.Errorf("%s: %v", text, code)
		}
	}
	fresh, known := w.c.Resume(home, id)
	if _, code := try(id, `{"TokenValue":"`+token+`"}`); !known || code != refused {
		t.Errorf("a token that another replaced: %v", code)
	}
	if other, known := w.c.Resume(arn.Scope{Account: "111111111111", Region: "us-east-1"}, id); other != "" || !known {
		t.Errorf("another account got %q", other)
	}
	if _, known := w.c.Resume(home, "other"); known {
		t.Error("a session that cannot be is known")
	}
	w.mu.Lock()
	w.now = w.now.Add(TokenLife + time.Second)
	w.mu.Unlock()
	if _, code := try(id, `{"TokenValue":"`+fresh+`"}`); code != refused {
		t.Errorf("an old token: %v", code)
	}
	fresh, _ = w.c.Resume(home, id)
	p := w.connect(nil, true, id, fresh)
	p.end(t, 0, "")
	if _, code := try(id, `{"TokenValue":"`+fresh+`"}`); code == 0 {
		return // the session has gone: 404
	} else if code != refused {
		t.Errorf("a token used twice: %v", code)
	}
}

func TestWhySessionsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		command string
		act     func(w *world, p *person)
		code    int
		output  string
	}{
		"no such program": {"nope", nil, 127, "Unable to start command: exec: \"nope\": executable file not found"},
		"task stops": {"sh", func(w *world, _ *person) {
			w.mu.Lock()
			w.why, w.ended = "The task has stopped.", true
			w.mu.Unlock()
			w.await("the news came before the end", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.asked > 0 })
			w.driver.Crash("task", 1)
		}, 137, "The task has stopped."},
		"container is gone, command is not": {"sh", func(w *world, _ *person) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.why, w.ended = "Gone.", true
		}, 137, "Gone."},
		"nobody tells the code": {"sh", func(w *world, _ *person) {
			w.mu.Lock()
			w.why, w.mute = "The task is stopping.", true
			w.mu.Unlock()
			w.driver.Crash("task", 1)
		}, 137, "The task is stopping."},
		"killed by hand":        {"exit 137", nil, 137, ""},
		"terminated by the API": {"sh", func(w *world, p *person) { w.c.Terminate(home, p.id) }, -1, ""},
		"terminated by a flag":  {"sh", func(_ *world, p *person) { p.Terminate() }, -1, ""},
		"server stops":          {"sh", func(w *world, _ *person) { w.c.Stop() }, -1, "grue is stopping"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.start(false, nil, strings.Fields(c.command)...)
			if c.act != nil {
				w.await("the prompt", func() bool { return p.out.String() == "$ " })
				c.act(w, p)
			}
			p.end(t, c.code, c.output)
		})
	}
}

func TestClientGoes(t *testing.T) {
	w := newWorld(t)
	w.c.o.HangUp = 50 * time.Millisecond
	id, token, err := w.c.Start(Request{Target: Target{Scope: home, Task: "task", Container: "app"}, Command: []string{"hang"}})
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := websocket.Dial(t.Context(), StreamURL(w.server.URL, id), nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.Write(t.Context(), websocket.MessageText, []byte(`{"TokenValue":"`+token+`"}`))
	if _, _, err := conn.Read(t.Context()); err != nil { // the handshake
		t.Fatal(err)
	}
	conn.CloseNow()
	w.await("the session is over", func() bool { return !w.c.exists(id) })
	if token, known := w.c.Resume(home, id); token != "" || !known {
		t.Errorf("%q, %v", token, known)
	}
}

func TestCrash(t *testing.T) {
	w := newWorld(t)
	p := w.start(false, nil, "sh")
	w.await("the prompt", func() bool { return p.out.String() == "$ " })
	old := w.c
	w.open() // as the next process, while the old one's record is there
	w.cut()
	p.end(t, -1, "grue was restarted")
	old.Close()
	if _, known := w.c.Resume(home, p.id); !known || w.c.exists(p.id) {
		t.Error("a lost session is told of once")
	}
}

func TestTranscript(t *testing.T) {
	w := newWorld(t)
	group := func(r *Request) { r.LogGroup = "/exec" }
	r := Request{Target: Target{Scope: home, Task: "task", Container: "app"}, Command: []string{"echo"}, LogGroup: "/exec"}
	if _, _, err := w.c.Start(r); !errors.Is(err, ErrNoLogGroup) {
		t.Errorf("%v", err)
	}
	if err := w.logs.CreateGroup(logs.Group{Scope: home, Name: "/exec"}); err != nil {
		t.Fatal(err)
	}
	p := w.start(true, group, "sh")
	io.WriteString(p, "echo one\nwarn two\necho\nfill 600000\nexit 0\n")
	p.end(t, 0, "")
	w.await("the transcript", func() bool {
		page, err := w.logs.Get(home, "/exec", p.id, logs.Query{FromHead: true})
		return err == nil && len(page.Events) > 2 && page.Events[0].Message == "one" && page.Events[1].Message == "two" && page.Events[2].Message == "0123456789abcde"
	})
}

func TestTooMany(t *testing.T) {
	w := newWorld(t)
	for range MaxSessions {
		w.start(true, nil, "hang")
	}
	if _, _, err := w.c.Start(Request{Command: []string{"x"}}); !errors.Is(err, ErrTooMany) {
		t.Errorf("%v", err)
	}
}
