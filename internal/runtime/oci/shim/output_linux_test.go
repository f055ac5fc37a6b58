package shim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

func collect(t *testing.T, r io.Reader) (out []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	o, err := newOutput(path, 1<<30, 1)
	if err != nil {
		t.Fatal(err)
	}
	o.copy("stdout", io.NopCloser(r))
	o.close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil || l.S != "stdout" || l.T.IsZero() {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		out = append(out, l.M)
	}
	return out
}

func TestOutputLines(t *testing.T) {
	long := strings.Repeat("x", maxLine+10)
	tests := []struct {
		name, in string
		want     []string
	}{
		{"lines", "a\nb\n", []string{"a", "b"}},
		{"a last line without an end", "a\nb", []string{"a", "b"}},
		{"empty lines", "\n\na\n", []string{"", "", "a"}},
		{"carriage return", "a\r\nb\rc\n", []string{"a", "b\rc"}},
		{"too long", long + "\nend\n", []string{long[:maxLine], long[maxLine:], "end"}},
		{"just long enough", long[:maxLine] + "\n", []string{long[:maxLine]}},
		{"nothing", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := collect(t, strings.NewReader(tt.in))
			if strings.Join(got, "|") != strings.Join(tt.want, "|") || len(got) != len(tt.want) {
				t.Errorf("%d lines, want %d", len(got), len(tt.want))
			}
		})
	}
}

func FuzzOutput(f *testing.F) {
	f.Add("a\nb")
	f.Add("\x00\xff\n\r\n")
	f.Fuzz(func(t *testing.T, in string) {
		whole := collect(t, strings.NewReader(in))
		slow := collect(t, iotest.OneByteReader(strings.NewReader(in)))
		if strings.Join(whole, "\n") != strings.Join(slow, "\n") {
			t.Errorf("%q against %q", whole, slow)
		}
	})
}

func TestStopSignal(t *testing.T) {
	for text, want := range map[string]syscall.Signal{
		"": syscall.SIGTERM, "SIGINT": syscall.SIGINT, "quit": syscall.SIGQUIT, "9": syscall.SIGKILL,
		"SIGRTMIN+3": 37, "nonsense": syscall.SIGTERM, "999": syscall.SIGTERM, "-1": syscall.SIGTERM,
	} {
		if got := stopSignal(text); got != want {
			t.Errorf("%q is %d, want %d", text, got, want)
		}
	}
}

func TestValidVolume(t *testing.T) {
	for name, want := range map[string]bool{
		"data": true, "a_b-c.d": true, "": false, "../x": false, ".x": false, "a/b": false, strings.Repeat("a", 256): false,
	} {
		if validVolume(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
