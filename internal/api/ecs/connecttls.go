package ecs

import (
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
)

// checkTLS checks what encrypts requests between tasks. grue issues the
// certificates itself: the authority is not asked.
func checkTLS(t *types.ServiceConnectTlsConfiguration, mode types.NetworkMode) error {
	if t == nil {
		return nil
	}
	switch {
	case mode != types.NetworkModeAwsvpc:
		return invalid("Service Connect supports tls with the network mode awsvpc only.")
	case t.IssuerCertificateAuthority == nil || get(t.IssuerCertificateAuthority.AwsPcaAuthorityArn) == "":
		return invalid("tls requires issuerCertificateAuthority.awsPcaAuthorityArn.")
	}
	if a, ok := arn.Parse(*t.IssuerCertificateAuthority.AwsPcaAuthorityArn); !ok || a.Service != "acm-pca" {
		return invalid("awsPcaAuthorityArn must be the ARN of a private certificate authority; it was '%s'.", clip(*t.IssuerCertificateAuthority.AwsPcaAuthorityArn))
	}
	if role := get(t.RoleArn); role != "" && !arn.Is(role) {
		return invalid("tls.roleArn must be the ARN of a role; it was '%s'.", clip(role))
	}
	return nil
}

// firstIngress is where ports for the proxy begin when the configuration names none.
const firstIngress = 15000

// ingressPort is where the proxy listens in the provider's task: as given, and with
// TLS in any case. 0 = nowhere, clients' proxies call the container itself.
func ingressPort(x *types.ServiceConnectService, e *state.ConnectEndpoint, td *state.TaskDefinition, used map[int32]bool) (int, error) {
	for _, c := range td.Def.V.ContainerDefinitions {
		for _, p := range c.PortMappings {
			used[get(p.ContainerPort)] = true
		}
	}
	if x.IngressPortOverride != nil {
		if err := bounds("ingressPortOverride", *x.IngressPortOverride, 1, 65535); err != nil {
			return 0, err
		}
		if used[*x.IngressPortOverride] {
			return 0, invalid("The ingressPortOverride %d is used by another port of the task: choose one that no container uses.", *x.IngressPortOverride)
		}
		used[*x.IngressPortOverride] = true
		return int(*x.IngressPortOverride), nil
	}
	if !e.TLS {
		return 0, nil
	}
	port := int32(firstIngress)
	for used[port] {
		port++
	}
	used[port] = true
	return int(port), nil
}

// checkConnectLogs checks how the proxy logs.
func checkConnectLogs(c *types.ServiceConnectConfiguration) error {
	if a := c.AccessLogConfiguration; a != nil {
		switch {
		case a.Format == "":
			return invalid("accessLogConfiguration requires format: TEXT or JSON.")
		case c.LogConfiguration == nil:
			return invalid("accessLogConfiguration requires logConfiguration, which says where the access logs go.")
		}
		if err := oneOf("accessLogConfiguration.format", a.Format, a.Format.Values()); err != nil {
			return err
		}
		if err := oneOf("accessLogConfiguration.includeQueryParameters", a.IncludeQueryParameters, a.IncludeQueryParameters.Values()); err != nil {
			return err
		}
	}
	if l := c.LogConfiguration; l != nil {
		if l.LogDriver == "" {
			return invalid("logConfiguration of serviceConnectConfiguration requires logDriver.")
		}
		if err := oneOf("logConfiguration.logDriver", l.LogDriver, l.LogDriver.Values()); err != nil {
			return err
		}
		if l.LogDriver != types.LogDriverAwslogs && l.LogDriver != types.LogDriverJsonFile {
			return unsupported("logConfiguration of serviceConnectConfiguration: the log driver %s is not available; use awslogs.", l.LogDriver)
		}
		if c.AccessLogConfiguration != nil && l.LogDriver != types.LogDriverAwslogs {
			return unsupported("accessLogConfiguration: access logs go to CloudWatch Logs only; use the log driver awslogs.")
		}
		if l.LogDriver == types.LogDriverAwslogs && l.Options["awslogs-group"] == "" {
			return invalid("logConfiguration of serviceConnectConfiguration: the log driver awslogs requires the option awslogs-group.")
		}
	}
	seen := false
	for _, x := range c.ContainerConfigurations {
		level, ok := x.(*types.ServiceConnectContainerConfigurationMemberLogLevel)
		if !ok || seen {
			return invalid("containerConfigurations takes one {\"logLevel\": \"info\" or \"debug\"}.")
		}
		seen = true
		if err := oneOf("containerConfigurations.logLevel", level.Value, level.Value.Values()); err != nil {
			return err
		}
	}
	return nil
}

// connectLog is where access logs go: to CloudWatch Logs, with the driver awslogs.
func connectLog(c *types.ServiceConnectConfiguration, region string) (out state.ConnectLog) {
	if l := c.LogConfiguration; l != nil && l.LogDriver == types.LogDriverAwslogs {
		out.Group, out.Prefix, out.Region = l.Options["awslogs-group"], l.Options["awslogs-stream-prefix"], l.Options["awslogs-region"]
		if out.Region == "" {
			out.Region = region
		}
	}
	if a := c.AccessLogConfiguration; a != nil {
		out.Format, out.Query = string(a.Format), a.IncludeQueryParameters == types.ServiceConnectIncludeQueryParametersEnabled
	}
	return out
}
