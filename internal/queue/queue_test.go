package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

func TestCreate(t *testing.T) {
	w := start(t)
	w.create("a", "VisibilityTimeout", "7")
	w.create("dead.fifo", "FifoQueue", "true")
	for _, tt := range []struct {
		name       string
		attributes map[string]string
		want       error
	}{
		{"a", nil, nil},
		{"a", map[string]string{"VisibilityTimeout": "7"}, nil},
		{"a", map[string]string{"VisibilityTimeout": "8"}, ErrExists},
		{"a", map[string]string{"DelaySeconds": "0"}, nil}, // the default
		{"a", map[string]string{"DelaySeconds": "1"}, ErrExists},
		{"", nil, ErrMissing},
		{"a b", nil, ErrValue},
		{strings.Repeat("x", 80), nil, nil},
		{strings.Repeat("x", 81), nil, ErrValue},
		{"b.fifo", nil, ErrValue},
		{"b.fifo", map[string]string{"FifoQueue": "true"}, nil},
		{"b", map[string]string{"FifoQueue": "true"}, ErrValue},
		{"b", map[string]string{"FifoQueue": "false"}, ErrAttributeName},
		{"b", map[string]string{"ContentBasedDeduplication": "true"}, ErrAttributeName},
		{"b", map[string]string{"Colour": "red"}, ErrAttributeName},
		{"b", map[string]string{"QueueArn": "red"}, ErrAttributeName},
		{"b", map[string]string{"VisibilityTimeout": "43201"}, ErrAttributeValue},
		{"b", map[string]string{"VisibilityTimeout": "x"}, ErrAttributeValue},
		{"b", map[string]string{"MessageRetentionPeriod": "59"}, ErrAttributeValue},
		{"b", map[string]string{"MaximumMessageSize": "1048577"}, ErrAttributeValue},
		{"b", map[string]string{"ReceiveMessageWaitTimeSeconds": "21"}, ErrAttributeValue},
		{"b", map[string]string{"Policy": "[]"}, ErrAttributeValue},
		{"b", map[string]string{"KmsMasterKeyId": "k", "SqsManagedSseEnabled": "true"}, ErrAttributeValue},
		{"b", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + ARN(scope, "gone") + `","maxReceiveCount":1}`}, ErrValue},
		{"b", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + ARN(scope, "dead.fifo") + `","maxReceiveCount":1}`}, ErrValue},
		{"b", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + ARN(scope, "a") + `","maxReceiveCount":0}`}, ErrValue},
		{"b", map[string]string{"RedrivePolicy": `{"maxReceiveCount":1}`}, ErrValue},
		{"b", map[string]string{"RedrivePolicy": `x`}, ErrAttributeValue},
		{"b", map[string]string{"RedriveAllowPolicy": `{"redrivePermission":"byQueue"}`}, ErrValue},
		{"c.fifo", map[string]string{"FifoQueue": "true", "FifoThroughputLimit": "perMessageGroupId"}, ErrAttributeValue},
		{"b", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + ARN(scope, "a") + `","maxReceiveCount":"3"}`}, nil},
	} {
		err := w.Update(func(tx *store.Tx) error {
			_, err := w.Create(tx, scope, tt.name, tt.attributes, nil)
			return err
		})
		if !errors.Is(err, tt.want) {
			t.Errorf("%q %v: %v, want %v", tt.name, tt.attributes, err, tt.want)
		}
	}
}

