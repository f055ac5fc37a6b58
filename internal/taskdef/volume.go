package taskdef

import (
	"regexp"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// normalVolumes gives a volume without configuration an empty host, and fills in
// what ECS fills in.
func normalVolumes(in []ecs.Volume) []ecs.Volume {
	out := make([]ecs.Volume, len(in))
	for i, v := range in {
		if kinds(&v) == 0 && !val(v.ConfiguredAtLaunch) {
			v.Host = &ecs.HostVolumeProperties{}
		}
		if e := v.EfsVolumeConfiguration; e != nil && e.RootDirectory == nil {
			next := *e
			next.RootDirectory = ptr("/")
			v.EfsVolumeConfiguration = &next
		}
		if k := v.DockerVolumeConfiguration; k != nil && k.Scope == "" {
			next := *k
			next.Scope = ecs.ScopeTask
			v.DockerVolumeConfiguration = &next
		}
		out[i] = v
	}
	return out
}

// kinds counts the configurations of a volume.
func kinds(v *ecs.Volume) (n int) {
	for _, there := range []bool{
		v.Host != nil, v.DockerVolumeConfiguration != nil, v.EfsVolumeConfiguration != nil,
		v.FsxWindowsFileServerVolumeConfiguration != nil, v.S3filesVolumeConfiguration != nil,
	} {
		if there {
			n++
		}
	}
	return n
}

var volumeName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`)

// volumeRules checks volumes and the mount points that name them.
func volumeRules(d *ecs.TaskDefinition) error {
	names := map[string]bool{}
	for i := range d.Volumes {
		v := &d.Volumes[i]
		name := val(v.Name)
		switch {
		case !volumeName.MatchString(name):
			return refuse("Volume name '%s' is not valid: up to 255 letters, numbers, underscores and hyphens.", clip(name))
		case names[name]:
			return refuse("Volume '%s' is defined more than once.", name)
		case kinds(v) > 1:
			return refuse("Volume '%s' must have exactly one of host, dockerVolumeConfiguration, efsVolumeConfiguration, fsxWindowsFileServerVolumeConfiguration and s3filesVolumeConfiguration.", name)
		case kinds(v) > 0 && val(v.ConfiguredAtLaunch):
			return refuse("Volume '%s' is configured at launch and cannot have a configuration in the task definition.", name)
		}
		names[name] = true
		if k := v.DockerVolumeConfiguration; k != nil && val(k.Autoprovision) && k.Scope != ecs.ScopeShared {
			return refuse("Volume '%s': autoprovision needs the scope shared.", name)
		}
	}
	return mountRules(d, names)
}

func mountRules(d *ecs.TaskDefinition, names map[string]bool) error {
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		paths := map[string]bool{}
		for _, m := range c.MountPoints {
			path := val(m.ContainerPath)
			switch {
			case !names[val(m.SourceVolume)]:
				return invalid(c, "The mount point refers to the volume '%s', which is not in the task definition.", clip(val(m.SourceVolume)))
			case path == "":
				return invalid(c, "A mount point has no containerPath.")
			case paths[path]:
				return invalid(c, "Two mount points have the containerPath '%s'.", clip(path))
			}
			paths[path] = true
		}
		for _, v := range c.VolumesFrom {
			if from := val(v.SourceContainer); from == val(c.Name) || Container(d, from) == nil {
				return invalid(c, "volumesFrom names the container '%s', which is not another container of the task definition.", clip(from))
			}
		}
	}
	return nil
}
