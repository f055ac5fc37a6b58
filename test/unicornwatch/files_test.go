package unicornwatch

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/wire"
)

const example = "../../examples/unicornwatch"

// filled is a file of the example with its variables replaced, by env.sh.
func filled(t *testing.T, file string) []byte {
	t.Helper()
	cmd := exec.Command("sh", "-c", `. ./env.sh; fill "$1"`, "sh", file)
	cmd.Dir = example
	cmd.Env = append(os.Environ(), "UNICORN_NAMES=/nowhere", `SUBNETS=["subnet-1"]`, "VERSION=v1", "BAD=", "PROTOCOL=1")
	for _, name := range variable.FindAllStringSubmatch(string(must(os.ReadFile(filepath.Join(example, file)))(t)), -1) {
		if name[1] != "SUBNETS" {
			cmd.Env = append(cmd.Env, name[1]+"=some/"+name[1])
		}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", file, err, out)
	}
	return out
}

var variable = regexp.MustCompile(`\$\{([A-Z_]+)\}`)

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestFiles: each JSON file is input of the call that it is for, with no variable
// left and no member that the SDK does not know.
func TestFiles(t *testing.T) {
	files := must(filepath.Glob(filepath.Join(example, "*", "*.json")))(t)
	if len(files) < 18 {
		t.Fatalf("only %d files", len(files))
	}
	for _, file := range files {
		name := must(filepath.Rel(example, file))(t)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var into any = &types.DeploymentConfiguration{}
			switch filepath.Base(name) {
			case "task-definition.json":
				into = &ecs.RegisterTaskDefinitionInput{}
			case "service.json":
				into = &ecs.CreateServiceInput{}
			}
			text := filled(t, name)
			if strings.Contains(string(text), "${") {
				t.Errorf("a variable is left:\n%s", text)
			}
			if err := wire.UnmarshalJSON(text, into, true); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			var given, kept any
			if err := json.Unmarshal(text, &given); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(must(wire.MarshalJSON(into, true))(t), &kept); err != nil {
				t.Fatal(err)
			}
			unknown(t, "", given, kept)
		})
	}
}

// unknown reports every member that the SDK's struct did not keep.
func unknown(t *testing.T, path string, given, kept any) {
	t.Helper()
	switch given := given.(type) {
	case map[string]any:
		have, _ := kept.(map[string]any)
		for name, v := range given {
			if _, ok := have[name]; !ok {
				t.Errorf("the SDK does not know %s.%s", path, name)
				continue
			}
			unknown(t, path+"."+name, v, have[name])
		}
	case []any:
		have, _ := kept.([]any)
		for i, v := range given {
			if i < len(have) {
				unknown(t, path, v, have[i])
			}
		}
	}
}
