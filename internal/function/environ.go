package function

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// hostEnviron is the environment of a process of this machine: grue's endpoint
// as programs here reach it, and the private directory for temporary files.
func (e *environment) hostEnviron() ([]string, error) {
	root := e.f.taskRoot(e.v)
	env := []string{
		"LAMBDA_TASK_ROOT=" + root,
		"LAMBDA_RUNTIME_DIR=" + e.f.clientPath(""),
		"HOME=" + e.dir, "TMPDIR=" + e.dir,
		"PATH=" + searchPath(),
		"LD_LIBRARY_PATH=" + root + ":" + root + "/lib",
		// A cache beside the code would change what other versions run.
		"PYTHONDONTWRITEBYTECODE=1",
		"_HANDLER=" + aws.ToString(e.v.Config.Handler),
	}
	if e.f.opts.CA != "" {
		env = append(env, "AWS_CA_BUNDLE="+e.f.opts.CA, "NODE_EXTRA_CA_CERTS="+e.f.opts.CA)
	}
	if runtime := string(e.v.Config.Runtime); !Provided(runtime) {
		env = append(env, "AWS_EXECUTION_ENV=AWS_Lambda_"+runtime)
		if pythonRuntime.MatchString(runtime) {
			env = append(env, "PYTHONPATH="+e.f.clientPath(""))
		}
	}
	return e.environ(env, e.f.opts.Endpoint)
}

// containerEnviron is that of a container. PATH and the like are the image's.
func (e *environment) containerEnviron() ([]string, error) {
	env := []string{"LAMBDA_TASK_ROOT=/var/task", "LAMBDA_RUNTIME_DIR=/var/runtime"}
	if c := e.v.imageConfig(); len(c.Command) > 0 {
		env = append(env, "_HANDLER="+c.Command[0])
	}
	return e.environ(env, e.f.containers.opts.Endpoint)
}

// environ adds AWS's list of defined variables to env. A function's own variables
// come last and win, but for those that the API refuses.
func (e *environment) environ(env []string, endpoint string) ([]string, error) {
	c := &e.v.Config
	env = append(
		env,
		"AWS_LAMBDA_RUNTIME_API="+e.api,
		"AWS_REGION="+e.v.Region,
		"AWS_DEFAULT_REGION="+e.v.Region,
		"AWS_LAMBDA_FUNCTION_NAME="+*c.FunctionName,
		"AWS_LAMBDA_FUNCTION_VERSION="+*c.Version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(int(*c.MemorySize)),
		"AWS_LAMBDA_LOG_GROUP_NAME="+*c.LoggingConfig.LogGroup,
		"AWS_LAMBDA_LOG_STREAM_NAME="+e.stream,
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"TZ=:UTC", "LANG=en_US.UTF-8",
	)
	if endpoint != "" {
		env = append(env, "AWS_ENDPOINT_URL="+endpoint)
	}
	if e.f.opts.Credentials != nil {
		keys, err := e.f.opts.Credentials(e.v.Scope, aws.ToString(c.Role), *c.FunctionName)
		if err != nil {
			return nil, fmt.Errorf("credentials of function %s: %w", *c.FunctionName, err)
		}
		e.expires = keys.Expires
		env = append(env, "AWS_ACCESS_KEY_ID="+keys.AccessKey, "AWS_SECRET_ACCESS_KEY="+keys.Secret, "AWS_SESSION_TOKEN="+keys.Token)
	}
	if c.Environment != nil {
		for k, v := range c.Environment.Variables {
			env = append(env, k+"="+v)
		}
	}
	return env, nil
}

// searchPath is AWS's, then that of grue: hooks call the programs of this machine.
func searchPath() string {
	const lambda = "/usr/local/bin:/usr/bin:/bin:/opt/bin"
	own := os.Getenv("PATH")
	if own == "" || strings.HasPrefix(own, lambda) {
		return lambda
	}
	return lambda + ":" + own
}
