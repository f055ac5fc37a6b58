package main

import (
	"archive/zip"
	"bytes"
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
	grueruntime "github.com/grue-ecs/grue/internal/runtime"
)

// hooks are the Lambda functions: the name of the zip file and its program.
var hooks = map[string]string{
	"ui": "ui/hook", "loadtest": "catalog/loadtest", "monitor": "catalog/monitor", "notifications": "notifications/hook",
}

const module = "github.com/grue-ecs/grue/examples/unicornwatch/"

// build compiles services and hooks at once, and pushes and packs them.
func (w *watch) build(ctx context.Context) error {
	bin := filepath.Join(w.dir, "bin")
	args := []string{"build", "-trimpath", "-ldflags", "-s -w", "-o"}
	for _, s := range append([]string{"loadgen"}, services...) {
		if err := compile(ctx, append(args, filepath.Join(bin, s), module+s)); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(w.dir, "hooks"), 0o700); err != nil {
		return err
	}
	for name, program := range hooks {
		file := filepath.Join(bin, "hook-"+name)
		if err := compile(ctx, append(args, file, module+program)); err != nil {
			return err
		}
		if err := pack(file, filepath.Join(w.dir, "hooks", name+".zip")); err != nil {
			return err
		}
	}
	return w.push(ctx, bin)
}

// compile makes a static program for this machine's containers.
func compile(ctx context.Context, args []string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// pack makes the zip file of a function for provided.al2023.
func pack(program, file string) error {
	text, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	h := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	h.SetMode(0o755)
	f, err := z.CreateHeader(h)
	if err == nil {
		_, err = f.Write(text)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		return err
	}
	return os.WriteFile(file, buf.Bytes(), 0o600)
}

// push makes one repository with an image, one static program, for each service.
// All versions use the same image: their environment tells them apart.
func (w *watch) push(ctx context.Context, bin string) error {
	name := "unicorns"
	made, err := w.ecr.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: &name})
	if err != nil {
		return err
	}
	w.repository = *made.Repository.RepositoryUri
	token, err := w.ecr.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return err
	}
	text, err := base64.StdEncoding.DecodeString(*token.AuthorizationData[0].AuthorizationToken)
	if err != nil {
		return err
	}
	user, password, _ := strings.Cut(string(text), ":")
	host := w.endpoint[strings.Index(w.endpoint, "//")+2:]
	for _, s := range append([]string{"loadgen"}, services...) {
		program, err := os.ReadFile(filepath.Join(bin, s))
		if err != nil {
			return err
		}
		img, err := image.Build(ctx, image.BuildOptions{
			Files: map[string]image.File{"/" + s: {Content: program, Mode: 0o755}}, Entrypoint: []string{"/" + s}, User: "65534:65534",
		})
		if err != nil {
			return err
		}
		if err := image.Push(ctx, img, host+"/"+name+":"+s, grueruntime.RegistryAuth{Username: user, Password: password}); err != nil {
			return err
		}
	}
	return nil
}
