package taskdef

import (
	"fmt"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Unsupported names the first member of a definition that grue cannot run, with
// what to do instead; "" if there is none. Such a definition can be registered
// and described, but no task starts from it: better than a task that silently
// lacks its file system or its log router.
func Unsupported(d *ecs.TaskDefinition) string {
	for _, v := range d.Volumes {
		kind := ""
		switch {
		case v.EfsVolumeConfiguration != nil:
			kind = "efsVolumeConfiguration"
		case v.FsxWindowsFileServerVolumeConfiguration != nil:
			kind = "fsxWindowsFileServerVolumeConfiguration"
		case v.S3filesVolumeConfiguration != nil:
			kind = "s3filesVolumeConfiguration"
		case val(v.ConfiguredAtLaunch):
			kind = "configuredAtLaunch"
		}
		if kind != "" {
			return fmt.Sprintf("volume '%s' has %s; use a volume with host or dockerVolumeConfiguration", val(v.Name), kind)
		}
	}
	switch {
	case windows(d):
		return "runtimePlatform.operatingSystemFamily is not LINUX; only Linux containers run here"
	case len(d.PlacementConstraints) > 0:
		return "placementConstraints; this machine is the only place for tasks"
	case d.ProxyConfiguration != nil:
		return "proxyConfiguration (App Mesh); remove it"
	}
	for i := range d.ContainerDefinitions {
		if why := unsupported(&d.ContainerDefinitions[i]); why != "" {
			return fmt.Sprintf("container '%s' has %s", val(d.ContainerDefinitions[i].Name), why)
		}
	}
	return ""
}

func unsupported(c *ecs.ContainerDefinition) string {
	switch {
	case len(c.ResourceRequirements) > 0:
		return fmt.Sprintf("resourceRequirements of type %s; there are no such devices", c.ResourceRequirements[0].Type)
	case len(c.CredentialSpecs) > 0:
		return "credentialSpecs; remove them"
	case c.FirelensConfiguration != nil:
		return "firelensConfiguration; use the log driver awslogs"
	}
	if l := c.LogConfiguration; l != nil {
		switch l.LogDriver {
		case ecs.LogDriverAwslogs, ecs.LogDriverJsonFile:
		default:
			return fmt.Sprintf("the log driver %s; use awslogs or json-file", l.LogDriver)
		}
		if len(l.SecretOptions) > 0 {
			return "logConfiguration.secretOptions; remove them"
		}
	}
	return ""
}
