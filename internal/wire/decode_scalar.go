package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

func (d *decoder) placeString(tree any, v reflect.Value) error {
	switch s := tree.(type) {
	case string:
		v.SetString(s)
	case formValue:
		v.SetString(string(s))
	default:
		return wrongType(tree, "String")
	}
	return nil
}

func (d *decoder) placeBool(tree any, v reflect.Value) error {
	switch b := tree.(type) {
	case bool:
		v.SetBool(b)
		return nil
	case formValue:
		switch strings.ToLower(string(b)) {
		case "true", "1":
			v.SetBool(true)
			return nil
		case "false", "0", "":
			v.SetBool(false)
			return nil
		}
	}
	return wrongType(tree, "Boolean")
}

func (d *decoder) placeInt(tree any, v reflect.Value) error {
	var n int64
	var err error
	switch x := tree.(type) {
	case json.Number:
		n, err = wholeNumber(string(x))
	case formValue:
		if x == "" {
			return nil
		}
		n, err = strconv.ParseInt(string(x), 10, 64)
	case int64:
		n = x
	case uint64:
		if n = int64(x); n < 0 {
			return &memberError{text: "the number is too large"}
		}
	case float64:
		if n = int64(x); float64(n) != x {
			return wrongType(tree, "Integer")
		}
	default:
		return wrongType(tree, "Integer")
	}
	if err != nil {
		return &memberError{text: fmt.Sprintf("%v is not an Integer", tree)}
	}
	if v.OverflowInt(n) {
		return &memberError{text: fmt.Sprintf("the number %d is out of range", n)}
	}
	v.SetInt(n)
	return nil
}

// wholeNumber reads an integer and accepts 10.0 and 1e3 for one.
func wholeNumber(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil {
		return n, nil
	}
	f, ferr := strconv.ParseFloat(s, 64)
	if ferr != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return 0, err
	}
	return int64(f), nil
}

func (d *decoder) placeFloat(tree any, v reflect.Value) error {
	var f float64
	var err error
	switch x := tree.(type) {
	case json.Number:
		f, err = strconv.ParseFloat(string(x), 64)
	case formValue:
		if x == "" {
			return nil
		}
		f, err = strconv.ParseFloat(string(x), 64)
	case string:
		switch x {
		case "NaN":
			f = math.NaN()
		case "Infinity":
			f = math.Inf(1)
		case "-Infinity":
			f = math.Inf(-1)
		default:
			return wrongType(tree, "Double")
		}
	case float64:
		f = x
	case int64:
		f = float64(x)
	case uint64:
		f = float64(x)
	default:
		return wrongType(tree, "Double")
	}
	if err != nil || v.OverflowFloat(f) {
		return &memberError{text: fmt.Sprintf("%v is not a Double", tree)}
	}
	v.SetFloat(f)
	return nil
}

func (d *decoder) placeBlob(tree any, v reflect.Value) error {
	var text string
	switch x := tree.(type) {
	case []byte:
		v.SetBytes(x)
		return nil
	case string:
		text = x
	case formValue:
		text = string(x)
	default:
		return wrongType(tree, "Blob")
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return &memberError{text: "is not base64"}
	}
	v.SetBytes(b)
	return nil
}

func (d *decoder) placeTime(tree any, v reflect.Value) error {
	var t time.Time
	var err error
	switch x := tree.(type) {
	case time.Time: // of CBOR, through a float that cannot say .889 exactly
		t = x.Round(time.Millisecond)
	case json.Number:
		t, err = epoch(string(x))
	case string:
		t, err = parseTime(x)
	case formValue:
		if x == "" {
			return nil
		}
		t, err = parseTime(string(x))
	case int64:
		t = time.Unix(x, 0)
	case uint64:
		t = time.Unix(int64(x), 0)
	case float64:
		t = time.UnixMilli(int64(math.Round(x * 1000)))
	default:
		return wrongType(tree, "Timestamp")
	}
	if err != nil {
		return &memberError{text: fmt.Sprintf("%v is not a Timestamp", tree)}
	}
	v.Set(reflect.ValueOf(t.UTC()))
	return nil
}