func TestSendRefuses(t *testing.T) {
	w := start(t)
	w.create("s", "MaximumMessageSize", "1024")
	w.create("f.fifo", "FifoQueue", "true")
	delay := func(n int32) *int32 { return &n }
	attribute := func(name string, a Attribute) map[string]Attribute { return map[string]Attribute{name: a} }
	text := Attribute{Type: "String", Text: "x"}
	many := map[string]Attribute{}
	for i := range 11 {
		many[fmt.Sprint("a", i)] = text
	}
	for _, tt := range []struct {
		queue string
		m     Outgoing
		want  error
	}{
		{"s", Outgoing{}, ErrMissing},
		{"s", Outgoing{Body: "\x00"}, ErrContents},
		{"s", Outgoing{Body: "\xff"}, ErrContents},
		{"s", Outgoing{Body: "\uffff"}, ErrContents},
		{"s", Outgoing{Body: "\t\n\r 🦄"}, nil},
		{"s", Outgoing{Body: strings.Repeat("x", 1024)}, nil},
		{"s", Outgoing{Body: strings.Repeat("x", 1025)}, ErrValue},
		{"s", Outgoing{Body: strings.Repeat("x", 1020), Attributes: attribute("a", text)}, ErrValue},
		{"s", Outgoing{Body: "x", Delay: delay(901)}, ErrValue},
		{"s", Outgoing{Body: "x", Delay: delay(-1)}, ErrValue},
		{"s", Outgoing{Body: "x", Dedup: "d"}, ErrValue},
		{"s", Outgoing{Body: "x", Group: "a fair queue's group has no spaces"}, ErrValue},
		{"s", Outgoing{Body: "x", Group: "g"}, nil},
		{"s", Outgoing{Body: "x", Attributes: many}, ErrValue},
		{"s", Outgoing{Body: "x", Attributes: attribute("a..b", text)}, ErrValue},
		{"s", Outgoing{Body: "x", Attributes: attribute("AWS.b", text)}, ErrValue},
		{"s", Outgoing{Body: "x", Attributes: attribute("a", Attribute{Text: "x"})}, ErrValue},
		{"s", Outgoing{Body: "x", Attributes: attribute("a", Attribute{Type: "Int", Text: "1"})}, ErrValue},
		{"s", Outgoing{Body: "x", Attributes: attribute("a", Attribute{Type: "Number", Text: "one"})}, ErrValue},
		{"s", Outgoing{Body: "x", Attributes: attribute("a", Attribute{Type: "Number.int", Text: "-1.5e3"})}, nil},
		{"s", Outgoing{Body: "x", Attributes: attribute("a", Attribute{Type: "Binary", Text: "x"})}, ErrValue},
		{"s", Outgoing{Body: "x", Attributes: attribute("a", Attribute{Type: "Binary.png", Bytes: []byte{0}})}, nil},
		{"s", Outgoing{Body: "x", Attributes: attribute("a", Attribute{Type: "String", Text: "\x01"})}, ErrContents},
		{"f.fifo", Outgoing{Body: "x", Dedup: "d"}, ErrMissing},
		{"f.fifo", Outgoing{Body: "x", Group: "g"}, ErrValue},
		{"f.fifo", Outgoing{Body: "x", Group: "g", Dedup: "d", Delay: delay(1)}, ErrValue},
		{"f.fifo", Outgoing{Body: "x", Group: "g", Dedup: "d", Delay: delay(0)}, nil},
		{"gone", Outgoing{Body: "x"}, ErrNoQueue},
	} {
		if _, err := w.send(tt.queue, tt.m); !errors.Is(err, tt.want) {
			t.Errorf("%s %+v: %v, want %v", tt.queue, tt.m, err, tt.want)
		}
	}
}

