package supervise

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing/synctest"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

// script is a Containers whose containers do what a test wrote down.
type script struct {
	mu   sync.Mutex
	log  []string // "start a", "stop a", "kill a" in the order in which they came
	acts map[string]*act
	at   time.Time
}

// act is the part of one container.
type act struct {
	createErr, startErr error
	startDelay          time.Duration
	lives               []Exit        // how each run ends by itself …
	after               time.Duration // … after this long; 0 = never
	deaf                bool          // ignores the stop signal
	stopDelay           time.Duration // from stop signal to exit
	health              func(since time.Duration) (int, error)
	runs                int
	started             time.Time
	ends                chan Exit
}

func newScript(acts map[string]*act) *script { return &script{acts: acts, at: time.Now()} }

func (s *script) note(verb, name string) *act {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, fmt.Sprintf("%s %s", verb, name))
	a := s.acts[name]
	if a == nil {
		a = &act{}
		s.acts[name] = a
	}
	return a
}

func (s *script) Create(_ context.Context, name string) (Created, error) {
	s.mu.Lock()
	a := s.acts[name]
	s.mu.Unlock()
	if a != nil && a.createErr != nil {
		return Created{}, a.createErr
	}
	return Created{RuntimeID: "id-" + name}, nil
}

func (s *script) Start(_ context.Context, name string) (Started, error) {
	a := s.note("start", name)
	if a.startDelay > 0 {
		time.Sleep(a.startDelay)
	}
	if a.startErr != nil {
		return Started{}, a.startErr
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.ends = make(chan Exit, 2)
	a.started = time.Now()
	if a.runs < len(a.lives) {
		exit, ends := a.lives[a.runs], a.ends
		time.AfterFunc(a.after, func() { ends <- exit })
	}
	a.runs++
	return Started{PID: 100 + a.runs}, nil
}

func (s *script) Wait(ctx context.Context, name string) (Exit, error) {
	s.mu.Lock()
	a := s.acts[name]
	if a == nil || a.ends == nil {
		s.mu.Unlock()
		return Exit{}, errors.New("no such container")
	}
	ends := a.ends
	s.mu.Unlock()
	select {
	case e := <-ends:
		return e, nil
	case <-ctx.Done():
		return Exit{}, ctx.Err()
	}
}

func (s *script) Stop(_ context.Context, name string) error {
	a := s.note("stop", name)
	if !a.deaf {
		time.AfterFunc(a.stopDelay, func() { a.ends <- Exit{Code: 143} })
	}
	return nil
}

func (s *script) Kill(_ context.Context, name string) error {
	a := s.note("kill", name)
	a.ends <- Exit{Code: 137}
	return nil
}

func (s *script) Exec(ctx context.Context, name string, _ []string, _ int) (int, string, error) {
	s.mu.Lock()
	a := s.acts[name]
	s.mu.Unlock()
	code, err := a.health(time.Since(a.started))
	if code == hang {
		<-ctx.Done()
		return 0, "", ctx.Err()
	}
	return code, fmt.Sprint("exit ", code), err
}

const hang = 999

// play runs a task until it stops, or for a time and then stops it.
type play struct {
	task     *Task
	script   *script
	mu       sync.Mutex
	history  []runtime.Status
	finished chan runtime.Status
}

func begin(spec runtime.Spec, acts map[string]*act) *play {
	return resume(spec, newScript(acts), runtime.Status{})
}

func resume(spec runtime.Spec, s *script, from runtime.Status) *play {
	p := &play{script: s, finished: make(chan runtime.Status, 1)}
	p.task = New(Options{
		Spec: spec, Containers: s, Status: from,
		Publish: func(st runtime.Status) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.history = append(p.history, st)
		},
	})
	go func() { p.finished <- p.task.Run(context.Background()) }()
	return p
}

// now gives the last published status, once everything has settled.
func (p *play) now() runtime.Status {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.history[len(p.history)-1]
}

func (p *play) at(d time.Duration) runtime.Status {
	time.Sleep(d - time.Since(p.script.at))
	return p.now()
}

// end stops the task and gives its final status.
func (p *play) end() runtime.Status {
	p.task.Stop()
	return <-p.finished
}
