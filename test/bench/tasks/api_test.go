package tasks_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/grue-ecs/grue/test/bench/rig"
	"github.com/grue-ecs/grue/test/harness"
)

// api runs tasks as a client of ECS does.
type api struct {
	g      *harness.Grue
	conn   *rig.Conn
	subnet string

	answered, addressed []float64 // ms after RunTask was sent
}

func newAPI(b *testing.B, g *harness.Grue, ref string) *api {
	b.Helper()
	a := &api{g: g, conn: &rig.Conn{Address: g.Listen}, subnet: g.Subnets(b)[0]}
	b.Cleanup(a.conn.Close)
	a.call(b, "CreateCluster", `{}`)
	a.call(b, "RegisterTaskDefinition", fmt.Sprintf(`{"family":"bench","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],
		"cpu":"1024","memory":"2048","containerDefinitions":[{"name":"app","image":%q,"essential":true,"stopTimeout":2,"portMappings":[{"containerPort":8080}]}]}`, ref))
	return a
}

// tasks is what RunTask and DescribeTasks answer.
type tasks struct {
	Tasks []struct {
		TaskArn, LastStatus, StoppedReason string
		Attachments                        []struct {
			Details []struct{ Name, Value string }
		}
	}
}

func (a *api) call(b *testing.B, operation, body string) (out tasks) {
	b.Helper()
	if err := a.conn.Send(rig.ECS(a.g.Listen, operation, body).Bytes(b)); err != nil {
		b.Fatalf("%s: %v", operation, err)
	}
	if err := json.Unmarshal(a.conn.Body, &out); err != nil {
		b.Fatalf("%s: %v", operation, err)
	}
	return out
}

func (a *api) start(b *testing.B) float64 {
	run := fmt.Sprintf(`{"taskDefinition":"bench","launchType":"FARGATE","networkConfiguration":{"awsvpcConfiguration":{"subnets":[%q]}}}`, a.subnet)
	began := time.Now()
	out := a.call(b, "RunTask", run)
	a.answered = append(a.answered, rig.Millis(time.Since(began)))
	if len(out.Tasks) != 1 {
		b.Fatalf("RunTask: %s", a.conn.Body)
	}
	arn := out.Tasks[0].TaskArn
	ip := a.await(b, arn, func(t tasks) string { return address(t) })
	a.addressed = append(a.addressed, rig.Millis(time.Since(began)))
	took, err := rig.FirstAnswer(ip+":8080", began)
	if err != nil {
		b.Fatal(err)
	}
	a.call(b, "StopTask", fmt.Sprintf(`{"task":%q}`, arn))
	a.await(b, arn, func(t tasks) string {
		if t.Tasks[0].LastStatus == "STOPPED" {
			return "stopped"
		}
		return ""
	})
	return rig.Millis(took)
}

// await describes a task every millisecond until what is wanted is there.
func (a *api) await(b *testing.B, arn string, want func(tasks) string) string {
	b.Helper()
	pause := time.NewTicker(time.Millisecond)
	defer pause.Stop()
	body := fmt.Sprintf(`{"tasks":[%q]}`, arn)
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); <-pause.C {
		if got := want(a.call(b, "DescribeTasks", body)); got != "" {
			return got
		}
	}
	b.Fatalf("the task does not get there: %s", a.conn.Body)
	return ""
}

func address(t tasks) string {
	for _, x := range t.Tasks[0].Attachments {
		for _, d := range x.Details {
			if d.Name == "privateIPv4Address" {
				return d.Value
			}
		}
	}
	return ""
}
