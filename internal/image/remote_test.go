package image_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/grue-ecs/grue/internal/image"
	"github.com/grue-ecs/grue/internal/runtime"
)

// farRegistry is another registry, whose answers a test may spoil.
type farRegistry struct {
	host  string
	next  http.Handler // what it would answer
	blobs atomic.Int64 // downloads of blobs
	spoil atomic.Pointer[func(w http.ResponseWriter, r *http.Request) bool]
}

func newFar(t *testing.T) *farRegistry {
	t.Helper()
	f := &farRegistry{}
	f.next = ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") {
			f.blobs.Add(1)
		}
		if spoil := f.spoil.Load(); spoil != nil && (*spoil)(w, r) {
			return
		}
		f.next.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	f.host = strings.TrimPrefix(srv.URL, "http://")
	return f
}

func (f *farRegistry) spoilBy(fn func(w http.ResponseWriter, r *http.Request) bool) {
	f.spoil.Store(&fn)
}

func (f *farRegistry) push(t *testing.T, ref string, img v1.Image) string {
	t.Helper()
	parsed, err := name.ParseReference(f.host + "/" + ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(parsed, img); err != nil {
		t.Fatal(err)
	}
	d, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

func built(t *testing.T, files map[string]string) v1.Image {
	t.Helper()
	opts := image.BuildOptions{Files: map[string]image.File{}}
	for k, v := range files {
		opts.Files[k] = image.File{Content: []byte(v)}
	}
	img, err := image.Build(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func layersOf(t *testing.T, n int, size int64) v1.Image {
	t.Helper()
	img, err := random.Image(size, int64(n))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// TestConcurrentPrepareSharesDownloads: many callers, each layer fetched once.
func TestConcurrentPrepareSharesDownloads(t *testing.T) {
	m, far := newMachine(t), newFar(t)
	far.push(t, "app:v1", layersOf(t, 5, 20_000))
	far.blobs.Store(0)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			img, err := m.Prepare(t.Context(), far.host+"/app:v1", "", noAuth)
			if err != nil || len(img.Layers) != 5 {
				t.Errorf("%+v %v", img, err)
			}
		})
	}
	wg.Wait()
	// The configuration is not shared: it is small, and read before the layers.
	if n := far.blobs.Load(); n < 6 || n > 5+16 {
		t.Errorf("%d downloads of 5 layers and a configuration", n)
	}
	far.blobs.Store(0)
	if _, err := m.Prepare(t.Context(), far.host+"/app:v1", "", noAuth); err != nil || far.blobs.Load() != 0 {
		t.Errorf("again: %d downloads, %v", far.blobs.Load(), err)
	}
}

// TestPinnedDigestNeedsNoRegistry: an image that is here starts without one.
func TestPinnedDigestNeedsNoRegistry(t *testing.T) {
	m, far := newMachine(t), newFar(t)
	digest := far.push(t, "app:v1", built(t, map[string]string{"/a": "1"}))
	if _, err := m.Prepare(t.Context(), far.host+"/app:v1", digest, noAuth); err != nil {
		t.Fatal(err)
	}
	far.spoilBy(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(503); return true })
	if img, err := m.Prepare(t.Context(), far.host+"/app:v1", digest, noAuth); err != nil || img.Digest != digest {
		t.Errorf("%+v %v", img, err)
	}
	if _, err := m.Prepare(t.Context(), far.host+"/app:v1", "", noAuth); err == nil {
		t.Error("a tag was resolved without a registry")
	}
}

// TestBrokenDownloadsGoOn: the connection breaks in the middle of each layer.
func TestBrokenDownloadsGoOn(t *testing.T) {
	m, far := newMachine(t), newFar(t)
	far.push(t, "app:v1", layersOf(t, 1, 300_000))
	var ranges atomic.Int64
	far.spoilBy(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/blobs/") {
			return false
		}
		if r.Header.Get("Range") != "" {
			return rest(w, r, far, &ranges)
		}
		return cut(w, r, far, 100_000)
	})
	if _, err := m.Prepare(t.Context(), far.host+"/app:v1", "", noAuth); err != nil {
		t.Fatal(err)
	}
	if ranges.Load() == 0 {
		t.Error("no range was asked for")
	}
}

// rest answers a range request, which the other registry cannot.
func rest(w http.ResponseWriter, r *http.Request, far *farRegistry, ranges *atomic.Int64) bool {
	ranges.Add(1)
	whole := httptest.NewRecorder()
	plain := r.Clone(r.Context())
	plain.Header.Del("Range")
	far.next.ServeHTTP(whole, plain)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(whole.Body.Bytes()))
	return true
}

