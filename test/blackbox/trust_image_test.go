package blackbox

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestHostileLayers runs tasks of images that reach out of their file system.
// Each task must end with CannotPullContainerError or be harmless, and nothing
// beside the image store may change.
func TestHostileLayers(t *testing.T) {
	g := harness.Shared(t)
	outside := t.TempDir()
	file := func(name string) tar.Header {
		return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: 1}
	}
	link := func(name, to string) tar.Header {
		return tar.Header{Name: name, Linkname: to, Typeflag: tar.TypeSymlink}
	}
	hard := func(name, to string) tar.Header { return tar.Header{Name: name, Linkname: to, Typeflag: tar.TypeLink} }
	victim := filepath.Join(outside, "victim")
	if err := os.WriteFile(victim, []byte("v"), 0o600); err != nil {
		t.Fatal(err)
	}
	up := strings.Repeat("../", 12)
	for _, c := range []struct {
		name    string
		refused bool // otherwise the task may start, and fail for want of a program
		layer   []tar.Header
	}{
		{"parents", true, []tar.Header{file(up + outside[1:] + "/x")}},
		{"parents-inside", true, []tar.Header{file("a/../../x")}},
		{"through-link", false, []tar.Header{link("out", outside), file("out/x")}},
		{"through-relative-link", false, []tar.Header{link("out", up+outside[1:]), file("out/x")}},
		{"hard-link-outside", true, []tar.Header{hard("x", up+victim[1:])}},
		{"hard-link-absolute", false, []tar.Header{hard("x", victim)}},
		{"link-then-hard-link", false, []tar.Header{link("out", outside), hard("x", "out/victim"), file("x")}},
		{"device", false, []tar.Header{{Name: "disk", Typeflag: tar.TypeBlock, Devmajor: 8, Mode: 0o666}}},
		{"whiteout-of-parent", true, []tar.Header{file("a/.wh...")}},
		{"size-lies", true, []tar.Header{{Name: "x", Typeflag: tar.TypeReg, Size: 1 << 50}}},
		{"zero-name", false, []tar.Header{file("x\x00y")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ref := pushLayer(t, g, "hostile-"+c.name, c.layer)
			x := g.RunTask(t, harness.TaskSpec{Family: "hostile-" + c.name, Containers: []types.ContainerDefinition{
				{Name: aws.String("app"), Image: &ref, Essential: aws.Bool(true), Command: []string{"/nothing"}},
			}}).Stopped(t)
			reason := aws.ToString(x.StoppedReason)
			if c.refused && !strings.HasPrefix(reason, "CannotPullContainerError") {
				t.Errorf("stoppedReason %q, want CannotPullContainerError", reason)
			}
			if reason == "" {
				t.Error("no stoppedReason")
			}
			t.Log(reason)
			left, _ := os.ReadDir(outside)
			if text, _ := os.ReadFile(victim); len(left) != 1 || string(text) != "v" {
				t.Fatalf("the image changed what is outside: %v %q", left, text)
			}
		})
	}
}

// pushLayer pushes an image of one layer and returns its reference.
func pushLayer(t *testing.T, g *harness.Grue, name string, entries []tar.Header) string {
	t.Helper()
	var raw bytes.Buffer
	w := tar.NewWriter(&raw)
	for _, h := range entries {
		if err := w.WriteHeader(&h); err != nil {
			t.Skip("this tar cannot be written:", err)
		}
		if h.Size == 1 {
			_, _ = w.Write([]byte("x"))
		}
	}
	_ = w.Close() // fails where a size lies
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(raw.Bytes())
	z.Close()
	config, _ := json.Marshal(map[string]any{
		"architecture": "amd64", "os": "linux", "config": map[string]any{"Entrypoint": []string{"/nothing"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(raw.Bytes()))}},
	})
	part := func(kind string, body []byte) map[string]any {
		return map[string]any{"mediaType": "application/vnd.oci.image." + kind, "size": len(body), "digest": pushBlob(t, g, name, body)}
	}
	manifest, _ := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
		"config": part("config.v1+json", config), "layers": []any{part("layer.v1.tar+gzip", packed.Bytes())},
	})
	if status, text := registry(t, g, http.MethodPut, "/v2/"+name+"/manifests/v1", manifest); status != http.StatusCreated {
		t.Fatalf("push: %d %s", status, text)
	}
	return g.Listen + "/" + name + ":v1"
}

func pushBlob(t *testing.T, g *harness.Grue, name string, body []byte) string {
	t.Helper()
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256(body))
	if status, text := registry(t, g, http.MethodPost, "/v2/"+name+"/blobs/uploads/?digest="+digest, body); status != http.StatusCreated {
		t.Fatalf("push of a blob: %d %s", status, text)
	}
	return digest
}

