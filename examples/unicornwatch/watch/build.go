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

// hooks are the programs that are Lambda functions.
var hooks = []string{"approve", "loadtest", "monitor", "hook"}

// build takes the programs from a directory, or compiles them; it packs the hooks
// and pushes the services.
func (w *watch) build(ctx context.Context) error {
	bin := w.bin
	if bin == "" {
		bin = filepath.Join(w.dir, "bin")
		if err := compile(ctx, bin+"/"); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(w.dir, "hooks"), 0o700); err != nil {
		return err
	}
	for _, name := range hooks {
		if err := pack(filepath.Join(bin, name), filepath.Join(w.dir, "hooks", name+".zip")); err != nil {
			return err
		}
	}
	return w.push(ctx, bin)
}

// compile makes static programs for this machine's containers.
func compile(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", dir, "github.com/grue-ecs/grue/examples/unicornwatch/...")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
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
