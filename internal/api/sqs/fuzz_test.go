package sqs

import (
	"context"
	"testing"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/wire"
)

// Whatever clients take for the URL of a queue, it is refused or names one; the URL
// that grue makes is read as the queue that it was made of.
func FuzzURL(f *testing.F) {
	f.Add("http://127.0.0.1:4566/000000000000/q")
	f.Add("/000000000000/q.fifo")
	f.Add("q")
	f.Add("http://[::1/%zz")
	f.Fuzz(func(t *testing.T, text string) {
		ctx := wire.WithCaller(context.Background(), wire.Caller{Account: "111111111111", Region: "r", Endpoint: "http://h:1"})
		s, name, err := locate(ctx, &text)
		if err != nil {
			return
		}
		if name == "" || s.Region != "r" || len(s.Account) != 12 {
			t.Errorf("%q: %+v %q", text, s, name)
		}
		q := &queue.Queue{Scope: arn.Scope{Account: s.Account, Region: "r"}, Name: "q-1.fifo"}
		if again, name, err := locate(ctx, urlOf(ctx, q)); err != nil || again != q.Scope || name != q.Name {
			t.Errorf("%q: %+v %q %v", text, again, name, err)
		}
	})
}

func FuzzMatches(f *testing.F) {
	f.Add("All", "a")
	f.Add("a.*", "a.b")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if !matches("All", name) || !matches(".*", name) {
			t.Errorf("%q %q", pattern, name)
		}
		_ = matches(pattern, name)
	})
}
