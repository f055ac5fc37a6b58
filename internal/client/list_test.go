package client

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A task that stops between the call for the running ones and the call for the
// stopped ones is listed once, as it is now.
func TestTasksListedOnce(t *testing.T) {
	alone(t, nil)
	described := 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListTasks") {
			fmt.Fprint(w, `{"taskArns":["arn:aws:ecs:us-east-1:123456789012:task/c/1"]}`)
			return
		}
		described++
		status := []string{"RUNNING", "STOPPED"}[described-1]
		fmt.Fprintf(w, `{"tasks":[{"taskArn":"arn:aws:ecs:us-east-1:123456789012:task/c/1","lastStatus":%q}]}`, status)
	}))
	defer web.Close()
	c, err := Flags{Endpoint: web.URL, Cluster: "c"}.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.Tasks(context.Background(), "", true)
	if err != nil || len(all) != 1 || *all[0].LastStatus != "STOPPED" {
		t.Errorf("%v %v", all, err)
	}
}
