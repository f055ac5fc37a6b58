package blackbox

import (
	"os"
	"testing"

	"github.com/grue-ecs/grue/test/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
