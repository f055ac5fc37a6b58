package arn

import (
	"regexp"
	"testing"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]ARN{
		"arn:aws:ecs:us-east-1:1:service/c/s": {"aws", "ecs", "us-east-1", "1", "service/c/s"},
		"arn:aws:iam::1:role/a:b":             {"aws", "iam", "", "1", "role/a:b"},
		"service/c/s":                         {},
		"arn:aws:ecs:us-east-1:1:":            {},
	} {
		got, ok := Parse(in)
		if got != want || ok != (want != ARN{}) {
			t.Errorf("Parse(%q) = %+v, %v", in, got, ok)
		}
	}
}

func TestPath(t *testing.T) {
	s := Scope{"1", "cn-north-1"}
	p, ok := Path(s.Task("c", "id"), "ecs", "task")
	if !ok || len(p) != 2 || p[0] != "c" || p[1] != "id" {
		t.Errorf("Path = %v, %v", p, ok)
	}
	if _, ok := Path(s.Task("c", "id"), "ecs", "service"); ok {
		t.Error("a task ARN passed for a service ARN")
	}
	if a, _ := Parse(s.Cluster("c")); a.Partition != "aws-cn" {
		t.Errorf("partition %q", a.Partition)
	}
}

func TestIDs(t *testing.T) {
	for name, c := range map[string]struct {
		make func() string
		form string
	}{
		"task":       {NewTaskID, `^[0-9a-f]{32}$`},
		"revision":   {NewRevision, `^[1-8][0-9]{18}$`},
		"deployment": {NewDeploymentID, `^[A-Za-z0-9_-]{21}$`},
		"odd hex":    {func() string { return NewHex(7) }, `^[0-9a-f]{7}$`},
	} {
		a, b := c.make(), c.make()
		if !regexp.MustCompile(c.form).MatchString(a) || a == b {
			t.Errorf("%s: %q, %q", name, a, b)
		}
	}
}
