package ecs

import (
	"fmt"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// BenchmarkDescribeServices describes ten services at a time, each with ten
// tasks and ten events.
func BenchmarkDescribeServices(b *testing.B) {
	w := newWorld(b)
	w.cluster()
	w.define("web")
	var names []string
	for i := range 10 {
		names = append(names, fmt.Sprintf("web-%d", i))
	}
	for _, name := range names {
		in := web("web:1")
		in.ServiceName = &name
		w.create(in)
	}
	if err := w.st.Update(func(tx *store.Tx) error {
		td, _ := state.DefinitionByARN(tx, home.TaskDefinition("web", 1))
		for key, svc := range state.Services.All(tx) {
			next := *svc
			for range 10 {
				next.Events = append(next.Events, state.ServiceEvent{ID: store.NewUUID(), Created: time.Now(), Message: "(service web) has reached a steady state."})
			}
			state.Services.Put(tx, key, &next)
			rev, _ := state.Revisions.Get(tx, key+"/"+svc.Primary)
			for range 10 {
				x := state.NewTask(home, "default", td, state.TaskOptions{Service: svc, Revision: rev}, time.Now())
				x.LastStatus = running
				state.PutTask(tx, x)
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		out, err := w.s.DescribeServices(w.ctx, &sdk.DescribeServicesInput{Services: names})
		if err != nil || len(out.Services) != 10 {
			b.Fatal(err, len(out.Services))
		}
	}
}
