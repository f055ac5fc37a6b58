package blackbox

import (
	"os"
	"testing"

	"github.com/grue-ecs/grue/test/boto"
	"github.com/grue-ecs/grue/test/harness"
)

func TestMain(m *testing.M) {
	boto.Prefer() // for hooks written with boto3
	os.Exit(harness.Main(m))
}
