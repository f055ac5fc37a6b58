package session

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"testing"
	"time"
)

func sample() *Message {
	m := &Message{
		Type: OutputData, Created: time.UnixMilli(1700000000123), Sequence: 7, Flags: 3, Kind: Output, Payload: []byte("payload"),
	}
	for i := range m.ID {
		m.ID[i] = byte(i)
	}
	return m
}

func TestMessageLayout(t *testing.T) {
	raw := sample().Marshal()
	for _, c := range []struct {
		what     string
		from, to int
		want     string // hex
	}{
		{"header length", 0, 4, "00000074"},
		{"type", 4, 36, hex.EncodeToString([]byte("output_stream_data              "))},
		{"schema", 36, 40, "00000001"},
		{"created", 40, 48, "0000018bcfe5687b"},
		{"sequence", 48, 56, "0000000000000007"},
		{"flags", 56, 64, "0000000000000003"},
		{"id, halves exchanged", 64, 80, "08090a0b0c0d0e0f0001020304050607"},
		{"digest", 80, 112, "239f59ed55e737c77147cf55ad0c1b030b6d7ee748a7426952f9b852d5a935e5"},
		{"payload type", 112, 116, "00000001"},
		{"payload length", 116, 120, "00000007"},
		{"payload", 120, 127, hex.EncodeToString([]byte("payload"))},
	} {
		if got := hex.EncodeToString(raw[c.from:c.to]); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	m, err := Parse(raw)
	want := sample()
	if err != nil || m.Type != want.Type || !m.Created.Equal(want.Created) || m.Sequence != 7 || m.Flags != 3 ||
		m.ID != want.ID || m.Kind != Output || string(m.Payload) != "payload" {
		t.Errorf("%+v, %v", m, err)
	}
	if IDString(m.ID) != "00010203-0405-0607-0809-0a0b0c0d0e0f" {
		t.Error(IDString(m.ID))
	}
}

func TestParseRefuses(t *testing.T) {
	cases := map[string]func([]byte) []byte{
		"nothing":          func([]byte) []byte { return nil },
		"short":            func(b []byte) []byte { return b[:100] },
		"damaged":          func(b []byte) []byte { b[len(b)-1]++; return b },
		"cut":              func(b []byte) []byte { return b[:len(b)-1] },
		"header too short": func(b []byte) []byte { binary.BigEndian.PutUint32(b, 20); return b },
		"header too long":  func(b []byte) []byte { binary.BigEndian.PutUint32(b, 1<<31); return b },
		"no type":          func(b []byte) []byte { clear(b[4:36]); return b },
	}
	for name, spoil := range cases {
		if m, err := Parse(spoil(sample().Marshal())); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// TestParseTolerates: AWS's own messages lack a payload type or carry no digest.
func TestParseTolerates(t *testing.T) {
	old := sample().Marshal()
	binary.BigEndian.PutUint32(old, 112)
	old = append(old[:112], old[116:]...) // without the payload type
	if m, err := Parse(old); err != nil || m.Kind != 0 || string(m.Payload) != "payload" {
		t.Errorf("%+v, %v", m, err)
	}
	pause := sample()
	pause.Type = PausePublication
	raw := pause.Marshal()
	clear(raw[80:112])
	if m, err := Parse(raw); err != nil || m.Type != PausePublication {
		t.Errorf("%+v, %v", m, err)
	}
	padded := sample().Marshal()
	copy(padded[4:36], append([]byte(OutputData), make([]byte, 32)...)[:32]) // NULs instead of spaces
	if m, err := Parse(padded); err != nil || m.Type != OutputData {
		t.Errorf("%+v, %v", m, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample().Marshal())
	f.Add(acknowledge(sample(), time.Now()))
	f.Add(closing(Closed{Output: "why"}, time.Now()))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		again, err := Parse(m.Marshal())
		if err != nil || again.Sequence != m.Sequence || again.ID != m.ID || !bytes.Equal(again.Payload, m.Payload) || len(m.Type) <= typeLength && again.Type != m.Type {
			t.Errorf("%+v became %+v, %v", m, again, err)
		}
	})
}

func TestWords(t *testing.T) {
	for in, want := range map[string][]string{
		"":                         nil,
		"  /bin/sh ":               {"/bin/sh"},
		`sh -c 'echo "a b"'`:       {"sh", "-c", `echo "a b"`},
		`a "b \"c\" \d \\" e\ f`:   {"a", `b "c" \d \`, "e f"},
		`'' ""`:                    {"", ""},
		`x'y'"z"`:                  {"xyz"},
		"a\tb\nc":                  {"a", "b", "c"},
		`it\'s`:                    {"it's"},
		`echo 'it'"'"'s' $HOME *`:  {"echo", "it's", "$HOME", "*"},
		"printf 'grüße\\n' 'a'\\'": {"printf", `grüße\n`, "a'"},
	} {
		got, err := Words(in)
		if err != nil || len(got) != len(want) {
			t.Errorf("%q: %q, %v", in, got, err)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q: %q", in, got)
			}
		}
	}
	for _, in := range []string{`'open`, `"open`, `a\`} {
		if got, err := Words(in); err == nil {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add("a 'b c' $d")
	f.Add("'\x00'")
	f.Fuzz(func(t *testing.T, s string) {
		words, err := Words(s)
		if err != nil {
			return
		}
		again, err := Words(Quote(words))
		if err != nil || len(again) != len(words) {
			t.Fatalf("%q: %q became %q, %v", s, words, again, err)
		}
		for i := range words {
			if words[i] != again[i] {
				t.Fatalf("%q became %q", words, again)
			}
		}
	})
}
