//go:build slow

package blackbox

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/internal/image"
	"github.com/grue-ecs/grue/test/harness"
)

const ricApp = `
exports.handler = async (event, context) => {
  if (event.fail) throw new TypeError(event.fail);
  console.log("stage", event.lifecycleStage);
  return { hookStatus: "SUCCEEDED", arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis() > 0 };
};
`

// TestSlowLambdaRIC: a function under npm's aws-lambda-ric, installed from the npm
// registry and built on this machine, works unmodified, as a zip and as an image.
func TestSlowLambdaRIC(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"node", "npm", "cmake", "make", "g++", "autoconf", "automake", "libtoolize"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(name + " is not installed; aws-lambda-ric is built from source")
		}
	}
	npm := exec.Command("npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "aws-lambda-ric@3.3.0")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm install: %v\n%s", err, out)
	}
	ric := filepath.Join(dir, "node_modules", "aws-lambda-ric")
	l := newLambdas(t, harness.Shared(t), "ric")
	for name, make := range map[string]func(*testing.T, *lambdas, string) string{"zip": ricZip, "image": ricImage} {
		t.Run(name, func(t *testing.T) {
			f := make(t, l, ric)
			payload, failure, log := l.call(f, `{"lifecycleStage":"POST_SCALE_UP"}`)
			if failure != "" || !strings.Contains(payload, `"hookStatus":"SUCCEEDED"`) || !strings.Contains(payload, `:function:`+f+`"`) || !strings.Contains(payload, `"left":true`) {
				t.Errorf("%s %s\n%s", failure, payload, log)
			}
			if !strings.Contains(log, "\tstage POST_SCALE_UP\n") || !strings.Contains(log, "END RequestId") {
				t.Errorf("the tail:\n%s", log)
			}
			payload, failure, log = l.call(f, `{"fail":"as asked"}`)
			if failure != "Unhandled" || !strings.Contains(payload, `"errorType":"TypeError"`) || !strings.Contains(payload, `"as asked"`) {
				t.Errorf("%s %s\n%s", failure, payload, log)
			}
			if payload, failure, _ := l.call(f, `{}`); failure != "" {
				t.Errorf("after a failure: %s", payload)
			}
		})
	}
}

// ricZip has a bootstrap that runs the client in the folder of the code.
func ricZip(t *testing.T, l *lambdas, ric string) string {
	boot := "#!/bin/sh\nexec node " + ric + "/bin/index.mjs \"$_HANDLER\"\n"
	name := "ric-zip"
	_, err := l.CreateFunction(context.Background(), &lambda.CreateFunctionInput{
		FunctionName: &name, Runtime: types.RuntimeProvidedal2023, Handler: aws.String("app.handler"), Timeout: aws.Int32(20),
		Role: aws.String("arn:aws:iam::000000000000:role/hook"), Code: &types.FunctionCode{ZipFile: zipOf(t, map[string]string{"bootstrap": boot, "app.js": ricApp})},
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// ricImage has this machine's Node.js with its libraries.
func ricImage(t *testing.T, l *lambdas, ric string) string {
	node, err := exec.LookPath("node")
	if err == nil {
		node, err = filepath.EvalSymlinks(node)
	}
	if err != nil {
		t.Fatal(err)
	}
	libraries, err := exec.Command("ldd", node).Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]image.File{"/function/app.js": {Content: []byte(ricApp)}, "/tmp/x": {}}
	add := func(as, path string) {
		doc, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[as] = image.File{Content: doc, Mode: 0o755}
	}
	add("/usr/bin/node", node)
	for _, word := range strings.Fields(string(libraries)) {
		if filepath.IsAbs(word) {
			add(word, word)
		}
	}
	for _, pattern := range []string{"package.json", "bin/*", "dist/*"} {
		paths, _ := filepath.Glob(filepath.Join(ric, pattern))
		for _, p := range paths {
			add("/function/node_modules/aws-lambda-ric/"+strings.TrimPrefix(p, ric+"/"), p)
		}
	}
	ref := l.push("ric", func(o *image.BuildOptions) {
		o.Files, o.WorkingDir, o.Cmd = files, "/function", []string{"app.handler"}
		o.Entrypoint = []string{"/usr/bin/node", "/function/node_modules/aws-lambda-ric/bin/index.mjs"}
	})
	return l.image("image", ref, func(in *lambda.CreateFunctionInput) { in.MemorySize = aws.Int32(512) })
}
