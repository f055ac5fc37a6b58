//go:build linux

package bundle

import (
	"fmt"
	"os"
	"path"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/grue-ecs/grue/internal/runtime"
)

// initPath is where the init program appears in a container.
const initPath = "/dev/.grue-init"

// Place says where things of one container are on this machine.
type Place struct {
	Rootfs                          string
	Netns                           string // path of the network namespace; empty with its own or the machine's
	PIDNs, IPCNs                    string // namespaces shared by the task; empty = own
	Shm                             string // directory shared as /dev/shm by the task
	Hosts, ResolvConf, HostnameFile string
	Init                            string            // program to use as init; empty = none
	Volumes                         map[string]string // directory of each task volume
	Anonymous                       map[string]string // directory for each VOLUME of the image that needs one
	Cgroup                          string
}

// Input is what Build needs.
type Input struct {
	Spec        *runtime.Spec
	Container   *runtime.Container
	Image       Image
	Place       Place
	Hostname    string
	NetworkHost bool // the machine's network namespace
	Seccomp     bool // the OCI runtime can filter system calls
	PIDsLimit   int64
	Is32        bool // the program is a 32-bit one
}

// Build makes the config.json of a container.
func Build(in Input) (*specs.Spec, error) {
	c := in.Container
	process, err := process(in)
	if err != nil {
		return nil, err
	}
	mounts := append(systemMounts(in), fileMounts(in.Place)...)
	mounts = append(mounts, tmpfs(c.Linux.Tmpfs)...)
	for dest, dir := range in.Place.Anonymous {
		mounts = append(mounts, bind(dir, dest, false))
	}
	volumes, err := volumeMounts(in.Spec, c, in.Place.Volumes, 0)
	if err != nil {
		return nil, err
	}
	s := &specs.Spec{
		Version:  "1.0.2",
		Process:  process,
		Root:     &specs.Root{Path: in.Place.Rootfs, Readonly: c.ReadOnlyRoot},
		Hostname: in.Hostname,
		Mounts:   order(append(mounts, volumes...)),
		Linux:    linux(in),
	}
	if c.Privileged || !in.Seccomp || unconfined(c.SecurityOpts) {
		return s, nil
	}
	s.Linux.Seccomp = filter(process.Capabilities.Bounding, in.Is32)
	return s, nil
}

func process(in Input) (*specs.Process, error) {
	c := in.Container
	argv, err := Argv(c.EntryPoint, c.Command, in.Image.Config)
	if err != nil {
		return nil, err
	}
	want := c.User
	if want == "" {
		want = in.Image.Config.User
	}
	u, home, err := user(in.Place.Rootfs, want)
	if err != nil {
		return nil, err
	}
	env := Env(in.Spec, c, in.Image.Config, in.Hostname)
	if lookupEnv(env, "HOME") == "" {
		env = append(env, "HOME="+home)
	}
	cwd := path.Clean("/" + first(c.WorkingDir, in.Image.Config.WorkingDir, "/"))
	if in.Place.Init != "" {
		argv = append([]string{initPath, "shim", "--init", "--"}, argv...)
	}
	zero := 0
	return &specs.Process{
		Terminal: c.TTY, User: u, Args: argv, Env: env, Cwd: cwd,
		Capabilities: capSets(u.UID, capabilities(c.Privileged, c.Linux.CapAdd, c.Linux.CapDrop)),
		Rlimits:      ulimits(c.Ulimits), NoNewPrivileges: noNewPrivileges(c.SecurityOpts), OOMScoreAdj: &zero,
	}, nil
}

// Command is the argument list that Build runs, without init.
func Command(in Input) (argv, env []string, cwd string, err error) {
	argv, err = Argv(in.Container.EntryPoint, in.Container.Command, in.Image.Config)
	env = Env(in.Spec, in.Container, in.Image.Config, in.Hostname)
	return argv, env, first(in.Container.WorkingDir, in.Image.Config.WorkingDir, "/"), err
}

// capSets: as with Docker, a user other than root starts without effective
// capabilities and can get those of the bounding set only by set-user-id.
func capSets(uid uint32, caps []string) *specs.LinuxCapabilities {
	if uid != 0 {
		return &specs.LinuxCapabilities{Bounding: caps}
	}
	return &specs.LinuxCapabilities{Bounding: caps, Effective: caps, Permitted: caps}
}

func linux(in Input) *specs.Linux {
	c := in.Container
	l := &specs.Linux{
		CgroupsPath: in.Place.Cgroup,
		Namespaces:  namespaces(in),
		Resources:   resources(in),
		Sysctl:      c.Sysctls,
		Devices:     devices(c),
	}
	if !c.Privileged {
		l.MaskedPaths, l.ReadonlyPaths = maskedPaths, readonlyPaths
	}
	return l
}

func namespaces(in Input) []specs.LinuxNamespace {
	ns := []specs.LinuxNamespace{{Type: specs.MountNamespace}, {Type: specs.UTSNamespace}}
	if !in.NetworkHost {
		ns = append(ns, specs.LinuxNamespace{Type: specs.NetworkNamespace, Path: in.Place.Netns})
	}
	if in.Spec.PIDMode != "host" {
		ns = append(ns, specs.LinuxNamespace{Type: specs.PIDNamespace, Path: in.Place.PIDNs})
	}
	if in.Spec.IPCMode != "host" {
		ns = append(ns, specs.LinuxNamespace{Type: specs.IPCNamespace, Path: in.Place.IPCNs})
	}
	if unified() {
		ns = append(ns, specs.LinuxNamespace{Type: specs.CgroupNamespace})
	}
	return ns
}

func unified() bool {
	_, err := os.Stat("/sys/fs/cgroup/cgroup.controllers")
	return err == nil
}

// volumeMounts gives the mounts of a container and of those it takes them from.
func volumeMounts(spec *runtime.Spec, c *runtime.Container, dirs map[string]string, level int) (out []specs.Mount, err error) {
	if level > len(spec.Containers) {
		return nil, fmt.Errorf("volumesFrom of container %s leads back to itself", c.Name)
	}
	for _, from := range c.VolumesFrom {
		source := find(spec, from.Container)
		if source == nil {
			return nil, fmt.Errorf("volumesFrom names container %s, which the task does not have", from.Container)
		}
		taken, err := volumeMounts(spec, source, dirs, level+1)
		if err != nil {
			return nil, err
		}
		for _, m := range taken {
			if from.ReadOnly {
				m.Options = append(m.Options[:len(m.Options):len(m.Options)], "ro")
			}
			out = append(out, m)
		}
	}
	for _, m := range c.Mounts {
		dir, ok := dirs[m.Volume]
		if !ok {
			return nil, fmt.Errorf("mount point %s names volume %q, which the task does not have", m.Path, m.Volume)
		}
		out = append(out, bind(dir, path.Clean("/"+m.Path), m.ReadOnly))
	}
	return out, nil
}

func find(spec *runtime.Spec, name string) *runtime.Container {
	for i := range spec.Containers {
		if spec.Containers[i].Name == name {
			return &spec.Containers[i]
		}
	}
	return nil
}

func noNewPrivileges(opts []string) bool {
	for _, o := range opts {
		if o == "no-new-privileges" || o == "no-new-privileges:true" || o == "no-new-privileges=true" {
			return true
		}
	}
	return false
}

func unconfined(opts []string) bool {
	for _, o := range opts {
		if strings.ReplaceAll(o, ":", "=") == "seccomp=unconfined" {
			return true
		}
	}
	return false
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
