package pattern

import "testing"

func TestMatch(t *testing.T) {
	const json = `{"level":"ERROR","ms":120.5,"ok":true,"none":null,"user":{"name":"ann","tags":["a","b"]},"ip":"10.0.0.7","s":"5"}`
	const line = `127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 404 1534`
	tests := []struct {
		pattern, message string
		want             bool
	}{
		{"", "anything", true},
		{"ERROR", "an ERROR here", true},
		{"ERROR", "an error here", false},
		{"ERROR timeout", "timeout: ERROR", true},
		{"ERROR timeout", "ERROR", false},
		{`"out of memory"`, "it is out of memory now", true},
		{`"out of memory"`, "memory out of", false},
		{"ERROR -debug", "ERROR debug", false},
		{"ERROR -debug", "ERROR", true},
		{`-"a b"`, "a b", false},
		{"?ERROR ?WARN", "WARN x", true},
		{"?ERROR ?WARN", "INFO x", false},
		{"?ERROR INFO", "INFO x", true}, // AWS ignores ?terms beside others
		{`%4\d\d%`, "status 404", true},
		{`%4\d\d%`, "status 504", false},
		{`"say \"hi\""`, `they say "hi" now`, true},

		{"[ip, id, user, time, request, status = 4*, bytes]", line, true},
		{"[ip, id, user, time, request, status = 5*, bytes]", line, false},
		{"[..., status = 404, bytes > 1000]", line, true},
		{"[..., bytes > 2000]", line, false},
		{"[ip, ...]", line, true},
		{"[ip, user]", line, false},
		{"[ip, id, user = frank || user = joe, ...]", line, true},
		{"[ip, id, user != frank && user != joe, ...]", line, false},
		{"[ip, id, user, time, request = *apache*, status, bytes]", line, true},

		{`{ $.level = "ERROR" }`, json, true},
		{`{ $.level = ERR* }`, json, true},
		{`{ $.level != "ERROR" }`, json, false},
		{`{ $.ms > 120 && $.ms <= 120.5 }`, json, true},
		{`{ $.ms = 120.5 || $.level = "x" }`, json, true},
		{`{ ($.ms < 1 || $.ok IS TRUE) && $.none IS NULL }`, json, true},
		{`{ $.ok IS FALSE }`, json, false},
		{`{ $.missing NOT EXISTS }`, json, true},
		{`{ $.user EXISTS }`, json, true},
		{`{ $.user.name = "ann" }`, json, true},
		{`{ $.user.tags[1] = "b" }`, json, true},
		{`{ $.user.tags[*] = "b" }`, json, true},
		{`{ $['user']['name'] = "ann" }`, json, true},
		{`{ $.ip = %10\.0\.0\.\d+% }`, json, true},
		{`{ $.missing = "x" }`, json, false},
		{`{ $.missing != "x" }`, json, false},
		{`{ $.level = "ERROR" }`, "level ERROR", false},
	}
	for _, tt := range tests {
		p, err := Parse(tt.pattern)
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		if got := p.Match(tt.message); got != tt.want {
			t.Errorf("%s on %s: %v", tt.pattern, tt.message, got)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, text := range []string{
		`"open`, `%open`, `%(%`, "-", "{", "{ }", "{ $.a }", "{ $.a = }", "{ $.a IS 3 }", "{ $.a NOT 3 }", "{ a = 1 }",
		"{ ($.a = 1 }", "{ $.a = 1 } x", "{ $. = 1 }", "{ $[ = 1 }", "[", "[a", "[a = ]", "[..., ...]", "[a = 1 && a = 2 || a = 3]",
	} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%s: accepted", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a -b", "?a ?b", `{ $.a[0] = "x*" && ($.b IS NULL || $.c NOT EXISTS) }`, "[a, ..., b = 5*]", "%x%"} {
		f.Add(seed, `{"a":["xy"]}`)
	}
	f.Fuzz(func(t *testing.T, pattern, message string) {
		p, err := Parse(pattern)
		if err == nil {
			p.Match(message)
		}
	})
}