// A message in flight comes back after its time, under another handle; the old one
// deletes nothing.
func TestVisibility(t *testing.T) {
	w := start(t)
	w.create("q")
	w.put("q", "a")
	first := w.expect("q", 1, "a")[0]
	w.expect("q", 1, "")
	w.tick(29)
	w.expect("q", 1, "")
	w.tick(1)
	second := w.expect("q", 1, "a")[0]
	if second.Receives != 2 || !second.First.Equal(first.First) || second.Handle == first.Handle {
		t.Errorf("%+v after %+v", second, first)
	}
	w.ok(w.remove("q", first.Handle))
	if c := w.Counts(w.get("q")); c.InFlight != 1 {
		t.Errorf("an old handle deleted the message: %+v", c)
	}
	if err := w.hide("q", first.Handle, 0); !errors.Is(err, ErrNotInFlight) {
		t.Error(err)
	}
	w.ok(w.hide("q", second.Handle, 0))
	third := w.expect("q", 1, "a")[0]
	if err := w.hide("q", third.Handle, 43201); !errors.Is(err, ErrValue) {
		t.Error(err)
	}
	w.tick(10)
	if err := w.hide("q", third.Handle, 43200); !errors.Is(err, ErrValue) { // 12 hours in all
		t.Error(err)
	}
	w.ok(w.hide("q", third.Handle, 43190))
	w.ok(w.remove("q", third.Handle))
	w.ok(w.remove("q", third.Handle)) // again: no error
	if err := w.hide("q", third.Handle, 1); !errors.Is(err, ErrValue) {
		t.Error(err)
	}
	for _, bad := range []string{"x", strings.Repeat("A", 40), third.Handle[1:]} {
		if err := w.remove("q", bad); !errors.Is(err, ErrReceipt) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	w.create("other")
	if err := w.remove("other", third.Handle); !errors.Is(err, ErrReceipt) {
		t.Error(err)
	}
}

func TestDelay(t *testing.T) {
	w := start(t)
	w.create("q", "DelaySeconds", "5")
	none := int32(0)
	w.put("q", "late")
	_, err := w.send("q", Outgoing{Body: "now", Delay: &none})
	w.ok(err)
	if c := w.Counts(w.get("q")); c != (Counts{Visible: 1, Delayed: 1}) {
		t.Error(c)
	}
	w.expect("q", 10, "now")
	w.restart()
	w.expect("q", 10, "")
	w.tick(5)
	w.expect("q", 10, "late")
}

func TestRetention(t *testing.T) {
	w := start(t)
	w.create("q", "MessageRetentionPeriod", "60")
	w.put("q", "a")
	w.tick(59)
	w.put("q", "b")
	w.tick(1)
	w.expect("q", 10, "b") // a receive never hands out what is too old
	w.put("q", "c")
	w.tick(60)
	w.expire()
	w.collect(context.Background())
	w.store.View(func(tx *store.Tx) {
		if n := messages.Len(tx) + deliveries.Len(tx); n != 0 {
			t.Errorf("%d records are left", n)
		}
	})
}

func TestPurgeAndDelete(t *testing.T) {
	w := start(t)
	for _, restart := range []bool{false, true} {
		w.create("q")
		for range 3 {
			w.put("q", "x")
		}
		flying := w.expect("q", 1, "x")[0]
		w.ok(w.Update(func(tx *store.Tx) error { return w.Purge(tx, scope, "q") }))
		if restart {
			w.restart()
		}
		w.put("q", "y")
		w.ok(w.remove("q", flying.Handle))
		if err := w.hide("q", flying.Handle, 0); !errors.Is(err, ErrValue) {
			t.Error(err)
		}
		w.expect("q", 10, "y")
		w.ok(w.Update(func(tx *store.Tx) error { return w.Queues.Delete(tx, scope, "q") }))
		if restart {
			w.restart()
		}
		w.create("q")
		w.expect("q", 10, "") // a new queue of the same name is another one
		w.collect(context.Background())
		w.store.View(func(tx *store.Tx) {
			if n := messages.Len(tx) + deliveries.Len(tx); n != 0 {
				t.Errorf("%d records are left", n)
			}
		})
	}
}

func TestDeadLetters(t *testing.T) {
	w := start(t)
	w.create("dead")
	w.create("q", "RedrivePolicy", `{"deadLetterTargetArn":"`+ARN(scope, "dead")+`","maxReceiveCount":2}`)
	_, err := w.send("q", Outgoing{Body: "a", Attributes: map[string]Attribute{"k": {Type: "String", Text: "v"}}})
	w.ok(err)
	var id string
	for range 2 {
		id = w.expect("q", 10, "a")[0].ID
		w.tick(30)
	}
	w.expect("q", 10, "")
	w.restart()
	got := w.expect("dead", 10, "a")[0]
	if got.ID != id || got.Receives != 3 || got.Source != ARN(scope, "q") || got.Attributes["k"].Text != "v" {
		t.Errorf("%+v", got)
	}
	w.store.View(func(tx *store.Tx) {
		if got := Sources(tx, scope, ARN(scope, "dead")); len(got) != 1 || got[0].Name != "q" {
			t.Error(got)
		}
	})
}

func TestRedriveAllowPolicy(t *testing.T) {
	w := start(t)
	w.create("dead", "RedriveAllowPolicy", `{"redrivePermission":"byQueue","sourceQueueArns":["`+ARN(scope, "friend")+`"]}`)
	policy := map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + ARN(scope, "dead") + `"}`}
	for name, want := range map[string]error{"friend": nil, "foe": ErrValue} {
		if err := w.Update(func(tx *store.Tx) error { _, err := w.Create(tx, scope, name, policy, nil); return err }); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What memory did ahead of a commit that fails is undone.
func TestFailedReceive(t *testing.T) {
	for _, name := range []string{"q", "q.fifo"} {
		w := start(t)
		if name == "q" {
			w.create(name)
		} else {
			w.create(name, "FifoQueue", "true")
		}
		rec := w.get(name)
		for i := range 2 {
			m := Outgoing{Body: fmt.Sprint(i)}
			if rec.FIFO() {
				m.Group, m.Dedup = "g", m.Body
			}
			_, err := w.send(name, m)
			w.ok(err)
		}
		w.ok(w.store.Close())
		if _, err := w.Receive(context.Background(), scope, name, Ask{Max: 10}); err == nil {
			t.Error("a receive from a closed store went well")
		}
		tk := &taking{q: w.Queues, l: w.lives[rec.ID], rec: rec, now: w.now, blocked: map[*group]bool{}}
		for _, e := range tk.l.candidates(10) {
			tk.forget(e, "")
		}
		for i := len(tk.undo) - 1; i >= 0; i-- {
			tk.undo[i]()
		}
		w.open()
		if c := w.Counts(rec); c.Visible != 2 {
			t.Errorf("%+v", c)
		}
		w.expect(name, 10, "01")
	}
}

// A long poll ends when a message arrives, when one becomes visible, when its time
// is over, when its client leaves and when the server stops.
func TestLongPoll(t *testing.T) {
	st, err := store.Open(t.TempDir()+"/state.db", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	w := &world{fataler: t, store: st, Queues: New(Options{Store: st})} // real time
	w.create("q")
	var handle string // of the newest receive
	poll := func(ctx context.Context, wait time.Duration) <-chan string {
		out := make(chan string, 1)
		go func() {
			got, err := w.Receive(ctx, scope, "q", Ask{Max: 1, Visibility: seconds(3600), Wait: &wait})
			if err != nil {
				out <- err.Error()
				return
			}
			for _, r := range got {
				handle = r.Handle
			}
			out <- bodies(got)
		}()
		return out
	}
	waiting := func(n int) {
		for limit := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			w.mu.Lock()
			have := len(w.lives[w.get("q").ID].polls)
			w.mu.Unlock()
			if have == n {
				return
			}
			if time.Now().After(limit) {
				t.Fatalf("%d polls wait, want %d", have, n)
			}
		}
	}
	ctx := context.Background()
	polls := []<-chan string{poll(ctx, time.Hour), poll(ctx, time.Hour), poll(ctx, time.Hour)}
	waiting(3)
	w.put("q", "a")
	waiting(2) // only one was served
	served := func() string {
		select {
		case s := <-polls[0]:
			return s
		case s := <-polls[1]:
			return s
		case s := <-polls[2]:
			return s
		case <-time.After(time.Minute):
			t.Fatal("no poll saw the message")
			return ""
		}
	}
	if s := served(); s != "a" {
		t.Fatal(s)
	}
	w.ok(w.Update(func(tx *store.Tx) error { return w.ChangeVisibility(tx, w.get("q"), handle, 1) }))
	if s := served(); s != "a" { // it became visible again, for another
		t.Fatal(s)
	}
	waiting(1)
	left := poll(ctx, time.Millisecond)
	if s := <-left; s != "" && s != "a" {
		t.Error(s)
	}
	w.ok(w.Update(func(tx *store.Tx) error { return w.Purge(tx, scope, "q") }))
	gone, leave := context.WithCancel(ctx)
	out := poll(gone, time.Hour)
	leave()
	<-out
	out = poll(ctx, time.Hour)
	w.Stop()
	if s := <-out; s != "" {
		t.Error(s)
	}
}
