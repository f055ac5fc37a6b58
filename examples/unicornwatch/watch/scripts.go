package main

import (
	"context"
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
		"AWS_DATA_PATH="+w.data, "REPOSITORY="+w.repository, "HOOKS="+filepath.Join(w.dir, "hooks"), "UNICORN_NAMES="+filepath.Join(w.dir, "names"),
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

// findCLI asks the AWS CLI whether it knows pauses of deployments. One that does
// not, such as Debian's, learns what the scripts need from the folder cli: what it
// returns is for AWS_DATA_PATH.
func findCLI(ctx context.Context, source string) (data string, err error) {
	var out []byte
	for _, data := range []string{os.Getenv("AWS_DATA_PATH"), filepath.Join(source, "cli")} {
		cmd := exec.CommandContext(ctx, "aws", "ecs", "continue-service-deployment", "--generate-cli-skeleton")
		cmd.Env = append(os.Environ(), "AWS_DATA_PATH="+data)
		if out, err = cmd.CombinedOutput(); err == nil {
			return data, nil
		}
	}
	return "", fmt.Errorf("the AWS CLI is needed (.ci/need cli installs it): %w\n%s", err, out)
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
