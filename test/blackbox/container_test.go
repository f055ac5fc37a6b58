package blackbox

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/grue-ecs/grue/test/harness"
)

// server is a container that serves on a port of its own.
func server(name, image string, port string) types.ContainerDefinition {
	return box(name, image, "serve :"+port)
}

// ask performs a step inside a container that serves at addr.
func ask(t testing.TB, addr string, step ...string) string {
	t.Helper()
	out, err := try(addr, step...)
	if err != nil {
		t.Fatalf("%v: %v", step, err)
	}
	return out
}

func try(addr string, step ...string) (string, error) {
	c := &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Get("http://" + addr + "/do?" + url.Values{"step": step}.Encode())
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// up waits until a container serves, and returns the task's address.
func up(t testing.TB, task *harness.Task, port string) string {
	t.Helper()
	addr := harness.Detail(task.Running(t), "privateIPv4Address") + ":" + port
	harness.Await(t, "the container answers", func() bool { _, err := try(addr, "print"); return err == nil })
	return addr
}

// TestContainerSettings looks at what a container definition asks for from
// inside the container.
func TestContainerSettings(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	img := g.Guest(t, "v1", "")
	ctx := context.Background()
	if _, err := ssm.NewFromConfig(g.Config()).PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/settings/p"), Value: aws.String("from ssm"), Type: ssmtypes.ParameterTypeSecureString}); err != nil {
		t.Fatal(err)
	}
	sec, err := secretsmanager.NewFromConfig(g.Config()).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("settings/s"), SecretString: aws.String(`{"user":"ann","pass":"x=y z"}`)})
	if err != nil {
		t.Fatal(err)
	}
	host := t.TempDir()
	write(t, filepath.Join(host, "seed"), "from the host")
	write(t, filepath.Join(g.Data, "s3", "settings", "a.env"), "# comment\nONE=file a\nTWO=file a\nEMPTY=\n\nQUOTED=\"kept\"\r\n")
	write(t, filepath.Join(g.Data, "s3", "settings", "dir", "b.env"), "TWO=file b\nTHREE=file b\n")

	app := server("app", img, "8080")
	app.Environment = []types.KeyValuePair{{Name: aws.String("ONE"), Value: aws.String("definition")}, {Name: aws.String("OVER"), Value: aws.String("definition")}}
	app.EnvironmentFiles = []types.EnvironmentFile{
		{Type: types.EnvironmentFileTypeS3, Value: aws.String("arn:aws:s3:::settings/a.env")},
		{Type: types.EnvironmentFileTypeS3, Value: aws.String("arn:aws:s3:::settings/dir/b.env")},
	}
	app.Secrets = []types.Secret{
		{Name: aws.String("P"), ValueFrom: aws.String("/settings/p")},
		{Name: aws.String("P_ARN"), ValueFrom: aws.String("arn:aws:ssm:us-east-1:000000000000:parameter/settings/p")},
		{Name: aws.String("S"), ValueFrom: sec.ARN},
		{Name: aws.String("S_KEY"), ValueFrom: aws.String(*sec.ARN + ":pass::")},
		{Name: aws.String("S_STAGE"), ValueFrom: aws.String(*sec.ARN + ":user:AWSCURRENT:")},
	}
	app.ReadonlyRootFilesystem, app.User, app.WorkingDirectory = aws.Bool(true), aws.String("1234:5678"), aws.String("/work/dir")
	app.Ulimits = []types.Ulimit{{Name: types.UlimitNameNofile, SoftLimit: 1000, HardLimit: 2000}}
	app.LinuxParameters = &types.LinuxParameters{
		InitProcessEnabled: aws.Bool(true), SharedMemorySize: aws.Int32(32), Capabilities: &types.KernelCapabilities{Drop: []string{"CHOWN"}},
		Tmpfs: []types.Tmpfs{{ContainerPath: aws.String("/scratch"), Size: 5, MountOptions: []string{"noexec", "mode=1777"}}},
	}
	app.DockerLabels = map[string]string{"team": "green"}
	app.MountPoints = []types.MountPoint{
		{SourceVolume: aws.String("shared"), ContainerPath: aws.String("/shared"), ReadOnly: aws.Bool(true)},
		{SourceVolume: aws.String("host"), ContainerPath: aws.String("/host"), ReadOnly: aws.Bool(true)},
	}
	other := server("other", img, "8081")
	other.MountPoints = []types.MountPoint{{SourceVolume: aws.String("shared"), ContainerPath: aws.String("/mine")}, {SourceVolume: aws.String("host"), ContainerPath: aws.String("/host")}}
	third := server("third", img, "8082")
	third.VolumesFrom = []types.VolumeFrom{{SourceContainer: aws.String("other"), ReadOnly: aws.Bool(true)}}
	third.EntryPoint, third.Command = []string{"/guest", "print", "entry", ";"}, []string{"serve", ":8082"}

	task := g.RunTask(t, harness.TaskSpec{
		Family: "settings", Containers: []types.ContainerDefinition{app, other, third},
		Define: func(in *ecs.RegisterTaskDefinitionInput) {
			in.Volumes = []types.Volume{{Name: aws.String("shared")}, {Name: aws.String("host"), Host: &types.HostVolumeProperties{SourcePath: &host}}}
		},
		Run: func(in *ecs.RunTaskInput) {
			in.StartedBy, in.Group = aws.String("tester"), aws.String("testers")
			in.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{
				Name: aws.String("app"), Environment: []types.KeyValuePair{{Name: aws.String("OVER"), Value: aws.String("override")}, {Name: aws.String("NEW"), Value: aws.String("override")}},
			}}}
		},
	})
	a := up(t, task, "8080")
	ip, _, _ := strings.Cut(a, ":")
	b, c := ip+":8081", ip+":8082"
	for _, x := range []struct {
		addr string
		step string
		want string // whole answer, or a part of it after "~"
	}{
		{a, "env ONE", "definition"},
		{a, "env TWO", "file a"},
		{a, "env THREE", "file b"},
		{a, "env EMPTY", ""},
		{a, "env QUOTED", `"kept"`},
		{a, "env OVER", "override"},
		{a, "env NEW", "override"},
		{a, "env VERSION", "v1"},
		{a, "env P", "from ssm"},
		{a, "env P_ARN", "from ssm"},
		{a, "env S", `{"user":"ann","pass":"x=y z"}`},
		{a, "env S_KEY", "x=y z"},
		{a, "env S_STAGE", "ann"},
		{a, "env AWS_REGION", "us-east-1"},
		{a, "env AWS_EXECUTION_ENV", "~AWS_ECS_"},
		{b, "env OVER", ""},
		{a, "user", "1234:5678"},
		{b, "user", "0:0"},
		{a, "cwd", "/work/dir"},
		{a, "nofile", "~:2000"},
		{a, "write /file x", "~read-only file system"},
		{a, "write /scratch/file x", "ok"},
		{b, "write /file x", "ok"},
		{a, "read /proc/1/comm", "~init"},
		{b, "read /proc/1/comm", "guest\n"},
		{a, "read /proc/mounts", "~/scratch tmpfs"},
		{a, "read /proc/mounts", "~size=5120k"},
		{a, "read /proc/mounts", "~size=32768k"},
		{b, "write /mine/note hello", "ok"},
		{a, "read /shared/note", "hello"},
		{a, "write /shared/note x", "~read-only file system"},
		{c, "read /mine/note", "hello"},
		{c, "write /mine/note x", "~read-only file system"},
		{a, "read /host/seed", "from the host"},
		{a, "write /host/seed x", "~read-only file system"},
		{b, "write /host/back yes", "ok"},
		{a, "get http://localhost:8081/", "v1"},
		{a, "get http://127.0.0.1:8082/", "v1"},
		{b, "address", ip},
		{a, "read /etc/hosts", "~127.0.0.1\tlocalhost"},
		{a, "read /sys/kernel/security/x", "~error"},
	} {
		got := ask(t, x.addr, strings.Split(x.step, " ")...)
		if part, ok := strings.CutPrefix(x.want, "~"); ok && !strings.Contains(got, part) || !ok && got != x.want {
			t.Errorf("%s in %s: %q, want %q", x.step, x.addr, got, x.want)
		}
	}
	if doc, err := os.ReadFile(filepath.Join(host, "back")); err != nil || string(doc) != "yes" {
		t.Errorf("the host sees %q, %v", doc, err)
	}
	if d := task.Describe(t); aws.ToString(d.StartedBy) != "tester" || aws.ToString(d.Group) != "testers" || len(d.Overrides.ContainerOverrides) == 0 {
		t.Errorf("startedBy %v, group %v, overrides %+v", aws.ToString(d.StartedBy), aws.ToString(d.Group), d.Overrides)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestContainerHealth: HEALTHY dependencies, healthStatus of containers and task.
func TestContainerHealth(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	img := g.Guest(t, "v1", "")
	db := checked(server("db", img, "8081"), "CMD", "/guest", "probe", "http://localhost:8081/healthz")
	app := checked(after(server("app", img, "8080"), "db", types.ContainerConditionHealthy), "CMD", "/guest", "probe", "http://localhost:8080/healthz")
	task := g.RunTask(t, harness.TaskSpec{Family: "health", Containers: []types.ContainerDefinition{app, db}})
	addr := up(t, task, "8080")
	now := task.Describe(t)
	if h := harness.Container(t, now, "db").HealthStatus; h != types.HealthStatusHealthy {
		t.Errorf("app runs while db is %s", h)
	}
	now = task.Await(t, "task is HEALTHY", func(x types.Task) bool { return x.HealthStatus == types.HealthStatusHealthy })
	if d := harness.Container(t, now, "app").HealthStatus; d != types.HealthStatusHealthy {
		t.Errorf("app is %s in a HEALTHY task", d)
	}
	resp, err := http.Get("http://" + addr + "/ill")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	now = task.Await(t, "task is UNHEALTHY", func(x types.Task) bool { return x.HealthStatus == types.HealthStatusUnhealthy })
	if *now.LastStatus != "RUNNING" {
		t.Error("a standalone task must not be stopped for its health")
	}
	version := now.Version
	task.Stop(t, "")
	now = task.Stopped(t)
	if aws.ToString(now.StoppedReason) != "Task stopped by user" {
		t.Errorf("stoppedReason %q", aws.ToString(now.StoppedReason))
	}
	if now.Version <= version {
		t.Errorf("version %d, then %d", version, now.Version)
	}
}
