package servicediscovery

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/grue-ecs/grue/test/boto"
)

// TestBoto3 is the life of a namespace as boto3 sees it, discovery included.
func TestBoto3(t *testing.T) {
	t.Parallel()
	w := start(t)
	python3 := boto.Python(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python3, filepath.Join("testdata", "life.py"), w.url)
	cmd.Env = append(cmd.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_DEFAULT_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
