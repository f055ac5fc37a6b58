package lambda

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/internal/function"
)

// settingsOf are the settings that CreateFunction shares with
// UpdateFunctionConfiguration, and so their checks.
func settingsOf(in *lambda.CreateFunctionInput) *lambda.UpdateFunctionConfigurationInput {
	return &lambda.UpdateFunctionConfigurationInput{
		DeadLetterConfig: in.DeadLetterConfig, Description: in.Description, Environment: in.Environment,
		EphemeralStorage: in.EphemeralStorage, FileSystemConfigs: in.FileSystemConfigs, Handler: in.Handler,
		KMSKeyArn: in.KMSKeyArn, Layers: in.Layers, LoggingConfig: in.LoggingConfig, MemorySize: in.MemorySize,
		Role: in.Role, Runtime: in.Runtime, SnapStart: in.SnapStart, Timeout: in.Timeout, TracingConfig: in.TracingConfig,
		VpcConfig: in.VpcConfig, ImageConfig: in.ImageConfig,
	}
}

// apply checks settings and puts them into v; those left out stay.
func (s *Service) apply(v *function.Version, in *lambda.UpdateFunctionConfigurationInput) error {
	if err := checkPackage(v, in); err != nil {
		return err
	}
	if err := refuseSettings(in); err != nil {
		return err
	}
	if err := applyLimits(&v.Config, in); err != nil {
		return err
	}
	c := &v.Config
	if err := applyImage(c, in.ImageConfig); err != nil {
		return err
	}
	if in.Runtime != "" {
		if err := s.f.CheckRuntime(string(in.Runtime)); err != nil {
			return invalid("Value %s at 'runtime' failed to satisfy constraint: %v.", in.Runtime, err)
		}
		c.Runtime = in.Runtime
	}
	if err := checkArchitecture(c); err != nil {
		return err
	}
	if in.Role != nil {
		if !roleARN.MatchString(*in.Role) {
			return invalid("1 validation error detected: Value '%s' at 'role' failed to satisfy constraint: give the ARN of a role.", *in.Role)
		}
		c.Role = in.Role
	}
	if in.Handler != nil {
		if len(*in.Handler) > 128 || strings.ContainsAny(*in.Handler, " \t\r\n") || *in.Handler == "" {
			return invalid("1 validation error detected: Value '%s' at 'handler' failed to satisfy constraint: Member must satisfy regular expression pattern: [^\\s]+", *in.Handler)
		}
		c.Handler = in.Handler
	}
	if in.Environment != nil {
		if err := checkEnvironment(in.Environment.Variables); err != nil {
			return err
		}
		c.Environment = &types.EnvironmentResponse{Variables: in.Environment.Variables}
		if len(in.Environment.Variables) == 0 {
			c.Environment = nil
		}
	}
	return applyRecorded(v, in)
}

// refuseSettings names what grue does not do.
func refuseSettings(in *lambda.UpdateFunctionConfigurationInput) error {
	switch {
	case len(in.Layers) > 0:
		return invalid("Layers are not supported: put their content into the zip file.")
	case len(in.FileSystemConfigs) > 0:
		return invalid("File systems are not supported: leave FileSystemConfigs out.")
	case in.DeadLetterConfig != nil && aws.ToString(in.DeadLetterConfig.TargetArn) != "":
		return invalid("Dead-letter queues are not supported: events that fail are named in grue's log.")
	case in.SnapStart != nil && in.SnapStart.ApplyOn == types.SnapStartApplyOnPublishedVersions:
		return invalid("SnapStart is not supported: functions stay warm without it.")
	case in.DurableConfig != nil:
		return invalid("Durable functions are not supported: leave DurableConfig out.")
	case in.CapacityProviderConfig != nil:
		return invalid("Capacity providers of Lambda are not supported: leave CapacityProviderConfig out.")
	}
	return nil
}

