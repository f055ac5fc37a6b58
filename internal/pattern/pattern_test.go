package pattern

import (
	"strings"
	"testing"
)

const event = `{
  "id": "1", "source": "aws.ecs", "account": "123456789012", "resources": ["arn:a", "arn:b"],
  "detail": {
    "lastStatus": "RUNNING", "count": 300, "price": 3.50, "big": 5e9, "negative": -1, "none": null, "empty": "", "list": [], "ok": true,
    "ip": "10.0.0.42", "ip6": "2001:db8::7", "path": "a/b*c\\d", "name": "Straße",
    "nested": {"deep": {"leaf": [1, "x", [true]]}},
    "containers": [{"name": "app", "status": "RUNNING"}, {"name": "proxy", "status": "STOPPED", "exitCode": 1}]
  }
}`

// in puts a pattern of detail into a whole one.
func in(detail string) string { return `{"detail":{` + detail + `}}` }

func TestMatches(t *testing.T) {
	doc, err := Decode([]byte(event))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		pattern string
		want    bool
	}{
		{`{"source":["aws.ecs"]}`, true},
		{`{"source":["aws.ec2","aws.ecs"]}`, true},
		{`{"source":["aws"]}`, false},
		{`{"source":["AWS.ECS"]}`, false},
		{`{"source":["aws.ecs"],"account":["1"]}`, false},
		{`{"nobody":["x"]}`, false},
		{`{"resources":["arn:b"]}`, true},
		{`{"resources":["arn:c"]}`, false},
		{in(`"lastStatus":["RUNNING"],"ok":[true]`), true},
		{in(`"ok":["true"]`), false},
		{in(`"ok":[false]`), false},
		{in(`"none":[null]`), true},
		{in(`"none":[""]`), false},
		{in(`"empty":[""]`), true},
		{in(`"missing":[null]`), false},
		{in(`"count":[300]`), true},
		{in(`"count":[300.0]`), false},
		{in(`"count":["300"]`), false},
		{in(`"price":[3.50]`), true},
		{in(`"price":[3.5]`), false},
		{in(`"nested":{"deep":{"leaf":["x"]}}`), true},
		{in(`"nested":{"deep":{"leaf":[true]}}`), true},
		{in(`"nested":{"deep":{"leaf":[2]}}`), false},
		{in(`"nested":{"deep":["x"]}`), false},
		// prefix, suffix, case
		{in(`"lastStatus":[{"prefix":"RUN"}]`), true},
		{in(`"lastStatus":[{"prefix":"run"}]`), false},
		{in(`"lastStatus":[{"prefix":{"equals-ignore-case":"run"}}]`), true},
		{in(`"lastStatus":[{"suffix":"ING"}]`), true},
		{in(`"lastStatus":[{"suffix":"UN"}]`), false},
		{in(`"lastStatus":[{"suffix":{"equals-ignore-case":"ing"}}]`), true},
		{in(`"lastStatus":[{"equals-ignore-case":"running"}]`), true},
		{in(`"lastStatus":[{"equals-ignore-case":"runnin"}]`), false},
		{in(`"name":[{"suffix":{"equals-ignore-case":"ASSE"}}]`), false},
		{in(`"name":[{"suffix":{"equals-ignore-case":"ßE"}}]`), true},
		{in(`"count":[{"prefix":"3"}]`), false},
		{`{"resources":[{"prefix":"arn:"}]}`, true},
		// anything-but
		{in(`"lastStatus":[{"anything-but":"STOPPED"}]`), true},
		{in(`"lastStatus":[{"anything-but":"RUNNING"}]`), false},
		{in(`"lastStatus":[{"anything-but":["STOPPED","RUNNING"]}]`), false},
		{in(`"lastStatus":[{"anything-but":["STOPPED","PENDING"]}]`), true},
		{in(`"lastStatus":[{"anything-but":{"prefix":"RUN"}}]`), false},
		{in(`"lastStatus":[{"anything-but":{"prefix":["STOP","PEND"]}}]`), true},
		{in(`"lastStatus":[{"anything-but":{"suffix":"ING"}}]`), false},
		{in(`"lastStatus":[{"anything-but":{"suffix":"PED"}}]`), true},
		{in(`"lastStatus":[{"anything-but":{"equals-ignore-case":"running"}}]`), false},
		{in(`"lastStatus":[{"anything-but":{"equals-ignore-case":["stopped"]}}]`), true},
		{in(`"lastStatus":[{"anything-but":{"wildcard":"R*G"}}]`), false},
		{in(`"count":[{"anything-but":[1,2]}]`), true},
		{in(`"count":[{"anything-but":300}]`), false},
		{in(`"missing":[{"anything-but":"x"}]`), false},
		{in(`"none":[{"anything-but":"x"}]`), true},
		{`{"resources":[{"anything-but":"arn:a"}]}`, true},
		{`{"resources":[{"anything-but":["arn:a","arn:b"]}]}`, false},
		// numeric
		{in(`"count":[{"numeric":["=",300.0]}]`), true},
		{in(`"count":[{"numeric":[">",0,"<=",300]}]`), true},
		{in(`"count":[{"numeric":[">",0,"<",300]}]`), false},
		{in(`"count":[{"numeric":[">=",300]}]`), true},
		{in(`"count":[{"numeric":[">",300]}]`), false},
		{in(`"negative":[{"numeric":["<",0]}]`), true},
		{in(`"price":[{"numeric":["=",3.5]}]`), true},
		{in(`"big":[{"numeric":["<=",5e9]}]`), true},
		{in(`"lastStatus":[{"numeric":[">",0]}]`), false},
		{in(`"nested":{"deep":{"leaf":[{"numeric":["=",1]}]}}`), true},
		// exists
		{in(`"lastStatus":[{"exists":true}]`), true},
		{in(`"lastStatus":[{"exists":false}]`), false},
		{in(`"missing":[{"exists":false}]`), true},
		{in(`"missing":[{"exists":true}]`), false},
		{in(`"none":[{"exists":true}]`), true},
		{in(`"nested":[{"exists":true}]`), false}, // leaves only
		{in(`"nested":[{"exists":false}]`), true},
		{in(`"list":[{"exists":true}]`), false},
		{in(`"missing":[{"exists":false},"x"]`), true},
		{in(`"lastStatus":[{"exists":false},"RUNNING"]`), true},
		{in(`"away":{"leaf":[{"exists":false}]}`), true},
		{in(`"count":{"leaf":[{"exists":false}]}`), true},
		{in(`"containers":{"health":[{"exists":false}]}`), true},
		{in(`"containers":{"exitCode":[{"exists":false}]}`), false}, // one has it
		{in(`"containers":{"name":["app"],"exitCode":[{"exists":false}]}`), true},
		{in(`"containers":{"name":["proxy"],"exitCode":[{"exists":false}]}`), false},
		// arrays of objects: one element has it all
		{in(`"containers":{"name":["app"],"status":["RUNNING"]}`), true},
		{in(`"containers":{"name":["app"],"status":["STOPPED"]}`), false},
		{in(`"containers":{"name":["proxy"],"exitCode":[{"numeric":["!=",0]}]}`), false},
		// cidr
		{in(`"ip":[{"cidr":"10.0.0.0/24"}]`), true},
		{in(`"ip":[{"cidr":"10.0.0.77/24"}]`), true},
		{in(`"ip":[{"cidr":"10.0.1.0/24"}]`), false},
		{in(`"ip6":[{"cidr":"2001:db8::/32"}]`), true},
		{in(`"lastStatus":[{"cidr":"0.0.0.0/0"}]`), false},
		// wildcard
		{in(`"lastStatus":[{"wildcard":"R*N*G"}]`), true},
		{in(`"lastStatus":[{"wildcard":"*"}]`), true},
		{in(`"lastStatus":[{"wildcard":"RUNNING"}]`), true},
		{in(`"lastStatus":[{"wildcard":"RUNNING*"}]`), true},
		{in(`"lastStatus":[{"wildcard":"*NING*ING"}]`), false},
		{in(`"lastStatus":[{"wildcard":"R*X"}]`), false},
		{in(`"path":[{"wildcard":"a/*\\*c\\\\d"}]`), true},
		{in(`"path":[{"wildcard":"a/*\\*c"}]`), false},
		{in(`"empty":[{"wildcard":"*"}]`), true},
		// $or
		{`{"$or":[{"source":["x"]},{"detail":{"count":[300]}}]}`, true},
		{`{"$or":[{"source":["x"]},{"detail":{"count":[1]}}]}`, false},
		{`{"source":["aws.ecs"],"$or":[{"account":["1"]},{"id":["1"]}]}`, true},
		{`{"source":["aws.ec2"],"$or":[{"account":["1"]},{"id":["1"]}]}`, false},
		{in(`"$or":[{"count":[1]},{"$or":[{"count":[2]},{"ok":[true]}]}]`), true},
		{in(`"containers":{"name":["app"],"$or":[{"exitCode":[1]},{"status":["PENDING"]}]}`), false},
	} {
		p, err := Parse(tt.pattern, Events)
		if strings.Contains(tt.pattern, "!=") {
			if err == nil {
				t.Errorf("%s was accepted", tt.pattern)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		if got := p.Matches(doc); got != tt.want {
			t.Errorf("%s matches: %v", tt.pattern, got)
		}
	}
}

func TestPolicyComparesNumbersByValue(t *testing.T) {
	p, err := Parse(`{"price":[3.5, {"anything-but":[1.0]}], "n":[{"anything-but":1.00}]}`, Policy)
	if err != nil {
		t.Fatal(err)
	}
	for doc, want := range map[string]bool{`{"price":3.50,"n":2}`: true, `{"price":1,"n":2}`: false, `{"price":2,"n":1}`: false} {
		v, err := Decode([]byte(doc))
		if err != nil || p.Matches(v) != want {
			t.Errorf("%s: want %v, %v", doc, want, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	many := strings.Repeat(`{"a":[1]},`, 40) + `{"a":[2]}`
	for pattern, want := range map[string]string{
		``:                                                        "not JSON",
		`{"a":[1]} {"b":[1]}`:                                     "follows its end",
		`[]`:                                                      "not an object",
		`{}`:                                                      "Empty objects",
		`{"a":{}}`:                                                "Empty objects",
		`{"a":[]}`:                                                "Empty arrays",
		`{"source":"aws.ecs"}`:                                    `"source" must be an object or an array`,
		`{"a":null}`:                                              `"a" must be an object or an array`,
		`{"a":[["b"]]}`:                                           "Match value must be",
		`{"a":[{"prefixx":"b"}]}`:                                 "Unrecognized match type prefixx",
		`{"a":[{"prefix":1}]}`:                                    "must be a string",
		`{"a":[{"prefix":{"x":"y"}}]}`:                            "equals-ignore-case",
		`{"a":[{"prefix":"b","suffix":"c"}]}`:                     "Only one key",
		`{"a":[{}]}`:                                              "Only one key",
		`{"a":[{"exists":"true"}]}`:                               "exists match pattern",
		`{"a":[{"numeric":5}]}`:                                   "must be an array",
		`{"a":[{"numeric":[">"]}]}`:                               "an operator and a number",
		`{"a":[{"numeric":["~",1]}]}`:                             "Unrecognized numeric range operator: ~",
		`{"a":[{"numeric":[">","1"]}]}`:                           "must be numeric",
		`{"a":[{"numeric":["<",5,">",1]}]}`:                       "comes last",
		`{"a":[{"numeric":[">",5,">",6]}]}`:                       "comes first",
		`{"a":[{"numeric":["=",5,"<",6]}]}`:                       "stands alone",
		`{"a":[{"numeric":[">",5,"<",5]}]}`:                       "Bottom must be less than top",
		`{"a":[{"numeric":["=",5000000001]}]}`:                    "between -5.0e9 and 5.0e9",
		`{"a":[{"numeric":["=",1e999999999]}]}`:                   "between -5.0e9 and 5.0e9",
		`{"a":[{"cidr":"10.0.0.0"}]}`:                             "one '/' required",
		`{"a":[{"cidr":"10.0.0.0/40"}]}`:                          "Malformed CIDR",
		`{"a":[{"cidr":5}]}`:                                      "must be a string",
		`{"a":[{"wildcard":"a**b"}]}`:                             "Consecutive",
		`{"a":[{"wildcard":"a\\b"}]}`:                             "Invalid escape character at pos 1",
		`{"a":[{"anything-but":true}]}`:                           "anything-but must be",
		`{"a":[{"anything-but":[]}]}`:                             "Empty arrays",
		`{"a":[{"anything-but":["a",1]}]}`:                        "mixed type",
		`{"a":[{"anything-but":[null]}]}`:                         "not supported",
		`{"a":[{"anything-but":{"prefix":""}}]}`:                  "Null prefix",
		`{"a":[{"anything-but":{"numeric":["=",1]}}]}`:            "Unsupported anything-but pattern: numeric",
		`{"a":[{"anything-but":{"prefix":1}}]}`:                   "must be a string",
		`{"$or":[{"a":[1]}]}`:                                     "at least 2",
		`{"$or":[{"a":[1]},"b"]}`:                                 "array of objects",
		`{"$or":[{"a":[1]},{}]}`:                                  "not empty",
		`{"a":{"$or":[` + many + `]},"b":{"$or":[` + many + `]}}`: "combinations",
		strings.Repeat(`{"a":`, 200) + `[1]` + strings.Repeat(`}`, 200): "nested",
	} {
		_, err := Parse(pattern, Events)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", pattern, err, want)
		}
	}
}

func TestLimits(t *testing.T) {
	p, err := Parse(`{"a":["x"],"b":{"c":["y"],"$or":[{"d":[1]},{"e":{"f":[2]}}]}}`, Policy)
	if err != nil || p.Depth() != 3 || p.Keys() != 4 {
		t.Errorf("%v, depth %d, keys %d", err, p.Depth(), p.Keys())
	}
}
