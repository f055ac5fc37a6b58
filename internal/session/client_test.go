package session

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestClientActions(t *testing.T) {
	c := NewClient(ClientOptions{Stdout: io.Discard, Stderr: io.Discard})
	for _, x := range []struct {
		action     string
		parameters string
		status     int
		text       string
	}{
		{ActionSessionType, `{"SessionType":"Standard_Stream"}`, ActionSuccess, ""},
		{ActionSessionType, `{"SessionType":"InteractiveCommands","Properties":{}}`, ActionSuccess, ""},
		{ActionSessionType, `{"SessionType":"Port"}`, ActionFailed, "Port"},
		{ActionSessionType, `nonsense`, ActionFailed, `""`},
		{ActionKMSEncryption, `{"KMSKeyId":"k"}`, ActionFailed, "use aws ecs execute-command"},
		{"Dance", `{}`, ActionUnsupported, "Dance"},
	} {
		r := c.perform(Action{ActionType: x.action, ActionParameters: []byte(x.parameters)})
		if r.ActionStatus != x.status || !strings.Contains(r.Error, x.text) || x.text == "" && r.Error != "" {
			t.Errorf("%s %s: %+v", x.action, x.parameters, r)
		}
	}
}

// TestClientLosesSession: the server breaks each connection at once.
func TestClientLosesSession(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refused" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		if c, err := websocket.Accept(w, r, nil); err == nil {
			c.CloseNow()
		}
	}))
	defer srv.Close()
	url := "ws" + strings.TrimPrefix(srv.URL, "http")
	resumed := 0
	for name, x := range map[string]struct {
		path   string
		resume func(context.Context) (string, error)
		want   func(error) bool
	}{
		"it is over meanwhile": {"/", func(context.Context) (string, error) { return "", nil }, func(err error) bool { return errors.Is(err, ErrOver) }},
		"it is over later": {"/", func(context.Context) (string, error) {
			if resumed++; resumed < 3 {
				return "token", nil
			}
			return "", nil
		}, func(err error) bool { return errors.Is(err, ErrOver) && resumed == 3 }},
		"there is no coming back": {"/", nil, func(err error) bool { return err != nil && !errors.Is(err, ErrOver) }},
		"refused":                 {"/refused", nil, func(err error) bool { return strings.Contains(err.Error(), "403") }},
	} {
		tr := &http.Transport{}
		c := NewClient(ClientOptions{URL: url + x.path, Token: "t", Stdout: io.Discard, Stderr: io.Discard, Resume: x.resume, HTTP: &http.Client{Transport: tr}})
		if _, err := c.Run(t.Context()); err == nil || !x.want(err) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := c.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: writing afterwards: %v", name, err)
		}
		tr.CloseIdleConnections()
	}
}