// cut sends at most n bytes of a blob and drops the connection.
func cut(w http.ResponseWriter, r *http.Request, far *farRegistry, n int) bool {
	whole := httptest.NewRecorder()
	far.next.ServeHTTP(whole, r)
	if whole.Body.Len() <= n {
		return false
	}
	w.Header().Set("Content-Length", strconv.Itoa(whole.Body.Len()))
	_, _ = w.Write(whole.Body.Bytes()[:n])
	panic(http.ErrAbortHandler)
}

func TestPullErrors(t *testing.T) {
	m, far := newMachine(t), newFar(t)
	far.push(t, "app:v1", built(t, map[string]string{"/a": "1"}))
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	closed := refusing(t)
	for what, c := range map[string]struct {
		ref   string
		cause image.Cause
		text  string
	}{
		"no such tag":       {far.host + "/app:v9", image.CauseNotFound, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " + far.host + "/app:v9: not found ("},
		"no such own image": {"123456789.dkr.ecr.us-east-1.amazonaws.com/none:v1", image.CauseNotFound, "failed to resolve ref 123456789.dkr.ecr.us-east-1.amazonaws.com/none:v1: not found (grue's registry has no repository \"none\": push the image"},
		"no such host":      {"registry.invalid/app:v1", image.CauseUnreachable, "no such host"},
		"nobody listens":    {closed + "/app:v1", image.CauseUnreachable, "connection refused"},
		"nobody answers":    {silent.Addr().String() + "/app:v1", image.CauseUnreachable, "failed to resolve ref"},
		"no reference":      {"UPPER/case:x y", image.CauseReference, "invalid reference format"},
		"empty":             {"", image.CauseReference, "invalid reference format"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			_, err := m.Prepare(t.Context(), c.ref, "", noAuth)
			var pull *image.PullError
			if !errors.As(err, &pull) || pull.Cause != c.cause || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%v\nwant %s: %s", err, c.cause, c.text)
			}
			if !strings.HasPrefix(err.Error(), "CannotPullContainerError: ") || len(err.Error()) > 1024 {
				t.Errorf("%v", err)
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("took %s", took)
			}
		})
	}
}

// refusing is an address where nobody listens, nor can begin to.
func refusing(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(fd)
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return "127.0.0.1:" + strconv.Itoa(name.(*syscall.SockaddrInet4).Port)
}

func TestUnauthorized(t *testing.T) {
	m, far := newMachine(t), newFar(t)
	far.push(t, "app:v1", built(t, map[string]string{"/a": "1"}))
	far.spoilBy(func(w http.ResponseWriter, r *http.Request) bool {
		if u, p, ok := r.BasicAuth(); ok && u == "me" && p == "secret" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(401)
		return true
	})
	_, err := m.Prepare(t.Context(), far.host+"/app:v1", "", noAuth)
	var pull *image.PullError
	if !errors.As(err, &pull) || pull.Cause != image.CauseUnauthorized {
		t.Errorf("%v", err)
	}
	if _, err := m.Prepare(t.Context(), far.host+"/app:v1", "", runtime.RegistryAuth{Username: "me", Password: "secret"}); err != nil {
		t.Error(err)
	}
}

// TestLyingRegistry: whatever it sends, wrong content is never visible.
func TestLyingRegistry(t *testing.T) {
	for what, where := range map[string]string{"blob": "/blobs/", "manifest": "/manifests/sha256"} {
		t.Run(what, func(t *testing.T) {
			m, far := newMachine(t), newFar(t)
			far.push(t, "app:v1", built(t, map[string]string{"/a": strings.Repeat("1", 5000)}))
			other := built(t, map[string]string{"/evil": "x"})
			layers, _ := other.Layers()
			r, _ := layers[0].Compressed()
			evil, _ := io.ReadAll(r)
			far.spoilBy(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodGet && strings.Contains(r.URL.Path, where) {
					_, _ = w.Write(evil)
					return true
				}
				return false
			})
			if _, err := m.Prepare(t.Context(), far.host+"/app:v1", "", noAuth); err == nil {
				t.Error("accepted")
			}
			m.empty(t)
		})
	}
}

