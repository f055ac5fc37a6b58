package bus

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":"\u003cb\u003e \u0026"}`: `{"a":"<b> &"}`,
		`{"a":"\\u003c"}`:              `{"a":"\\u003c"}`, // a backslash and text
		`{"a":"\\\u003c"}`:             `{"a":"\\<"}`,
		`{"a":"\u00e9\n"}`:             `{"a":"\u00e9\n"}`,
	} {
		if got := string(plain([]byte(in))); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add(`{"a":"\u003c\\u003e\\\u0026"}`)
	f.Fuzz(func(t *testing.T, doc string) {
		var before, after any
		if json.Unmarshal([]byte(doc), &before) != nil {
			return
		}
		if err := json.Unmarshal(plain([]byte(doc)), &after); err != nil || !reflect.DeepEqual(before, after) {
			t.Errorf("%q: %v", doc, err)
		}
	})
}
