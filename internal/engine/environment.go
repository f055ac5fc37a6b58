package engine

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
)

// MetadataAddress is where tasks reach the metadata endpoint, as on AWS.
const MetadataAddress = "169.254.170.2"

// fillEnvironment adds environment, environment files, secrets and registry
// credentials to a spec. An error is a ResourceInitializationError: the task
// must not start.
func (e *Engine) fillEnvironment(t *state.Task, def *ecs.TaskDefinition, s *runtime.Spec) error {
	s.Auth = map[string]runtime.RegistryAuth{}
	for i, c := range def.ContainerDefinitions {
		env := map[string]string{}
		override := overrideOf(t, aws.ToString(c.Name))
		for _, files := range [][]ecs.EnvironmentFile{override.EnvironmentFiles, c.EnvironmentFiles} {
			if err := e.readEnvFiles(files, env); err != nil {
				return err
			}
		}
		for _, list := range [][]ecs.KeyValuePair{c.Environment, override.Environment} {
			for _, kv := range list {
				env[aws.ToString(kv.Name)] = aws.ToString(kv.Value)
			}
		}
		for _, sec := range c.Secrets {
			v, err := e.opts.Secrets(t.Scope, aws.ToString(sec.ValueFrom))
			if err != nil {
				return fmt.Errorf("unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret for %s from %s: %w", aws.ToString(sec.Name), aws.ToString(sec.ValueFrom), err)
			}
			env[aws.ToString(sec.Name)] = v
		}
		if err := e.registryAuth(t.Scope, c, s.Auth); err != nil {
			return err
		}
		e.agentEnvironment(t, s.Containers[i].EndpointID, env)
		if state.TaskRole(t, def) != "" {
			e.roleEnvironment(s.Containers[i].EndpointID, env)
		}
		s.Containers[i].Env = envList(env)
	}
	return nil
}

// agentEnvironment sets what the ECS agent injects.
func (e *Engine) agentEnvironment(t *state.Task, endpoint string, env map[string]string) {
	base := "http://" + e.opts.Metadata
	env["ECS_CONTAINER_METADATA_URI_V4"] = base + "/v4/" + endpoint
	env["ECS_CONTAINER_METADATA_URI"] = base + "/v3/" + endpoint
	env["ECS_AGENT_URI"] = base + "/api/" + endpoint
	env["AWS_REGION"] = t.Region
	env["AWS_DEFAULT_REGION"] = t.Region
	env["AWS_EXECUTION_ENV"] = "AWS_ECS_FARGATE"
	if t.LaunchType == string(ecs.LaunchTypeEc2) {
		env["AWS_EXECUTION_ENV"] = "AWS_ECS_EC2"
	}
	if e.opts.TaskEnvironment != nil {
		for k, v := range e.opts.TaskEnvironment(t) {
			env[k] = v
		}
	}
}

// roleEnvironment tells the AWS SDKs of a task with a role where to get the keys of
// the role, as the ECS agent does, and where the APIs are. A definition that
// names an endpoint or brings keys of its own keeps both.
func (e *Engine) roleEnvironment(endpoint string, env map[string]string) {
	_, own := env["AWS_ACCESS_KEY_ID"]
	if _, named := env["AWS_ENDPOINT_URL"]; !named && !own && e.opts.Endpoint != "" {
		env["AWS_ENDPOINT_URL"] = e.opts.Endpoint
	}
	if e.opts.Metadata == MetadataAddress { // the SDKs ask no other address without TLS
		env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/" + endpoint
	}
}

func overrideOf(t *state.Task, container string) ecs.ContainerOverride {
	for _, o := range t.Overrides.V.ContainerOverrides {
		if aws.ToString(o.Name) == container {
			return o
		}
	}
	return ecs.ContainerOverride{}
}

// readEnvFiles reads ".env" files. An earlier file wins over a later one.
func (e *Engine) readEnvFiles(files []ecs.EnvironmentFile, env map[string]string) error {
	for _, f := range files {
		path, err := e.envFilePath(aws.ToString(f.Value))
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("failed to download env files: %s: %w; place the file there", aws.ToString(f.Value), err)
		}
		for k, v := range parseEnvFile(data) {
			if _, ok := env[k]; !ok {
				env[k] = v
			}
		}
	}
	return nil
}

// envFilePath maps "arn:aws:s3:::bucket/key" to <data>/s3/bucket/key; an
// absolute path is a file of this machine.
func (e *Engine) envFilePath(value string) (string, error) {
	if filepath.IsAbs(value) {
		return value, nil
	}
	a, ok := arn.Parse(value)
	if !ok || a.Service != "s3" || !filepath.IsLocal(a.Resource) {
		return "", fmt.Errorf("failed to download env files: %q is neither an S3 object ARN nor an absolute path", value)
	}
	return filepath.Join(e.opts.Data, "s3", a.Resource), nil
}

// parseEnvFile reads KEY=VALUE lines; blank lines and # comments are skipped, and
// nothing is unquoted or expanded, as ECS does.
func parseEnvFile(data []byte) map[string]string {
	out := map[string]string{}
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line := strings.TrimRight(sc.Text(), "\r")
		if k, v, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(strings.TrimSpace(line), "#") && strings.TrimSpace(k) != "" {
			out[strings.TrimSpace(k)] = v
		}
	}
	return out
}

// registryAuth reads repositoryCredentials: a secret {"username":…,"password":…}.
func (e *Engine) registryAuth(scope arn.Scope, c ecs.ContainerDefinition, auth map[string]runtime.RegistryAuth) error {
	if c.RepositoryCredentials == nil {
		return nil
	}
	from := aws.ToString(c.RepositoryCredentials.CredentialsParameter)
	v, err := e.opts.Secrets(scope, from)
	if err != nil {
		return fmt.Errorf("unable to pull secrets or registry auth: %s: %w", from, err)
	}
	var cred struct{ Username, Password string }
	if err := json.Unmarshal([]byte(v), &cred); err != nil || cred.Username == "" {
		return fmt.Errorf(`unable to pull secrets or registry auth: %s must hold {"username":"…","password":"…"}`, from)
	}
	auth[registryHost(aws.ToString(c.Image))] = runtime.RegistryAuth{Username: cred.Username, Password: cred.Password}
	return nil
}

// registryHost is the host part of an image reference; docker.io by default.
func registryHost(ref string) string {
	first, _, ok := strings.Cut(ref, "/")
	if ok && (strings.ContainsAny(first, ".:") || first == "localhost") {
		return first
	}
	return "docker.io"
}
