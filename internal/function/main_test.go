package function

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var scope = arn.Scope{Account: "123456789012", Region: "eu-west-1"}

// program builds a test program once and returns it as the bootstrap of a zip.
func program(name string) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		dir, err := os.MkdirTemp("", "grue-bootstrap-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		bin := filepath.Join(dir, "bootstrap")
		cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", bin, "./testdata/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w: %s", err, out)
		}
		doc, err := os.ReadFile(bin)
		if err != nil {
			return nil, err
		}
		return pack(entry{"bootstrap", string(doc), 0o755})
	})
}

var bootstrap, awsGo = program("bootstrap"), program("awsgo")

type entry struct {
	name, body string
	mode       os.FileMode
}

func pack(entries ...entry) ([]byte, error) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		h.SetMode(e.mode)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(e.body))
		}
		if err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return buf.Bytes(), err
}

// world is functions on a store and a log store of their own.
type world struct {
	t    testing.TB
	dir  string
	opts Options
	st   *store.Store
	logs *logs.Store
	f    *Functions
}

func newWorld(t testing.TB, change func(*Options)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), opts: Options{Init: 10 * time.Minute}} // a busy machine may take its time
	if change != nil {
		change(&w.opts)
	}
	w.open()
	t.Cleanup(w.close)
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	if w.st, err = store.Open(filepath.Join(w.dir, "state.db"), store.Options{}); err != nil {
		w.t.Fatal(err)
	}
	if w.logs, err = logs.New(logs.Options{Dir: filepath.Join(w.dir, "logs"), Store: w.st}); err != nil {
		w.t.Fatal(err)
	}
	w.opts.Dir, w.opts.Store, w.opts.Logs = filepath.Join(w.dir, "functions"), w.st, w.logs
	if w.f, err = New(w.opts); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) close() {
	w.f.Close()
	w.logs.Close()
	w.st.Close()
}

// create makes a function of a zip.
func (w *world) create(name string, build func() ([]byte, error), change func(*types.FunctionConfiguration)) *Version {
	w.t.Helper()
	doc, err := build()
	if err != nil {
		w.t.Fatal(err)
	}
	code, release, err := w.f.SaveCode(doc)
	if err != nil {
		w.t.Fatal(err)
	}
	defer release()
	v := &Version{Scope: scope, Digest: code.Digest, Config: types.FunctionConfiguration{
		FunctionName: &name, FunctionArn: aws.String(ARN(scope, name, "")), Version: aws.String(Latest), Runtime: types.RuntimeProvidedal2023,
		Handler: aws.String("app.handler"), Timeout: aws.Int32(900), MemorySize: aws.Int32(256), RevisionId: aws.String(store.NewUUID()),
		LoggingConfig: &types.LoggingConfig{LogGroup: aws.String("/aws/lambda/" + name)},
		CodeSha256:    aws.String(base64.StdEncoding.EncodeToString(code.Sum)), Role: aws.String("arn:aws:iam::123456789012:role/r"),
	}}
	if change != nil {
		change(&v.Config)
	}
	if err := w.f.Create(&Function{Scope: scope, Name: name, Next: 1}, v); err != nil {
		w.t.Fatal(err)
	}
	return v
}

// await waits for a condition.
func await(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(5 * time.Minute)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never: %s", what)
		}
	}
}
