package harness

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/grue-ecs/grue/internal/image"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/test/intact"
)

// Config points an AWS SDK for Go client at this grue. The server may be killed under
// its calls, again and again; a call that finds nobody listening fails.
func (g *Grue) Config() aws.Config {
	return aws.Config{
		HTTPClient: intact.Client(transport), // one for all: each client would keep connections of its own
		Retryer:    newRetryer,
		Region:     "us-east-1", BaseEndpoint: aws.String(g.URL()),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

var transport = &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: 10 * time.Second}

// ECS is a client of this grue.
func (g *Grue) ECS() *ecs.Client { return ecs.NewFromConfig(g.Config()) }

// ELB is a client of this grue.
func (g *Grue) ELB() *elb.Client { return elb.NewFromConfig(g.Config()) }

// guest is an image of the test program alone, built once for a test process: to
// compress it for each version took most of the time of the tests.
var guest = sync.OnceValues(func() (v1.Image, error) {
	dir, err := os.MkdirTemp("", "grue-guest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "guest")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "github.com/grue-ecs/grue/test/harness/guest")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	bin, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return image.Build(context.Background(), image.BuildOptions{Files: map[string]image.File{"/guest": {Content: bin, Mode: 0o755}}})
})

// Guest pushes an image of the guest program that answers with version and
// behaves as mode says; it returns the image reference.
func (g *Grue) Guest(t testing.TB, version, mode string) string {
	t.Helper()
	tag := version
	if mode != "" {
		tag += "-" + mode
	}
	return g.GuestAs(t, tag, version, mode)
}

// GuestAs pushes the guest under a tag of the caller's choice.
func (g *Grue) GuestAs(t testing.TB, tag, version, mode string) string {
	t.Helper()
	return g.guest(t, tag, version, mode)
}

// GuestAnew pushes the guest with a layer that nobody has yet.
func (g *Grue) GuestAnew(t testing.TB, version string) string {
	t.Helper()
	own, err := image.Build(context.Background(), image.BuildOptions{Files: map[string]image.File{"/version": {Content: []byte(version)}}})
	if err != nil {
		t.Fatal(err)
	}
	layers, err := own.Layers()
	if err != nil {
		t.Fatal(err)
	}
	return g.guest(t, version, version, "", layers...)
}

func (g *Grue) guest(t testing.TB, tag, version, mode string, more ...v1.Layer) string {
	t.Helper()
	img, err := guest()
	if err != nil {
		t.Fatalf("build the guest: %v", err)
	}
	if img, err = mutate.AppendLayers(img, more...); err != nil {
		t.Fatal(err)
	}
	img, err = mutate.Config(img, v1.Config{Entrypoint: []string{"/guest"}, Env: []string{"VERSION=" + version, "MODE=" + mode}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	ref := g.Listen + "/guest:" + tag
	// A failpoint may kill the server under a push: a client would push again.
	err = image.Push(ctx, img, ref, runtime.RegistryAuth{})
	for n := 1; Lost(err) && n < lostAttempts; n++ {
		g.Healthy()
		err = image.Push(ctx, img, ref, runtime.RegistryAuth{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return ref
}
