package demo

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/grue-ecs/grue/internal/image"
	grue "github.com/grue-ecs/grue/internal/runtime"
)

const module = "github.com/grue-ecs/grue"

// colours of the versions.
var colours = map[string]string{"v1": "blue", "v2": "green", "v3": "amber", "v4": "red"}

// pushImages builds the sample and pushes it as every version: one program, four
// environments. It returns the repository's URI.
func (d *demo) pushImages(ctx context.Context) (uri string, err error) {
	program, err := d.sampleProgram(ctx)
	if err != nil {
		return "", err
	}
	if uri, err = d.repository(ctx); err != nil {
		return "", err
	}
	auth, err := d.registryAuth(ctx)
	if err != nil {
		return "", err
	}
	host := d.endpoint[strings.Index(d.endpoint, "//")+2:]
	for version, colour := range colours {
		img, err := image.Build(ctx, image.BuildOptions{
			Files:      map[string]image.File{"/sample": {Content: program, Mode: 0o755}},
			Entrypoint: []string{"/sample"}, User: "65534:65534", ExposedPorts: []string{"8080/tcp"},
			Env: []string{"VERSION=" + version, "COLOUR=" + colour},
		})
		if err != nil {
			return "", fmt.Errorf("build the sample image: %w", err)
		}
		if err := image.Push(ctx, img, host+"/"+name+":"+version, auth); err != nil {
			return "", fmt.Errorf("push the sample image: %w", err)
		}
	}
	return uri, nil
}

func (d *demo) repository(ctx context.Context) (string, error) {
	repo := name
	made, err := d.ecr.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: &repo})
	if err == nil {
		return *made.Repository.RepositoryUri, nil
	}
	if !is(err, "RepositoryAlreadyExistsException") {
		return "", err
	}
	found, err := d.ecr.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{repo}})
	if err != nil {
		return "", err
	}
	return *found.Repositories[0].RepositoryUri, nil
}

func (d *demo) registryAuth(ctx context.Context) (grue.RegistryAuth, error) {
	out, err := d.ecr.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return grue.RegistryAuth{}, err
	}
	text, err := base64.StdEncoding.DecodeString(*out.AuthorizationData[0].AuthorizationToken)
	user, password, ok := strings.Cut(string(text), ":")
	if err != nil || !ok {
		return grue.RegistryAuth{}, errors.New("GetAuthorizationToken: the token is not user:password")
	}
	return grue.RegistryAuth{Username: user, Password: password}, nil
}

// sampleProgram is the file that Options name, or is built.
func (d *demo) sampleProgram(ctx context.Context) ([]byte, error) {
	if d.opts.Sample != "" {
		return os.ReadFile(d.opts.Sample)
	}
	return buildSample(ctx)
}

// buildSample compiles examples/sample for this machine's containers.
func buildSample(ctx context.Context) ([]byte, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "grue-demo-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "sample")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, "./examples/sample")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH)
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build ./examples/sample: %w\n%s", err, text)
	}
	return os.ReadFile(out)
}

// moduleRoot finds grue's repository: above the working directory, or above this
// binary.
func moduleRoot() (string, error) {
	starts := []string{}
	if wd, err := os.Getwd(); err == nil {
		starts = append(starts, wd)
	}
	if self, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(self))
	}
	for _, dir := range starts {
		for {
			text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
			if err == nil && strings.HasPrefix(string(text), "module "+module+"\n") {
				return dir, nil
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	return "", errors.New("the demo builds its sample service from grue's repository with Go: run 'make demo' there")
}