// empty fails unless no layer and no image is visible and nothing is left over.
func (m *machine) empty(t *testing.T) {
	t.Helper()
	for _, d := range []string{"layers", "images", "tmp"} {
		entries, err := os.ReadDir(filepath.Join(m.dir, "images", d))
		if err != nil || len(entries) != 0 {
			t.Errorf("%s holds %v %v", d, entries, err)
		}
	}
}

func TestHostileLayerLeavesNothing(t *testing.T) {
	m, far := newMachine(t), newFar(t)
	far.push(t, "app:v1", hostile(t))
	_, err := m.Prepare(t.Context(), far.host+"/app:v1", "", noAuth)
	var pull *image.PullError
	if !errors.As(err, &pull) || pull.Cause != image.CauseRefused {
		t.Errorf("%v", err)
	}
	m.empty(t)
}

// TestCallerThatGivesUp does not end the download for the others.
func TestCallerThatGivesUp(t *testing.T) {
	m, far := newMachine(t), newFar(t)
	far.push(t, "app:v1", layersOf(t, 1, 200_000))
	reached, release := make(chan struct{}, 8), make(chan struct{})
	far.spoilBy(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") {
			reached <- struct{}{}
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
		return false
	})
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { _, err := m.Prepare(ctx, far.host+"/app:v1", "", noAuth); first <- err }()
	<-reached
	go func() { _, err := m.Prepare(t.Context(), far.host+"/app:v1", "", noAuth); second <- err }()
	<-reached
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("first: %v", err)
	}
	close(release)
	if err := <-second; err != nil {
		t.Errorf("second: %v", err)
	}
}

func TestPlatforms(t *testing.T) {
	m, far := newMachine(t), newFar(t)
	push := func(ref string, platforms ...string) {
		t.Helper()
		var index v1.ImageIndex = empty.Index
		for _, p := range platforms {
			platform, err := v1.ParsePlatform(p)
			if err != nil {
				t.Fatal(err)
			}
			index = mutate.AppendManifests(index, mutate.IndexAddendum{
				Add: built(t, map[string]string{"/platform": p}), Descriptor: v1.Descriptor{Platform: platform},
			})
		}
		parsed, _ := name.ParseReference(far.host + "/" + ref)
		if err := remote.WriteIndex(parsed, index); err != nil {
			t.Fatal(err)
		}
	}
	push("app:many", "windows/amd64", "linux/amd64", "linux/arm64/v8")
	push("app:none", "linux/s390x")
	img, err := m.Prepare(t.Context(), far.host+"/app:many", "", noAuth)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(img.Layers[0], "platform"))
	if err != nil || !strings.HasPrefix(string(got), "linux/") {
		t.Errorf("%s %v", got, err)
	}
	if d, err := m.Resolve(t.Context(), far.host+"/app:many", noAuth); err != nil || d != img.Digest {
		t.Errorf("%s %v, want the digest of the index %s", d, err, img.Digest)
	}
	if _, err := m.Prepare(t.Context(), far.host+"/app:none", "", noAuth); err == nil || !strings.Contains(err.Error(), "image Manifest does not contain descriptor matching platform 'linux/") {
		t.Errorf("%v", err)
	}
}

func TestCrashLeftovers(t *testing.T) {
	m, far := newMachine(t), newFar(t)
	far.push(t, "app:v1", layersOf(t, 2, 5000))
	img, err := m.Prepare(t.Context(), far.host+"/app:v1", "", noAuth)
	if err != nil {
		t.Fatal(err)
	}
	// A crash before the second layer and the record were in place.
	record := filepath.Join(m.dir, "images/images", strings.TrimPrefix(img.Digest, "sha256:")+".json")
	half := filepath.Join(m.dir, "images/tmp/layer-123")
	for _, err := range []error{os.RemoveAll(img.Layers[1]), os.Remove(record), os.MkdirAll(filepath.Join(half, "x"), 0o700)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	again, err := image.New(image.Options{Dir: filepath.Join(m.dir, "images"), Registry: m.registry})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(half); err == nil {
		t.Error("the leftover is still there")
	}
	far.blobs.Store(0)
	got, err := again.Prepare(t.Context(), far.host+"/app:v1", "", noAuth)
	if err != nil || far.blobs.Load() != 1 {
		t.Errorf("%+v %v, %d downloads instead of 1", got, err, far.blobs.Load())
	}
	// A torn record is as good as none.
	if err := os.WriteFile(record, []byte(`{"Digest":"sha`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Prepare(t.Context(), far.host+"/app:v1", img.Digest, noAuth); err != nil {
		t.Error(err)
	}
}
