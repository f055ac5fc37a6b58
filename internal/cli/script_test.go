package cli

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"grue": func() { os.Exit(Main(os.Args[1:])) },
	})
}

// TestScript runs testdata/script. Commands beside testscript's own:
//
//	up NAME ARG...        start `grue up ARG...` and wait for its ready line; $NAME_url is set
//	sigup NAME SIGNAL     signal that grue up
//	sigserver DIR SIGNAL  signal the server of a data directory
//	sigproxy DIR SIGNAL   signal the proxy of a data directory
//	ended NAME CODE       wait for the end of that grue up
//	answers URL [STATUS]  wait until the URL answers
//	silent URL            wait until nobody listens there
//	proxylives DIR        the data directory has a proxy
//	newproxy DIR PID      wait for a proxy with another pid
//	remember VAR DIR      store the proxy's pid
//	has FILE TEXT         wait until the file holds the text
//	code N CMD ARG...     run a command that must end with that exit code
//
// Those of script_ecs_test.go make and deploy services.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Values["ups"] = map[string]*testUp{}
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Defer(func() {
				for _, u := range env.Values["ups"].(map[string]*testUp) {
					u.kill()
				}
			})
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"up": cmdUp, "sigup": cmdSigUp, "ended": cmdEnded, "answers": cmdAnswers, "silent": cmdSilent,
			"sigserver": cmdSigServer, "sigproxy": cmdSigProxy, "proxylives": cmdProxyLives,
			"newproxy": cmdNewProxy, "remember": cmdRemember,
			"code": cmdCode, "has": cmdHas, "service": cmdService, "update": cmdUpdate, "answer": cmdAnswer, "say": cmdSay,
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
	})
}

// testUp is a `grue up` that a script started.
type testUp struct {
	cmd  *exec.Cmd
	data string
	done chan struct{}
}

func (u *testUp) kill() {
	u.cmd.Process.Kill()
	<-u.done
	if p, _ := findProxy(u.data); p != nil {
		p.signal(syscall.SIGKILL)
	}
}

func cmdUp(ts *testscript.TestScript, neg bool, args []string) {
	log, err := os.OpenFile(ts.MkAbs("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	defer log.Close()
	cmd := exec.Command("grue", append([]string{"up", "--runtime", "fake"}, args[1:]...)...)
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, "grue"); exists(path) {
			cmd.Path, cmd.Err = path, nil
			break
		}
	}
	cmd.Dir, cmd.Stderr = ts.MkAbs("."), log
	cmd.Env = append(os.Environ(), "HOME="+ts.Getenv("HOME"))
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	u := &testUp{cmd: cmd, done: make(chan struct{})}
	for i, arg := range args {
		if arg == "--data" {
			u.data = ts.MkAbs(args[i+1])
		}
	}
	ts.Value("ups").(map[string]*testUp)[args[0]] = u
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		cmd.Wait()
		close(u.done)
	}()
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "grue ready ")
	if err != nil || !ok {
		ts.Fatalf("grue up said %q (%v); log:\n%s", line, err, ts.ReadFile("log"))
	}
	ts.Setenv(args[0]+"_url", url)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".url"), []byte(url+"\n"), 0o600))
	ts.Setenv(args[0]+"_address", url[strings.LastIndex(url, "/")+1:])
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func signalOf(ts *testscript.TestScript, name string) syscall.Signal {
	sig, ok := map[string]syscall.Signal{"KILL": syscall.SIGKILL, "TERM": syscall.SIGTERM, "INT": syscall.SIGINT}[name]
	if !ok {
		ts.Fatalf("unknown signal %s", name)
	}
	return sig
}

func cmdSigUp(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(ts.Value("ups").(map[string]*testUp)[args[0]].cmd.Process.Signal(signalOf(ts, args[1])))
}

