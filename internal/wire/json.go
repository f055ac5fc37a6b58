package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// MarshalJSON writes v, a struct of the SDK, as AWS's JSON. lower says how
// member names are spelled: lowerCamelCase, or as the Go names. Unlike an
// answer to a client, it keeps times to the nanosecond.
func MarshalJSON(v any, lower bool) ([]byte, error) {
	if v == nil {
		return []byte("null"), nil
	}
	pl, rv := names(lower).of(reflect.TypeOf(v)), reflect.ValueOf(v)
	if (pl.kind == kindList || pl.kind == kindMap) && rv.IsNil() {
		return []byte("null"), nil
	}
	e := jsonEncoder{exact: true}
	e.value(pl, rv)
	return e.b, e.err
}

// UnmarshalJSON reads AWS's JSON into the value that v points to. Members that
// v does not have are skipped.
func UnmarshalJSON(data []byte, v any, lower bool) error {
	ptr := reflect.ValueOf(v)
	if ptr.Kind() != reflect.Pointer || ptr.IsNil() {
		return fmt.Errorf("wire: cannot decode into a %T", v)
	}
	d := decoder{}
	return d.placeJSON(data, names(lower).of(ptr.Type().Elem()), ptr.Elem())
}

func names(lower bool) *planner {
	if lower {
		return lowerNames
	}
	return upperNames
}

// maxDepth bounds the nesting of requests; no AWS shape comes near it.
const maxDepth = 100

// checkJSON refuses what is not one JSON value of bounded depth.
func checkJSON(text []byte) error {
	if jsonDepth(text) > maxDepth {
		return Errorf("SerializationException", "The request is nested more than %d levels deep.", maxDepth)
	}
	if !json.Valid(text) {
		var v any
		return Errorf("SerializationException", "The body is not JSON: %v.", json.Unmarshal(text, &v))
	}
	return nil
}

// parseJSON turns text into maps, slices, strings, json.Numbers and booleans.
func parseJSON(text []byte) (tree any, err error) {
	if err := checkJSON(text); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	return tree, dec.Decode(&tree)
}

// jsonDepth counts brackets before anything recurses into the text.
func jsonDepth(data []byte) (deepest int) {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}
