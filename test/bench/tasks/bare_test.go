package tasks_test

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/grue-ecs/grue/test/bench/rig"
)

// bare is a bundle that `runc run` runs.
type bare struct {
	dir, address string
	n            int
}

func newBare(b *testing.B, ref string) *bare {
	b.Helper()
	x := &bare{dir: b.TempDir(), address: rig.FreeAddress()}
	if err := unpack(ref, filepath.Join(x.dir, "rootfs")); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command("runc", "spec")
	cmd.Dir = x.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("runc spec: %v\n%s", err, out)
	}
	path := filepath.Join(x.dir, "config.json")
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	if data, err = x.adapt(data); err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
	return x
}

// adapt changes runc's own specimen as little as can be: the guest instead of a
// shell, without a terminal, on the host's network.
func (x *bare) adapt(data []byte) ([]byte, error) {
	var c map[string]any
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, err
	}
	p := c["process"].(map[string]any)
	p["terminal"], p["args"] = false, []string{"/guest", "serve", x.address}
	l := c["linux"].(map[string]any)
	var kept []any
	for _, ns := range l["namespaces"].([]any) {
		if ns.(map[string]any)["type"] != "network" {
			kept = append(kept, ns)
		}
	}
	l["namespaces"] = kept
	return json.Marshal(c)
}

func (x *bare) start(b *testing.B) float64 {
	x.n++
	id := fmt.Sprintf("grue-bench-%d-%d", os.Getpid(), x.n)
	root := filepath.Join(x.dir, "state")
	cmd := exec.Command("runc", "--root", root, "run", "--bundle", x.dir, id)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	took, err := rig.FirstAnswer(x.address, began)
	_ = exec.Command("runc", "--root", root, "kill", id, "KILL").Run()
	_ = cmd.Wait()
	_ = exec.Command("runc", "--root", root, "delete", "--force", id).Run()
	if err != nil {
		b.Fatal("runc: ", err)
	}
	return rig.Millis(took)
}

// unpack writes the files of an image into a directory.
func unpack(ref, dir string) error {
	r, err := name.ParseReference(ref, name.Insecure)
	if err != nil {
		return err
	}
	img, err := remote.Image(r)
	if err != nil {
		return err
	}
	files := mutate.Extract(img)
	defer files.Close()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for archive := tar.NewReader(files); ; {
		h, err := archive.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := write(root, h, archive); err != nil {
			return err
		}
	}
}

func write(root *os.Root, h *tar.Header, body io.Reader) error {
	path := filepath.Clean("./" + h.Name)
	if h.Typeflag == tar.TypeDir {
		return root.MkdirAll(path, 0o755)
	}
	if err := root.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := root.OpenFile(path, os.O_CREATE|os.O_WRONLY, h.FileInfo().Mode())
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}
