package api_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/grue-ecs/grue/test/bench/rig"
	"github.com/grue-ecs/grue/test/harness"
)

// mutations is how many calls of each kind are timed.
const mutations = 2000

// BenchmarkDurable times calls that change something, one client, one after
// another. Each is on disk when it is answered.
func BenchmarkDurable(b *testing.B) {
	g := harness.Start(b, "--runtime", "fake")
	conn := &rig.Conn{Address: g.Listen}
	defer conn.Close()
	send := func(operation, body string) time.Duration {
		request := rig.ECS(g.Listen, operation, body).Bytes(b)
		began := time.Now()
		if err := conn.Send(request); err != nil {
			b.Fatalf("%s: %v", operation, err)
		}
		return time.Since(began)
	}
	define := func(i int) string {
		return fmt.Sprintf(`{"family":"bench","containerDefinitions":[{"name":"app","image":"bench:%d","memory":64,"essential":true}]}`, i)
	}
	send("CreateCluster", `{}`)
	send("RegisterTaskDefinition", define(0))
	send("CreateService", `{"serviceName":"bench","taskDefinition":"bench:1","desiredCount":0}`)
	const service = `"resourceArn":"arn:aws:ecs:us-east-1:000000000000:service/default/bench"`
	kinds := []struct {
		operation string
		body      func(i int) string
		times     []float64
	}{
		{operation: "TagResource", body: func(i int) string { return fmt.Sprintf(`{%s,"tags":[{"key":"n","value":"%d"}]}`, service, i) }},
		{operation: "RegisterTaskDefinition", body: define},
		{operation: "UpdateService", body: func(i int) string { return fmt.Sprintf(`{"service":"bench","desiredCount":%d}`, i%2) }},
		{operation: "DescribeServices", body: func(int) string { return `{"services":["bench"]}` }},
	}
	var disk []float64
	for i := range mutations {
		for k := range kinds {
			kinds[k].times = append(kinds[k].times, rig.Millis(send(kinds[k].operation, kinds[k].body(i+1))))
		}
		disk = append(disk, rig.Millis(synced(b, i)))
	}
	t := rig.NewTable("A call that changes something, one client", "operation", "p50, ms", "p99, ms", "target p99, ms")
	for _, k := range kinds {
		t.Row(k.operation, rig.Median(k.times), rig.Quantile(k.times, 0.99), map[bool]any{true: "", false: 5}[k.operation == "DescribeServices"])
	}
	t.Row("fsync of 4 KiB on this disk, to compare", rig.Median(disk), rig.Quantile(disk, 0.99), "")
	t.Note("DescribeServices changes nothing: what an answer costs without the disk. UpdateService starts and stops a task of the fake runtime each time, which writes beside it.")
	t.Print()
	b.ReportMetric(rig.Quantile(kinds[0].times, 0.99), "ms/TagResource-p99")
	b.ReportMetric(0, "ns/op")
}

var probe *os.File

// synced writes a block and waits until it is on disk.
func synced(b *testing.B, i int) time.Duration {
	b.Helper()
	if probe == nil {
		f, err := os.CreateTemp("", "grue-bench-fsync-")
		if err != nil {
			b.Fatal(err)
		}
		os.Remove(f.Name())
		b.Cleanup(func() { f.Close(); probe = nil })
		probe = f
	}
	began := time.Now()
	if _, err := probe.WriteAt(make([]byte, 4096), int64(i)*4096); err != nil {
		b.Fatal(err)
	}
	if err := probe.Sync(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
