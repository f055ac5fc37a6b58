package function

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// command is the process of an environment with its environment variables.
func (e *environment) command(argv []string) (*exec.Cmd, error) {
	env, err := e.environ()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = e.f.taskRoot(e.v)
	cmd.Env = env
	return cmd, nil
}

// environ follows AWS's list of defined variables. A function's own variables
// come last and win, but for those that the API refuses.
func (e *environment) environ() ([]string, error) {
	c := &e.v.Config
	root := e.f.taskRoot(e.v)
	env := []string{
		"_HANDLER=" + aws.ToString(c.Handler),
		"LAMBDA_TASK_ROOT=" + root,
		"LAMBDA_RUNTIME_DIR=" + e.f.clientPath(""),
		"AWS_LAMBDA_RUNTIME_API=" + e.api,
		"AWS_REGION=" + e.v.Region,
		"AWS_DEFAULT_REGION=" + e.v.Region,
		"AWS_LAMBDA_FUNCTION_NAME=" + *c.FunctionName,
		"AWS_LAMBDA_FUNCTION_VERSION=" + *c.Version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(int(*c.MemorySize)),
		"AWS_LAMBDA_LOG_GROUP_NAME=" + *c.LoggingConfig.LogGroup,
		"AWS_LAMBDA_LOG_STREAM_NAME=" + e.stream,
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"TZ=:UTC", "LANG=en_US.UTF-8",
		"HOME=" + e.dir, "TMPDIR=" + e.dir,
		"PATH=" + searchPath(),
		"LD_LIBRARY_PATH=" + root + ":" + root + "/lib",
		// A cache beside the code would change what other versions run.
		"PYTHONDONTWRITEBYTECODE=1",
	}
	if e.f.opts.Endpoint != "" {
		env = append(env, "AWS_ENDPOINT_URL="+e.f.opts.Endpoint)
	}
	if e.f.opts.CA != "" {
		env = append(env, "AWS_CA_BUNDLE="+e.f.opts.CA, "NODE_EXTRA_CA_CERTS="+e.f.opts.CA)
	}
	if runtime := string(c.Runtime); !Provided(runtime) {
		env = append(env, "AWS_EXECUTION_ENV=AWS_Lambda_"+runtime)
		if pythonRuntime.MatchString(runtime) {
			env = append(env, "PYTHONPATH="+e.f.clientPath(""))
		}
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
