package registry_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/image/registry"
)

func (f *fixture) files(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(f.dir, "registry/blobs/sha256"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestSweep(t *testing.T) {
	now := time.Now()
	f := start(t, registry.Options{Now: func() time.Time { return now }})
	body := manifestOf(f.upload(t, "app", "{}"), f.upload(t, "app", "layer"), 5)
	f.want(t, f.do(t, "PUT", "/v2/app/manifests/v1", strings.NewReader(body)), 201, "")
	f.upload(t, "app", "given up")
	sweep := func(layers, blobs, left int) {
		t.Helper()
		got, err := f.Sweep()
		if err != nil || got.Layers != layers || got.Blobs != blobs || f.files(t) != left {
			t.Errorf("%+v %v, %d files left; want %d layers and %d blobs swept, %d files left", got, err, f.files(t), layers, blobs, left)
		}
	}
	sweep(0, 0, 4)
	now = now.Add(25 * time.Hour)
	sweep(1, 1, 3)
	if _, err := f.Delete(f.Default(), "app", registry.Reference{Tag: "v1"}); err != nil {
		t.Fatal(err)
	}
	sweep(2, 3, 0)
	// A crash between file and record leaves a file that nothing refers to.
	stray := blob.Of([]byte("stray"))
	if err := os.WriteFile(filepath.Join(f.dir, "registry/blobs/sha256", stray.Hex()), []byte("stray"), 0o600); err != nil {
		t.Fatal(err)
	}
	sweep(0, 1, 0)
}

func TestSweepAppliesLifecyclePolicies(t *testing.T) {
	f := start(t, registry.Options{})
	body := manifestOf(f.upload(t, "app", "{}"), f.upload(t, "app", "layer"), 5)
	other := manifestOf(f.upload(t, "app", "{}"), f.upload(t, "app", "second"), 6)
	f.want(t, f.do(t, "PUT", "/v2/app/manifests/v1", strings.NewReader(body)), 201, "")
	f.want(t, f.do(t, "PUT", "/v2/app/manifests/v2", strings.NewReader(other)), 201, "")
	err := f.UpdateRepository(f.Default(), "app", func(r *registry.Repository) error {
		r.Lifecycle = policy(rule(1, `"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1`))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.Sweep(); err != nil || got.Images != 1 {
		t.Errorf("%+v %v", got, err)
	}
	f.want(t, f.do(t, "GET", "/v2/app/manifests/v1", nil), 404, "MANIFEST_UNKNOWN")
	f.want(t, f.do(t, "GET", "/v2/app/manifests/v2", nil), 200, "")
	if repo, err := f.Repository(f.Default(), "app"); err != nil || repo.LifecycleRun.IsZero() {
		t.Errorf("%+v %v", repo, err)
	}
}

// TestNothingIsLost: what was acknowledged is there after a restart.
func TestNothingIsLost(t *testing.T) {
	f := start(t, registry.Options{})
	body := manifestOf(f.upload(t, "app", "{}"), f.upload(t, "app", "layer"), 5)
	f.want(t, f.do(t, "PUT", "/v2/app/manifests/v1", strings.NewReader(body)), 201, "")
	token, _ := f.Token(f.Default())
	f.reopen(t, registry.Options{})
	if a := f.do(t, "GET", "/v2/app/manifests/v1", nil); a.body != body {
		t.Errorf("%s %q", a.Status, a.body)
	}
	f.want(t, f.do(t, "GET", "/v2/app/blobs/"+string(blob.Of([]byte("layer"))), nil), 200, "")
	if again, _ := f.Token(f.Default()); strings.Split(again, ".")[0] == strings.Split(token, ".")[0] && again != token {
		t.Error("the key of tokens changed with the restart")
	}
}

func TestEvents(t *testing.T) {
	f := start(t, registry.Options{})
	body := manifestOf(f.upload(t, "app", "{}"), f.upload(t, "app", "layer"), 5)
	f.want(t, f.do(t, "PUT", "/v2/app/manifests/v1", strings.NewReader(body)), 201, "")
	f.want(t, f.do(t, "PUT", "/v2/app/manifests/v1", strings.NewReader(body)), 201, "") // nothing new
	f.want(t, f.do(t, "DELETE", "/v2/app/manifests/v1", nil), 202, "")
	events, err := f.store.Events(0, 10)
	if err != nil || len(events) != 2 {
		t.Fatalf("%+v %v", events, err)
	}
	d := string(blob.Of([]byte(body)))
	want := `{"action-type":"PUSH","result":"SUCCESS","repository-name":"app","image-digest":"` + d + `","image-tag":"v1","manifest-media-type":"application/vnd.oci.image.manifest.v1+json","artifact-media-type":"application/vnd.oci.image.config.v1+json"}`
	if e := events[0]; e.Source != "aws.ecr" || e.DetailType != "ECR Image Action" || string(e.Detail) != want {
		t.Errorf("%+v %s", e, e.Detail)
	}
	if !strings.Contains(string(events[1].Detail), `"DELETE"`) {
		t.Errorf("%s", events[1].Detail)
	}
}

func TestImmutableTags(t *testing.T) {
	f := start(t, registry.Options{})
	first := manifestOf(f.upload(t, "app", "{}"), f.upload(t, "app", "layer"), 5)
	second := manifestOf(f.upload(t, "app", "{}"), f.upload(t, "app", "other"), 5)
	for _, c := range []struct {
		mutability string
		exclude    []string
		tag        string
		moves      bool
	}{
		{registry.Mutable, nil, "a", true},
		{registry.Immutable, nil, "b", false},
		{registry.ImmutableExcluding, []string{"latest", "dev-*"}, "latest", true},
		{registry.ImmutableExcluding, []string{"dev-*"}, "dev-7", true},
		{registry.ImmutableExcluding, []string{"dev-*"}, "prod-7", false},
		{registry.MutableExcluding, []string{"v*"}, "v1", false},
		{registry.MutableExcluding, []string{"v*"}, "latest2", true},
	} {
		err := f.UpdateRepository(f.Default(), "app", func(r *registry.Repository) error {
			r.Mutability, r.Exclusions = c.mutability, c.exclude
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		at := "/v2/app/manifests/" + c.tag
		f.want(t, f.do(t, "PUT", at, strings.NewReader(first)), 201, "")
		f.want(t, f.do(t, "PUT", at, strings.NewReader(first)), 201, "")
		if c.moves {
			f.want(t, f.do(t, "PUT", at, strings.NewReader(second)), 201, "")
		} else {
			f.want(t, f.do(t, "PUT", at, strings.NewReader(second)), 400, "TAG_INVALID")
		}
	}
}
