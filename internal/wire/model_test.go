package wire

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/grue-ecs/grue/test/boto"
)

// model is the part of a botocore service model that the codec must honour.
type model struct {
	Operations map[string]struct {
		Input, Output *struct{ Shape string }
	}
	Shapes map[string]*modelShape
}

type modelShape struct {
	Type            string
	Members         map[string]*modelRef
	Member          *modelRef // of lists
	Key, Value      *modelRef // of maps
	Flattened       bool
	Document        bool
	Union           bool
	Eventstream     bool
	TimestampFormat string
}

type modelRef struct {
	Shape           string
	LocationName    string
	Location        string
	Flattened       bool
	TimestampFormat string
}

// TestModels walks the models that botocore holds, when it is installed, and
// fails for every member that the codec cannot place. Run it after each update
// of the SDK: it prints the exceptions that Spec then needs.
func TestModels(t *testing.T) {
	data := boto.Models(t)
	services := []struct {
		folder string
		client any
		spec   Spec
		query  bool
	}{
		{"ecs", (*ecs.Client)(nil), Spec{Name: "ecs", LowerCase: true}, false},
		{"ecr", (*ecr.Client)(nil), Spec{Name: "ecr", LowerCase: true}, false},
		{"logs", (*cloudwatchlogs.Client)(nil), Spec{Name: "logs", LowerCase: true}, false},
		{"elbv2", (*elasticloadbalancingv2.Client)(nil), Spec{Name: "elasticloadbalancing"}, true},
		{"ssm", (*ssm.Client)(nil), Spec{Name: "ssm"}, false},
		{"secretsmanager", (*secretsmanager.Client)(nil), Spec{Name: "secretsmanager"}, false},
		{"sts", (*sts.Client)(nil), Spec{Name: "sts"}, true},
		{"iam", (*iam.Client)(nil), Spec{Name: "iam"}, true},
		{"acm", (*acm.Client)(nil), Spec{Name: "acm"}, false},
		{"sns", (*sns.Client)(nil), Spec{Name: "sns"}, true},
		{"sqs", (*sqs.Client)(nil), Spec{Name: "sqs"}, false},
		{"events", (*eventbridge.Client)(nil), Spec{Name: "events"}, false},
	}
	for _, s := range services {
		t.Run(s.folder, func(t *testing.T) {
			w := modelWalk{t: t, model: loadModel(t, data, s.folder), names: plannerFor(&s.spec), query: s.query, seen: map[string]bool{}}
			w.operations(reflect.TypeOf(s.client))
			t.Logf("%d members", w.members)
		})
	}
}

func loadModel(t *testing.T, data, folder string) *model {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, folder, "*", "service-2.json*"))
	if err != nil || len(files) == 0 {
		t.Skipf("botocore has no model of %s", folder)
	}
	slices.Sort(files)
	f, err := os.Open(files[len(files)-1])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(f.Name(), ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	m := &model{}
	if err := json.NewDecoder(r).Decode(m); err != nil {
		t.Fatal(err)
	}
	return m
}

type modelWalk struct {
	t       *testing.T
	model   *model
	names   *planner
	query   bool
	seen    map[string]bool
	members int
}

func (w *modelWalk) operations(client reflect.Type) {
	for name, op := range w.model.Operations {
		m, ok := client.MethodByName(name)
		if !ok {
			w.t.Logf("the SDK has no operation %s", name)
			continue
		}
		if op.Input != nil {
			w.shape(op.Input.Shape, w.names.of(m.Type.In(2).Elem()))
		}
		if op.Output != nil {
			w.shape(op.Output.Shape, w.names.of(m.Type.Out(0).Elem()))
		}
	}
}

func (w *modelWalk) shape(name string, pl *plan) {
	if pl.kind == kindPointer {
		pl = pl.elem
	}
	key := name + " " + pl.typ.String()
	if w.seen[key] {
		return
	}
	w.seen[key] = true
	s := w.model.Shapes[name]
	if want := kindOf(s); want != pl.kind {
		w.t.Errorf("shape %s is a %s; %v has kind %d, not %d", name, s.Type, pl.typ, pl.kind, want)
		return
	}
	switch pl.kind {
	case kindTime:
		if f := s.TimestampFormat; f != "" && f != "unixTimestamp" {
			w.t.Errorf("%s has the timestamp format %s", name, f)
		}
	case kindList:
		if w.query && (s.Flattened || s.Member.LocationName != "" && s.Member.LocationName != "member") {
			w.t.Errorf("list %s: flattened %v, members are %q", name, s.Flattened, s.Member.LocationName)
		}
		w.shape(s.Member.Shape, pl.elem)
	case kindMap:
		w.shape(s.Value.Shape, pl.elem)
	case kindStruct:
		w.structure(name, s, pl)
	case kindUnion:
		w.unionMembers(name, s, pl)
	}
}

func (w *modelWalk) structure(name string, s *modelShape, pl *plan) {
	for member, ref := range s.Members {
		if shape := w.model.Shapes[ref.Shape]; shape.Eventstream {
			continue
		}
		w.members++
		wire := member
		if ref.LocationName != "" {
			wire = ref.LocationName
		}
		if ref.Location != "" || ref.TimestampFormat != "" && ref.TimestampFormat != "unixTimestamp" {
			w.t.Errorf("%s.%s: location %q, timestamp format %q", name, member, ref.Location, ref.TimestampFormat)
		}
		i, ok := pl.byName[wire]
		if !ok {
			w.t.Errorf("no place for %s of %s: add %q to the exceptions", wire, name, pl.typ.Name()+"."+goNameOf(pl, wire)+`": "`+wire)
			continue
		}
		w.shape(ref.Shape, pl.fields[i].plan)
	}
}

func (w *modelWalk) unionMembers(name string, s *modelShape, pl *plan) {
	for member, ref := range s.Members {
		w.members++
		m, ok := pl.union.byName[member]
		if !ok {
			w.t.Errorf("no place for the member %s of the union %s (%v): RegisterUnion", member, name, pl.typ)
			continue
		}
		w.shape(ref.Shape, m.elem)
	}
}

// goNameOf guesses which field a missing wire name belongs to.
func goNameOf(pl *plan, wire string) string {
	for i := range pl.typ.NumField() {
		if strings.EqualFold(strings.TrimSuffix(pl.typ.Field(i).Name, "_"), wire) {
			return pl.typ.Field(i).Name
		}
	}
	return "?"
}

func kindOf(s *modelShape) kind {
	switch {
	case s.Document:
		return kindDocument
	case s.Union:
		return kindUnion
	}
	kinds := map[string]kind{
		"string": kindString, "character": kindString, "boolean": kindBool, "integer": kindInt, "long": kindInt, "float": kindFloat,
		"double": kindFloat, "timestamp": kindTime, "blob": kindBlob, "list": kindList, "map": kindMap, "structure": kindStruct,
	}
	k, ok := kinds[s.Type]
	if !ok {
		panic(fmt.Sprintf("unknown type %s", s.Type))
	}
	return k
}
