package registry_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/image/registry"
)

// answer is an HTTP answer with its body read.
type answer struct {
	*http.Response
	body string
}

// code is the error code of the distribution protocol in an answer.
func (a answer) code() string {
	var doc struct {
		Errors []struct{ Code, Message string }
	}
	if json.Unmarshal([]byte(a.body), &doc) != nil || len(doc.Errors) == 0 {
		return ""
	}
	return doc.Errors[0].Code
}

// do sends one request; headers are "Key: value".
func (f *fixture) do(t *testing.T, method, path string, body io.Reader, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, f.http.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		if k == "Host" {
			req.Host = v
		}
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp, string(content)}
}

func (f *fixture) want(t *testing.T, a answer, status int, code string) {
	t.Helper()
	if a.StatusCode != status || a.code() != code {
		t.Fatalf("%s %s: %s %s, want %d %s", a.Request.Method, a.Request.URL.Path, a.Status, a.body, status, code)
	}
}

// upload pushes a blob in one piece and returns its digest.
func (f *fixture) upload(t *testing.T, repo, content string) string {
	t.Helper()
	d := string(blob.Of([]byte(content)))
	a := f.do(t, "POST", "/v2/"+repo+"/blobs/uploads/?digest="+d, strings.NewReader(content))
	f.want(t, a, 201, "")
	return d
}

