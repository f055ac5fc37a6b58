package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// script runs one of the example's scripts and returns the last line that it
// printed: the id of the deployment, where it started one.
func (w *watch) script(ctx context.Context, name string, args ...string) (last string, err error) {
	cmd := exec.CommandContext(ctx, "sh", append([]string{filepath.Join(w.source, name)}, args...)...)
	cmd.Env = append(
		os.Environ(), "AWS_ENDPOINT_URL="+w.endpoint, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_DEFAULT_REGION="+region, "AWS_REGION="+region, "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"PATH="+w.path, "REPOSITORY="+w.repository, "HOOKS="+filepath.Join(w.dir, "hooks"), "UNICORN_NAMES="+filepath.Join(w.dir, "names"),
	)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Trim(lines[len(lines)-1], `"`), nil
}

// errNoCLI says what to do about it.
var errNoCLI = errors.New("an AWS CLI of 2026 is needed, one that knows continue-service-deployment: .ci/need cli installs it into .venv")

// findCLI returns the PATH for scripts: one with an AWS CLI that knows pauses of
// deployments.
func findCLI(ctx context.Context, source string) (path string, err error) {
	own := os.Getenv("PATH")
	for _, path := range []string{own, filepath.Join(source, "..", "..", ".venv", "bin") + ":" + own} {
		cmd := exec.CommandContext(ctx, "sh", "-c", "aws ecs continue-service-deployment --generate-cli-skeleton")
		cmd.Env = append(os.Environ(), "PATH="+path)
		if cmd.Run() == nil {
			return path, nil
		}
	}
	return "", errNoCLI
}

// sourceDir is the example's folder, found from the working directory upwards.
func sourceDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		found := filepath.Join(dir, "examples", "unicornwatch")
		if _, err := os.Stat(filepath.Join(found, "setup.sh")); err == nil {
			return found, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("run this inside grue's repository: there is no examples/unicornwatch here")
		}
	}
}
