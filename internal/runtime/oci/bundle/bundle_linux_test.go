package bundle

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/grue-ecs/grue/internal/runtime"
)

func TestArgv(t *testing.T) {
	img := Config{Entrypoint: []string{"entry"}, Cmd: []string{"cmd"}}
	tests := []struct {
		name                string
		entryPoint, command []string
		img                 Config
		want                string
	}{
		{"image alone", nil, nil, img, "entry cmd"},
		{"command replaces CMD", nil, []string{"x"}, img, "entry x"},
		{"entry point puts CMD out of force", []string{"y"}, nil, img, "y"},
		{"both", []string{"y"}, []string{"x"}, img, "y x"},
		{"nothing", nil, nil, Config{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Argv(tt.entryPoint, tt.command, tt.img)
			if strings.Join(got, " ") != tt.want || (err != nil) != (tt.want == "") {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestMerge(t *testing.T) {
	got := merge([]string{"A=1", "B=2", "A=3", "bad", "=x", "C=with=equals", "D=nul\x00"})
	if want := []string{"A=3", "B=2", "C=with=equals"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestOrderPutsParentsFirstAndLaterMountsWin(t *testing.T) {
	got := order([]specs.Mount{
		{Destination: "/a/b", Source: "1"},
		{Destination: "/a", Source: "2"},
		{Destination: "/a/b", Source: "3"},
	})
	if len(got) != 2 || got[0].Source != "2" || got[1].Source != "3" {
		t.Errorf("%+v", got)
	}
}

func TestVolumesFromALoopIsAnError(t *testing.T) {
	spec := &runtime.Spec{Containers: []runtime.Container{
		{Name: "a", VolumesFrom: []runtime.VolumeFrom{{Container: "b"}}},
		{Name: "b", VolumesFrom: []runtime.VolumeFrom{{Container: "a"}}},
	}}
	if _, err := volumeMounts(spec, &spec.Containers[0], nil, 0); err == nil {
		t.Error("no error")
	}
}

// TestImageFilesStayBeneathTheRoot: links of a hostile image must not make us
// read files of the machine.
func TestImageFilesStayBeneathTheRoot(t *testing.T) {
	outside := t.TempDir()
	os.WriteFile(filepath.Join(outside, "passwd"), []byte("evil:x:4711:1:::\n"), 0o644)
	root := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(root, "etc")); err != nil {
		t.Fatal(err)
	}
	if u, _, err := user(root, "evil"); err == nil {
		t.Errorf("read the machine's file: %+v", u)
	}
	os.Remove(filepath.Join(root, "etc"))
	os.Mkdir(filepath.Join(root, "real"), 0o755)
	os.Symlink("/real", filepath.Join(root, "etc")) // absolute, as in the container
	os.WriteFile(filepath.Join(root, "real", "passwd"), []byte("good:x:12:13::/h:\n"), 0o644)
	if u, home, err := user(root, "good"); err != nil || u.UID != 12 || u.GID != 13 || home != "/h" {
		t.Errorf("%+v, %q, %v", u, home, err)
	}
}

func TestFilterFollowsCapabilities(t *testing.T) {
	allows := func(f *specs.LinuxSeccomp, name string) bool {
		for _, s := range f.Syscalls {
			if s.Action == specs.ActAllow && len(s.Args) == 0 && slices.Contains(s.Names, name) {
				return true
			}
		}
		return false
	}
	plain, admin := filter(nil, false), filter([]string{"CAP_SYS_ADMIN"}, true)
	for _, name := range []string{"mount", "unshare", "clone", "setns", "bpf", "keyctl", "io_uring_setup", "kexec_load", "init_module"} {
		if allows(plain, name) {
			t.Errorf("%s is allowed without capabilities", name)
		}
	}
	for _, name := range []string{"mount", "unshare", "clone", "clone3", "setns"} {
		if !allows(admin, name) {
			t.Errorf("%s is refused with CAP_SYS_ADMIN", name)
		}
	}
	if allows(admin, "init_module") || plain.DefaultAction != specs.ActErrno {
		t.Error("the default is not to refuse")
	}
}

func FuzzUser(f *testing.F) {
	f.Add("root:x:0:0:root:/root:/bin/sh\n", "app:x:1001:a,b\n", "root")
	f.Add("a:b\n::::::\nx:x:99999999999:1:::\n", ":::\n", "x:y")
	f.Fuzz(func(t *testing.T, passwd, group, want string) {
		root := t.TempDir()
		os.Mkdir(filepath.Join(root, "etc"), 0o755)
		os.WriteFile(filepath.Join(root, "etc/passwd"), []byte(passwd), 0o644)
		os.WriteFile(filepath.Join(root, "etc/group"), []byte(group), 0o644)
		u, home, err := user(root, want)
		if err == nil && (u.UID > 1<<31 || u.GID > 1<<31 || home == "") {
			t.Errorf("%+v, %q", u, home)
		}
	})
}

func FuzzExecutable(f *testing.F) {
	f.Add([]byte("#!/bin/sh\n"))
	f.Add([]byte("\x7fELF\x02\x01\x01"))
	f.Add([]byte("#!"))
	f.Fuzz(func(t *testing.T, program []byte) {
		root := t.TempDir()
		os.WriteFile(filepath.Join(root, "p"), program, 0o755)
		_, _ = CheckExecutable(root, "/", nil, "/p", nil)
	})
}
