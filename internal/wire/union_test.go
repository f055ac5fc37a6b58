package wire

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

var memberLine = regexp.MustCompile(`(?m)^type (\w+)Member(\w+) struct`)

// TestUnions reads the SDK's source, the only place that lists the members of a
// union, and fails for each that is not registered.
func TestUnions(t *testing.T) {
	for _, client := range []any{(*ecs.Client)(nil), (*acm.Client)(nil), (*cloudwatchlogs.Client)(nil), (*iam.Client)(nil), (*ssm.Client)(nil)} {
		path := reflect.TypeOf(client).Elem().PkgPath() + "/types"
		dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", path).Output()
		if err != nil {
			t.Skipf("the source of %s is not here: %v", path, err)
		}
		source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "types.go"))
		if err != nil {
			t.Fatal(err)
		}
		known := map[string]bool{}
		for union, members := range unions.members {
			for _, m := range members {
				if union.PkgPath() == path {
					known[m.Name()] = true
				}
			}
		}
		for _, m := range memberLine.FindAllStringSubmatch(string(source), -1) {
			if name := m[1] + "Member" + m[2]; !known[name] && !strings.HasSuffix(m[1], "Stream") {
				t.Errorf("%s.%s is not registered", path, name)
			}
		}
	}
}
