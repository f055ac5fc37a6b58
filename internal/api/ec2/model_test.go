package ec2

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/grue-ecs/grue/test/boto"
)

// model is the part of botocore's service model that names the wire.
type model struct {
	Operations map[string]struct {
		Input, Output *struct{ Shape string }
	}
	Shapes map[string]struct {
		Type    string
		Members map[string]modelRef
		Member  *modelRef
	}
}

type modelRef struct {
	Shape, LocationName, QueryName string
	IdempotencyToken               bool
}

// TestModel holds the structs of this package against botocore's model: every
// member must have AWS's name and shape, and no idempotency token may lack.
func TestModel(t *testing.T) {
	w := modelWalk{t: t, m: loadModel(t), seen: map[string]bool{}}
	svc := reflect.TypeFor[*Service]()
	for i := range svc.NumMethod() {
		m := svc.Method(i)
		op, ok := w.m.Operations[m.Name]
		if !ok || m.Type.NumIn() != 3 {
			continue
		}
		if op.Input != nil {
			w.walk(op.Input.Shape, m.Type.In(2).Elem(), true, m.Name)
		}
		if op.Output != nil && m.Type.Out(0) != reflect.TypeFor[*Ok]() {
			w.walk(op.Output.Shape, m.Type.Out(0).Elem(), false, m.Name)
		}
	}
	t.Logf("%d members", w.members)
}

type modelWalk struct {
	t       *testing.T
	m       *model
	seen    map[string]bool
	members int
}

func capital(s string) string { return string(unicode.ToUpper(rune(s[0]))) + s[1:] }

func (w *modelWalk) walk(shape string, typ reflect.Type, input bool, path string) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	s := w.m.Shapes[shape]
	kinds := map[string]reflect.Kind{"string": reflect.String, "boolean": reflect.Bool, "integer": reflect.Int32, "list": reflect.Slice, "structure": reflect.Struct, "timestamp": reflect.Struct}
	if typ.Kind() != kinds[s.Type] {
		w.t.Errorf("%s: %v is a %s", path, typ, s.Type)
		return
	}
	if s.Type == "list" {
		w.walk(s.Member.Shape, typ.Elem(), input, path)
		return
	}
	if key := path + typ.String(); s.Type != "structure" || w.seen[key] {
		return
	} else {
		w.seen[key] = true
	}
	names := map[string]modelRef{}
	for member, ref := range s.Members {
		name := member
		switch {
		case input && ref.QueryName != "":
			name = ref.QueryName
		case input && ref.LocationName != "":
			name = capital(ref.LocationName)
		case input:
			name = capital(member)
		case ref.LocationName != "":
			name = ref.LocationName
		}
		names[name] = ref
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		name := f.Tag.Get("wire")
		if name == "" && input {
			name = f.Name
		} else if name == "" {
			name = strings.ToLower(f.Name[:1]) + f.Name[1:]
		}
		ref, ok := names[name]
		if !ok {
			w.t.Errorf("%s: %v.%s is %q on our wire, which AWS does not have", path, typ, f.Name, name)
			continue
		}
		w.members++
		delete(names, name)
		w.walk(ref.Shape, f.Type, input, path+"."+name)
	}
	for name, ref := range names {
		if ref.IdempotencyToken {
			w.t.Errorf("%s: %v lacks the idempotency token %s", path, typ, name)
		} else if input && name != "DryRun" && strings.Count(path, ".") == 0 {
			w.t.Logf("%s does not know %s", typ, name)
		}
	}
}

func loadModel(t *testing.T) *model {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(boto.Models(t), "ec2", "*", "service-2.json*"))
	if err != nil || len(files) == 0 {
		t.Fatal("botocore has no model of ec2")
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