func cmdSigServer(ts *testscript.TestScript, neg bool, args []string) {
	h := lockHolder(ts.MkAbs(args[0]), "server")
	if h == nil || h.PID <= 1 {
		ts.Fatalf("no server in %s", args[0])
	}
	ts.Check(syscall.Kill(h.PID, signalOf(ts, args[1])))
	until(ts, "the server to be replaced", func() bool {
		now := lockHolder(ts.MkAbs(args[0]), "server")
		return now != nil && now.PID > 1 && now.PID != h.PID
	})
}

func cmdSigProxy(ts *testscript.TestScript, neg bool, args []string) {
	p, who := findProxy(ts.MkAbs(args[0]))
	if p == nil {
		ts.Fatalf("no proxy in %s", args[0])
	}
	ts.Check(syscall.Kill(who.PID, signalOf(ts, args[1])))
}

func cmdRemember(ts *testscript.TestScript, neg bool, args []string) {
	pid := 0
	until(ts, "a proxy", func() bool {
		p, who := findProxy(ts.MkAbs(args[1]))
		pid = who.PID
		return p != nil
	})
	ts.Setenv(args[0], strconv.Itoa(pid))
}

func cmdProxyLives(ts *testscript.TestScript, neg bool, args []string) {
	until(ts, fmt.Sprintf("a living proxy to be %v", !neg), func() bool {
		p, who := findProxy(ts.MkAbs(args[0]))
		if p != nil && len(args) > 1 && strconv.Itoa(who.PID) != args[1] {
			return false
		}
		return (p == nil) == neg
	})
}

func cmdNewProxy(ts *testscript.TestScript, neg bool, args []string) {
	until(ts, "another proxy", func() bool {
		p, who := findProxy(ts.MkAbs(args[0]))
		return p != nil && strconv.Itoa(who.PID) != args[1]
	})
}

func cmdHas(ts *testscript.TestScript, neg bool, args []string) {
	until(ts, args[0]+" to hold "+args[1], func() bool {
		text, _ := os.ReadFile(ts.MkAbs(args[0]))
		return strings.Contains(string(text), args[1])
	})
}

func cmdCode(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	var ended *exec.ExitError
	got := 0
	if errors.As(err, &ended) {
		got = ended.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, not %s", got, args[0])
	}
}

func cmdEnded(ts *testscript.TestScript, neg bool, args []string) {
	u := ts.Value("ups").(map[string]*testUp)[args[0]]
	select {
	case <-u.done:
	case <-time.After(patience):
		ts.Fatalf("grue up did not end in time; log:\n%s", ts.ReadFile("log"))
	}
	if code := u.cmd.ProcessState.ExitCode(); strconv.Itoa(code) != args[1] {
		ts.Fatalf("exit code %d, not %s; log:\n%s", code, args[1], ts.ReadFile("log"))
	}
}

// anyCert believes self-made certificates.
var anyCert = &http.Client{Transport: &http.Transport{
	TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
}}

func cmdAnswers(ts *testscript.TestScript, neg bool, args []string) {
	want := "200"
	if len(args) > 1 {
		want = args[1]
	}
	until(ts, args[0]+" to answer", func() bool {
		resp, err := anyCert.Get(args[0])
		if err != nil {
			return false
		}
		resp.Body.Close()
		return strconv.Itoa(resp.StatusCode) == want
	})
}

func cmdSilent(ts *testscript.TestScript, neg bool, args []string) {
	until(ts, args[0]+" to be silent", func() bool {
		resp, err := http.Get(args[0])
		if err == nil {
			resp.Body.Close()
		}
		return err != nil
	})
}

// patience only ends a hang: a machine may be slow.
const patience = 5 * time.Minute

// until waits for a condition.
func until(ts *testscript.TestScript, what string, ok func() bool) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for !ok() {
		if ctx.Err() != nil {
			log, _ := os.ReadFile(ts.MkAbs("log"))
			ts.Fatalf("waited in vain for %s; log:\n%s", what, log)
		}
		sleep(ctx, 10*time.Millisecond)
	}
}