func applyLimits(c *types.FunctionConfiguration, in *lambda.UpdateFunctionConfigurationInput) error {
	if n := in.Timeout; n != nil {
		if *n < 1 || *n > 900 {
			return invalid("1 validation error detected: Value '%d' at 'timeout' failed to satisfy constraint: Member must have value between 1 and 900", *n)
		}
		c.Timeout = n
	}
	if n := in.MemorySize; n != nil {
		if *n < 128 || *n > 10240 {
			return invalid("1 validation error detected: Value '%d' at 'memorySize' failed to satisfy constraint: Member must have value between 128 and 10240", *n)
		}
		c.MemorySize = n
	}
	if in.EphemeralStorage != nil {
		if n := aws.ToInt32(in.EphemeralStorage.Size); n < 512 || n > 10240 {
			return invalid("1 validation error detected: Value '%d' at 'ephemeralStorage.size' failed to satisfy constraint: Member must have value between 512 and 10240", n)
		}
		c.EphemeralStorage = in.EphemeralStorage
	}
	if in.Description != nil {
		if len(*in.Description) > 256 {
			return invalid("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 256")
		}
		c.Description = in.Description
	}
	return nil
}

// checkArchitecture: a program runs only on its own kind of machine.
func checkArchitecture(c *types.FunctionConfiguration) error {
	host := map[string]types.Architecture{"amd64": types.ArchitectureX8664, "arm64": types.ArchitectureArm64}[runtime.GOARCH]
	if len(c.Architectures) != 1 || !slices.Contains(types.Architecture("").Values(), c.Architectures[0]) {
		return invalid("Architectures must be one of x86_64 and arm64.")
	}
	native := c.PackageType == types.PackageTypeImage || function.Provided(string(c.Runtime))
	if native && c.Architectures[0] != host {
		return invalid("This machine is %s and cannot run functions for %s.", host, c.Architectures[0])
	}
	return nil
}

var variableName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]+$`)

// reserved are the variables that belong to the runtime.
var reserved = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
	"AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	"AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}

func checkEnvironment(vars map[string]string) error {
	size := 0
	for k, v := range vars {
		size += len(k) + len(v)
		if slices.Contains(reserved, k) {
			return invalid("Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: %s", k)
		}
		if !variableName.MatchString(k) || strings.ContainsRune(v, 0) {
			return invalid("1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: names must satisfy [a-zA-Z]([a-zA-Z0-9_])+; one was %q", k)
		}
	}
	if size > 4<<10 {
		return invalid("Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.")
	}
	return nil
}

// applyRecorded puts in what is shown and changes nothing, and the log group.
func applyRecorded(v *function.Version, in *lambda.UpdateFunctionConfigurationInput) error {
	c := &v.Config
	if in.KMSKeyArn != nil {
		c.KMSKeyArn = in.KMSKeyArn
	}
	if in.TracingConfig != nil && in.TracingConfig.Mode != "" {
		c.TracingConfig = &types.TracingConfigResponse{Mode: in.TracingConfig.Mode}
	}
	if in.VpcConfig != nil {
		c.VpcConfig = &types.VpcConfigResponse{
			SubnetIds: in.VpcConfig.SubnetIds, SecurityGroupIds: in.VpcConfig.SecurityGroupIds,
			Ipv6AllowedForDualStack: in.VpcConfig.Ipv6AllowedForDualStack, VpcId: aws.String(""),
		}
	}
	if in.LoggingConfig == nil {
		return nil
	}
	l := *in.LoggingConfig
	if l.LogFormat == types.LogFormatJson || l.ApplicationLogLevel != "" || l.SystemLogLevel != "" {
		return invalid("Logs are kept as the function writes them: LogFormat must be Text, without log levels.")
	}
	l.LogFormat = types.LogFormatText
	if aws.ToString(l.LogGroup) == "" {
		l.LogGroup = aws.String("/aws/lambda/" + v.Name())
	}
	c.LoggingConfig = &l
	return nil
}

// configSum tells configurations apart, whatever their revision.
func configSum(c types.FunctionConfiguration) string {
	c.RevisionId, c.LastModified, c.ConfigSha256, c.Version, c.FunctionArn = nil, nil, nil, nil, nil
	doc, _ := json.Marshal(c) // such a structure always encodes
	sum := sha256.Sum256(doc)
	return base64.StdEncoding.EncodeToString(sum[:])
}
