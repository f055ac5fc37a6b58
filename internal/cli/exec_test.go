package cli

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A session that opens slowly says nothing on a standard error that is no
// terminal: it is the command's alone.
func TestExecKeepsStandardError(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(slow + slow/2)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"InvalidParameterException","message":"as asked"}`))
	}))
	defer server.Close()
	var out, errs bytes.Buffer
	code := run([]string{"exec", "--endpoint", server.URL, strings.Repeat("0", 32), "/guest"}, &streams{&out, &errs, strings.NewReader("")})
	if code != 1 || out.Len() > 0 || !strings.Contains(errs.String(), "as asked") || strings.Contains(errs.String(), "opening") {
		t.Errorf("%d, %q, %q", code, out.String(), errs.String())
	}
}
