//go:build slow

package blackbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestSlowChaos does whatever users and accidents do, in random order, to
// services under load. No request may fail, no answer of the API may be untrue,
// and in the end every service must be steady. GRUE_SEED repeats a run.
func TestSlowChaos(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("GRUE_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("GRUE_SEED=%d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	g := grueFor(t)
	limits := bounds(100, 200)
	with := func(in *ecs.CreateServiceInput) {
		limits(in)
		in.DeploymentConfiguration.DeploymentCircuitBreaker = &types.DeploymentCircuitBreaker{Enable: true, Rollback: true}
	}
	var svcs []*harness.Service
	var loads []*harness.Load
	var watches []*harness.Watch
	for _, name := range []string{"alpha", "beta"} {
		s := g.NewServiceOf(t, harness.ServiceSpec{Name: name, Image: g.Guest(t, "v0", ""), Count: 2, Create: with})
		w := s.Watch(t)
		w.Deaf = true
		svcs, loads, watches = append(svcs, s), append(loads, harness.StartLoad(t, s.URL)), append(watches, w)
	}
	last := map[*harness.Service]string{}
	for i := range 60 {
		s := svcs[rng.IntN(len(svcs))]
		pause := time.Duration(rng.IntN(2500)) * time.Millisecond
		switch rng.IntN(14) {
		case 0, 1, 2:
			last[s] = fmt.Sprint("v", i)
			t.Log(s.Name, "deploy", last[s])
			s.Update(t, g.Guest(t, last[s], ""))
		case 3:
			last[s] = fmt.Sprint("v", i)
			t.Log(s.Name, "deploy slow", last[s])
			s.Update(t, g.Guest(t, last[s], "slow"))
		case 4, 5:
			mode := []string{"exit", "unhealthy"}[rng.IntN(2)]
			t.Log(s.Name, "deploy", mode)
			s.Update(t, g.Guest(t, fmt.Sprint("bad", i), mode))
		case 6, 7:
			n := int32(1 + rng.IntN(4))
			t.Log(s.Name, "scale to", n)
			s.Scale(t, n)
		case 8:
			t.Log(s.Name, "force")
			s.Change(t, &ecs.UpdateServiceInput{ForceNewDeployment: true})
		case 9:
			t.Log(s.Name, "stop the deployment")
			_, _ = g.ECS().StopServiceDeployment(context.Background(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: s.Newest(t).ServiceDeploymentArn})
		case 10, 11:
			if tasks := s.Tasks(t); len(tasks) > 1 && healthy(t, g, s.TargetGroup) > 1 {
				victim := tasks[rng.IntN(len(tasks))]
				t.Log(s.Name, "stop task", victim)
				_, _ = g.ECS().StopTask(context.Background(), &ecs.StopTaskInput{Task: &victim})
			}
		default:
			t.Log("kill the server")
			g.Kill("server")
			g.Healthy()
		}
		began := time.Now()
		harness.Await(t, "a moment", func() bool { return time.Since(began) >= pause })
	}
	for _, s := range svcs {
		last[s] = "final" + s.Name
		s.Update(t, g.Guest(t, last[s], ""))
		s.Change(t, &ecs.UpdateServiceInput{DesiredCount: aws.Int32(3)})
	}
	for i, s := range svcs {
		if got := s.Wait(t); got != successful || len(s.Tasks(t)) != 3 {
			t.Errorf("%s ended %s with %d tasks\n%s", s.Name, got, len(s.Tasks(t)), s.Story(t))
		}
		harness.Await(t, "answers of the final version", func() bool { return loads[i].Seen(last[s]) > 100 })
		loads[i].StopAndExpectNoFailures(t)
		watches[i].Stop(t)
	}
}