func manifestOf(config, layer string, size int) string {
	return fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":%q,"size":2},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":%q,"size":%d}]}`,
		types.OCIManifestSchema1, config, layer, size)
}

// TestChunkedUpload speaks as docker and other clients do: chunks with and
// without ranges, a wrong offset, a status request and the end.
func TestChunkedUpload(t *testing.T) {
	f := start(t, registry.Options{})
	content := strings.Repeat("0123456789", 100)
	digest := string(blob.Of([]byte(content)))
	a := f.do(t, "POST", "/v2/app/blobs/uploads/", nil)
	f.want(t, a, 202, "")
	at := a.Header.Get("Location")
	a = f.do(t, "PATCH", at, strings.NewReader(content[:300]), "Content-Range: 0-299")
	f.want(t, a, 202, "")
	if a.Header.Get("Range") != "0-299" {
		t.Errorf("Range %q", a.Header.Get("Range"))
	}
	a = f.do(t, "PATCH", at, strings.NewReader("x"), "Content-Range: 400-400")
	f.want(t, a, 416, "BLOB_UPLOAD_INVALID")
	if a.Header.Get("Range") != "0-299" {
		t.Errorf("Range %q", a.Header.Get("Range"))
	}
	f.want(t, f.do(t, "PATCH", at, strings.NewReader("x"), "Content-Range: nonsense"), 416, "BLOB_UPLOAD_INVALID")
	f.want(t, f.do(t, "GET", at, nil), 204, "")
	f.want(t, f.do(t, "GET", strings.Replace(at, "/app/", "/other/", 1), nil), 404, "BLOB_UPLOAD_UNKNOWN")

	f.reopen(t, registry.Options{}) // a restart in the middle of an upload
	f.want(t, f.do(t, "PATCH", at, strings.NewReader(content[300:900])), 202, "")
	wrong := strings.Replace(digest, digest[10:14], "0000", 1)
	f.want(t, f.do(t, "PUT", at+"?digest="+wrong, strings.NewReader(content[900:])), 400, "DIGEST_INVALID")
	f.want(t, f.do(t, "PUT", at+"?digest=sha256:../../x", nil), 400, "DIGEST_INVALID")
	f.want(t, f.do(t, "PUT", at+"?digest="+digest, nil), 201, "")
	f.want(t, f.do(t, "GET", at, nil), 404, "BLOB_UPLOAD_UNKNOWN")

	a = f.do(t, "GET", "/v2/app/blobs/"+digest, nil, "Range: bytes=10-19")
	if a.StatusCode != 206 || a.body != "0123456789" {
		t.Errorf("range: %s %q", a.Status, a.body)
	}
	a = f.do(t, "HEAD", "/v2/app/blobs/"+digest, nil)
	if a.StatusCode != 200 || a.ContentLength != 1000 || a.Header.Get("Docker-Content-Digest") != digest {
		t.Errorf("HEAD %s %d", a.Status, a.ContentLength)
	}
	a = f.do(t, "POST", "/v2/other/blobs/uploads/?mount="+digest+"&from=app", nil)
	f.want(t, a, 201, "")
	f.want(t, f.do(t, "HEAD", "/v2/other/blobs/"+digest, nil), 200, "")
	f.want(t, f.do(t, "POST", "/v2/third/blobs/uploads/?mount="+digest+"&from=nowhere", nil), 202, "")
	f.want(t, f.do(t, "HEAD", "/v2/third/blobs/"+digest, nil), 404, "")
}

func TestUploadLimitAndCancel(t *testing.T) {
	f := start(t, registry.Options{MaxLayer: 100})
	at := f.do(t, "POST", "/v2/app/blobs/uploads/", nil).Header.Get("Location")
	f.want(t, f.do(t, "PATCH", at, strings.NewReader(strings.Repeat("x", 101))), 413, "SIZE_INVALID")
	f.want(t, f.do(t, "DELETE", at, nil), 204, "")
	f.want(t, f.do(t, "DELETE", at, nil), 404, "BLOB_UPLOAD_UNKNOWN")
}

func TestManifestRules(t *testing.T) {
	f := start(t, registry.Options{})
	config, layer := f.upload(t, "app", "{}"), f.upload(t, "app", "layer")
	good := manifestOf(config, layer, 5)
	missing := "sha256:" + strings.Repeat("0", 64)
	oci := "Content-Type: " + string(types.OCIManifestSchema1)
	for what, c := range map[string]struct {
		body, header string
		status       int
		code         string
	}{
		"no json":           {"{", oci, 400, "MANIFEST_INVALID"},
		"missing layer":     {manifestOf(config, missing, 5), oci, 404, "MANIFEST_BLOB_UNKNOWN"},
		"missing config":    {manifestOf(missing, layer, 5), oci, 404, "MANIFEST_BLOB_UNKNOWN"},
		"wrong size":        {manifestOf(config, layer, 6), oci, 400, "MANIFEST_INVALID"},
		"negative size":     {manifestOf(config, layer, -5), oci, 400, "MANIFEST_INVALID"},
		"bad digest":        {manifestOf(config, "sha256:../../../etc/passwd", 5), oci, 400, "MANIFEST_INVALID"},
		"two media types":   {good, "Content-Type: " + string(types.DockerManifestSchema2), 400, "MANIFEST_INVALID"},
		"schema 1":          {`{"schemaVersion":1}`, oci, 400, "MANIFEST_INVALID"},
		"image and index":   {strings.Replace(good, `"layers"`, `"manifests":[],"layers"`, 1), oci, 400, "MANIFEST_INVALID"},
		"unknown mediaType": {`{"schemaVersion":2,"mediaType":"text/html"}`, "X: y", 400, "MANIFEST_INVALID"},
		"missing child":     {`{"schemaVersion":2,"manifests":[{"digest":"` + missing + `"}]}`, "Content-Type: " + string(types.OCIImageIndex), 404, "MANIFEST_BLOB_UNKNOWN"},
		"too large":         {strings.Repeat(" ", 5<<20), oci, 413, "SIZE_INVALID"},
		"good":              {good, oci, 201, ""},
	} {
		t.Run(what, func(t *testing.T) {
			f.want(t, f.do(t, "PUT", "/v2/app/manifests/v1", strings.NewReader(c.body), c.header), c.status, c.code)
		})
	}
	f.want(t, f.do(t, "PUT", "/v2/app/manifests/"+missing, strings.NewReader(good), oci), 400, "DIGEST_INVALID")
	f.want(t, f.do(t, "PUT", "/v2/app/manifests/-bad", strings.NewReader(good), oci), 400, "TAG_INVALID")
	f.want(t, f.do(t, "GET", "/v2/app/manifests/none", nil), 404, "MANIFEST_UNKNOWN")
	f.want(t, f.do(t, "GET", "/v2/none/manifests/none", nil), 404, "NAME_UNKNOWN")
	f.want(t, f.do(t, "DELETE", "/v2/app/blobs/"+layer, nil), 405, "UNSUPPORTED")
	f.want(t, f.do(t, "DELETE", "/v2/app/manifests/v1", nil), 202, "")
	f.want(t, f.do(t, "GET", "/v2/app/manifests/v1", nil), 404, "MANIFEST_UNKNOWN")
	f.want(t, f.do(t, "DELETE", "/v2/app/blobs/"+layer, nil), 202, "")
}

func TestHostilePaths(t *testing.T) {
	f := start(t, registry.Options{})
	for _, path := range []string{
		"/v2/../etc/manifests/x", "/v2/%2e%2e/%2e%2e/blobs/sha256:" + strings.Repeat("0", 64), "/v2/A/manifests/x",
		"/v2//manifests/x", "/v2/a%00b/manifests/x", "/v2/a/blobs/sha256:..%2f..%2fx", "/v2/a/blobs/sha256:" + strings.Repeat("A", 64),
		"/v2/ab/manifests/" + strings.Repeat("t", 129), "/v2/ab/blobs/uploads/../../x", "/v2/ab/blobs/uploads/..", "/v2/" + strings.Repeat("a", 300) + "/tags/list",
		"/v2/ab/manifests/", "/v2/ab/referrers/x", "/v2/x", "/v2/ab/tags/list?n=-1", "/v2/ab/tags/list?n=x",
	} {
		if a := f.do(t, "GET", path, nil); a.StatusCode < 400 || a.StatusCode >= 500 {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
}

func TestTags(t *testing.T) {
	f := start(t, registry.Options{})
	body := manifestOf(f.upload(t, "app", "{}"), f.upload(t, "app", "layer"), 5)
	for i := range 7 {
		f.want(t, f.do(t, "PUT", fmt.Sprintf("/v2/app/manifests/v%d", i), strings.NewReader(body)), 201, "")
	}
	tags, err := crane.ListTags(f.host + "/app")
	if err != nil || len(tags) != 7 {
		t.Errorf("%v %v", tags, err)
	}
	var got []string
	for path := "/v2/app/tags/list?n=3"; path != ""; {
		a := f.do(t, "GET", path, nil)
		f.want(t, a, 200, "")
		var doc struct{ Tags []string }
		if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
			t.Fatal(err)
		}
		got = append(got, doc.Tags...)
		path, _, _ = strings.Cut(strings.TrimPrefix(a.Header.Get("Link"), "<"), ">")
	}
	if strings.Join(got, " ") != "v0 v1 v2 v3 v4 v5 v6" {
		t.Errorf("pages: %v", got)
	}
	if a := f.do(t, "GET", "/v2/_catalog", nil); a.body != `{"repositories":["app"]}` {
		t.Errorf("catalog %s", a.body)
	}
}

func TestReferrers(t *testing.T) {
	f := start(t, registry.Options{})
	config := f.upload(t, "app", "{}")
	body := manifestOf(config, f.upload(t, "app", "layer"), 5)
	f.want(t, f.do(t, "PUT", "/v2/app/manifests/v1", strings.NewReader(body)), 201, "")
	subject := string(blob.Of([]byte(body)))
	artifact := strings.Replace(body, `"layers"`, `"artifactType":"test/sig","subject":{"mediaType":"m","digest":"`+subject+`","size":1},"layers"`, 1)
	a := f.do(t, "PUT", "/v2/app/manifests/"+string(blob.Of([]byte(artifact))), strings.NewReader(artifact))
	f.want(t, a, 201, "")
	if a.Header.Get("OCI-Subject") != subject {
		t.Errorf("OCI-Subject %q", a.Header.Get("OCI-Subject"))
	}
	for filter, want := range map[string]int{"": 1, "?artifactType=test/sig": 1, "?artifactType=other": 0} {
		a = f.do(t, "GET", "/v2/app/referrers/"+subject+filter, nil)
		var index v1.IndexManifest
		if err := json.Unmarshal([]byte(a.body), &index); err != nil || len(index.Manifests) != want {
			t.Errorf("%q: %s %v", filter, a.body, err)
		}
	}
}

func TestIndexes(t *testing.T) {
	f := start(t, registry.Options{})
	index, err := random.Index(512, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	ref, _ := name.ParseReference(f.host + "/app:all")
	if err := remote.WriteIndex(ref, index); err != nil {
		t.Fatal(err)
	}
	manifest, _ := index.IndexManifest()
	child := manifest.Manifests[0].Digest.String()
	a := f.do(t, "DELETE", "/v2/app/manifests/"+child, nil)
	f.want(t, a, 403, "DENIED") // an index holds it
	f.want(t, f.do(t, "DELETE", "/v2/app/manifests/all", nil), 202, "")
	f.want(t, f.do(t, "DELETE", "/v2/app/manifests/"+child, nil), 202, "")
}

// TestParallelPushes: many images that share layers, at once, to repositories
// that do not exist yet.
func TestParallelPushes(t *testing.T) {
	f := start(t, registry.Options{})
	base, err := random.Image(64<<10, 4)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			layer, err := random.Layer(1024, types.DockerLayer)
			if err != nil {
				t.Error(err)
				return
			}
			img, err := mutate.AppendLayers(base, layer)
			if err != nil {
				t.Error(err)
				return
			}
			ref := fmt.Sprintf("%s/app%d:v%d", f.host, i%3, i)
			if err := crane.Push(img, ref); err != nil {
				t.Error(err)
				return
			}
			if err := crane.Copy(ref, ref+"-copy"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range 12 {
		img, err := crane.Pull(fmt.Sprintf("%s/app%d:v%d-copy", f.host, i%3, i))
		if err != nil {
			t.Fatal(err)
		}
		var buf bytes.Buffer
		if err := crane.Export(img, &buf); err != nil {
			t.Errorf("image %d: %v", i, err)
		}
	}
}