// registry sends a path as it is, without the cleaning of http.Client.
func registry(t *testing.T, g *harness.Grue, method, path string, body []byte) (int, string) {
	t.Helper()
	conn, err := net.Dial("tcp", g.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(3 * time.Minute))
	kind := "application/octet-stream"
	if strings.Contains(path, "/manifests/") {
		kind = "application/vnd.oci.image.manifest.v1+json"
	}
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", method, path, g.Listen, kind, len(body))
	go conn.Write(body) // ends with the connection
	text, _ := io.ReadAll(conn)
	var status int
	_, _ = fmt.Sscanf(string(text), "HTTP/1.1 %d", &status)
	return status, string(text)
}

// TestRegistryNames: no name, tag or digest leaves the registry's directories,
// and no request of garbage is a fault of ours.
func TestRegistryNames(t *testing.T) {
	g := grueFor(t, "--runtime", "fake")
	before := tree(t, filepath.Dir(g.Data), filepath.Base(g.Data))
	for _, c := range []struct {
		method, path string
		body         []byte
	}{
		{"POST", "/v2/../../x/blobs/uploads/", nil},
		{"POST", "/v2/%2e%2e/%2e%2e/x/blobs/uploads/", nil},
		{"POST", "/v2/..%2f..%2fx/blobs/uploads/", nil},
		{"POST", "/v2/a//b/blobs/uploads/", nil},
		{"POST", "/v2/" + strings.Repeat("a/", 3000) + "b/blobs/uploads/", nil},
		{"POST", "/v2/UPPER/blobs/uploads/", nil},
		{"POST", "/v2/a%00b/blobs/uploads/", nil},
		{"POST", "/v2/app/blobs/uploads/?digest=sha256:../../../x", []byte("x")},
		{"POST", "/v2/app/blobs/uploads/?digest=sha256:" + strings.Repeat("0", 64), []byte("x")},
		{"POST", "/v2/app/blobs/uploads/?mount=../../x&from=../..", nil},
		{"GET", "/v2/app/blobs/../../../../etc/passwd", nil},
		{"GET", "/v2/app/blobs/sha256:..%2f..%2f..%2fetc%2fpasswd", nil},
		{"GET", "/v2/app/blobs/sha256:" + strings.Repeat("g", 64), nil},
		{"GET", "/v2/app/blobs/md5:00", nil},
		{"PATCH", "/v2/app/blobs/uploads/..%2f..%2fstate.db", []byte("x")},
		{"PUT", "/v2/app/blobs/uploads/../../state.db?digest=sha256:00", []byte("x")},
		{"DELETE", "/v2/app/blobs/uploads/..%2f..%2f..", nil},
		{"PUT", "/v2/app/manifests/../../x", []byte("{}")},
		{"PUT", "/v2/app/manifests/..%2fx", []byte("{}")},
		{"PUT", "/v2/app/manifests/" + strings.Repeat("a", 200), []byte("{}")},
		{"PUT", "/v2/app/manifests/v1", []byte("{}")},
		{"PUT", "/v2/app/manifests/v1", []byte("{")},
		{"PUT", "/v2/app/manifests/v1", bytes.Repeat([]byte(" "), 5<<20)},
		{"PUT", "/v2/app/manifests/v1", []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":` + strings.Repeat("[", 1<<20))},
		{"PUT", "/v2/app/manifests/v1", []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"digest":"sha256:../../x"},"layers":[]}`)},
		{"GET", "/v2/app/tags/list?n=-1&last=../..", nil},
		{"GET", "/v2/_catalog?n=99999999999999999999", nil},
	} {
		status, text := registry(t, g, c.method, c.path, c.body)
		if status == 0 || status >= 500 || status == 200 && c.method != "GET" || strings.Contains(text, "root:") {
			t.Errorf("%s %.100s: %d %.300s", c.method, c.path, status, text)
		}
	}
	if after := tree(t, filepath.Dir(g.Data), filepath.Base(g.Data)); after != before {
		t.Errorf("files changed beside the registry:\n%s\nthen\n%s", before, after)
	}
}

// tree lists the files of a data directory that a registry may not touch.
func tree(t *testing.T, dir, name string) string {
	t.Helper()
	var b strings.Builder
	list, err := os.ReadDir(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if !strings.HasPrefix(e.Name(), "state.db") && e.Name() != "registry" {
			fmt.Fprintln(&b, e.Name())
		}
	}
	return b.String()
}
