package doctor

import (
	"context"
	"errors"
	"net/netip"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

// well is a machine on which all is well, with a running grue.
func well() (*Options, *Machine, fstest.MapFS, map[string]string) {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"proc/sys/kernel/osrelease": "6.8.0-45-generic\n", "proc/filesystems": "nodev\tproc\nnodev\toverlay\n\text4\n",
		"sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n", "proc/sys/net/ipv4/ip_forward": "1\n",
		"proc/sys/net/netfilter/nf_conntrack_count": "100\n", "proc/sys/net/netfilter/nf_conntrack_max": "262144\n",
		"data/network/network.json": `{"bridge":"grue-123456","cidr":"100.80.0.0/18"}`, "sys/class/net/grue-123456/mtu": "1500",
		"proc/net/tcp": "  sl  local_address rem_address   st\n   0: 0100007F:11D6 00000000:0000 0A\n",
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	commands := map[string]string{
		"runc --version": "runc version 1.1.12\ncommit: x", "iptables -w -S FORWARD": "-P FORWARD DROP\n-A FORWARD -j GRUE-123456-FORWARD\n",
		"iptables-restore --version": "1", "aws --version": "aws-cli/2.17.1 Python/3.11", "python3 -c import botocore; print(botocore.__version__)": "1.43.0\n",
	}
	env := map[string]string{"AWS_ENDPOINT_URL": "http://localhost:4566", "AWS_ACCESS_KEY_ID": "test"}
	m := &Machine{
		OS: "linux", Arch: "amd64", Home: "/root", FS: files, Env: func(k string) string { return env[k] },
		Environ: func() (out []string) {
			for k, v := range env {
				out = append(out, k+"="+v)
			}
			return out
		},
		Command: func(_ context.Context, name string, args ...string) (string, error) {
			out, ok := commands[strings.Join(append([]string{name}, args...), " ")]
			switch {
			case !ok:
				return "", exec.ErrNotFound
			case strings.HasPrefix(out, "!"):
				return out[1:], errors.New("exit status 1")
			}
			return out, nil
		},
		Listen: func(string) error { return nil }, Owner: func(string) string { return `"nginx" (pid 7)` },
		Disk:   func(string) (Disk, error) { return Disk{Free: 100 << 30, Inodes: 1 << 20, Kind: "ext4"}, nil },
		Files:  func() (uint64, uint64) { return 1024, 1 << 20 },
		Synced: func() (bool, bool) { return true, true },
		Routes: func() ([]Route, error) {
			return []Route{{netip.MustParsePrefix("100.80.0.0/18"), "grue-123456"}, {netip.MustParsePrefix("192.168.0.0/24"), "eth0"}}, nil
		},
		Get: func(_ context.Context, url string) (int, []byte, error) {
			if strings.HasSuffix(url, "/metrics") {
				return 200, []byte("# HELP x y\ngrue_proxy_table_published_version 7\ngrue_proxy_table_acknowledged_version 7\n"), nil
			}
			return 200, []byte(`{"status":"ok","version":"0.1.0","runtime":"oci","proxy":{"connected":true,"pid":8}}`), nil
		},
	}
	return &Options{Data: "/data", Listen: "127.0.0.1:4566", URL: "http://127.0.0.1:4566", PID: 9, Runtime: "auto", OCI: "runc", Machine: m}, m, files, commands
}

func TestWell(t *testing.T) {
	o, _, _, _ := well()
	all := Run(t.Context(), *o)
	for _, f := range all {
		if f.Status != OK || f.Mend != "" || f.Check == "" || !strings.HasSuffix(f.Message, ".") {
			t.Errorf("%+v", f)
		}
	}
	if len(all) < len(checks) || Worst(all) != OK {
		t.Errorf("%d findings of %d checks, %s", len(all), len(checks), Worst(all))
	}
}

// TestFindings makes one thing bad at a time; each is found, by its check alone.
func TestFindings(t *testing.T) {
	type world struct {
		o     *Options
		m     *Machine
		files fstest.MapFS
		run   map[string]string
	}
	write := func(name, text string) func(*world) {
		return func(w *world) { w.files[name] = &fstest.MapFile{Data: []byte(text)} }
	}
	without := func(name string) func(*world) { return func(w *world) { delete(w.files, name) } }
	says := func(command, text string) func(*world) { return func(w *world) { w.run[command] = text } }
	lacks := func(command string) func(*world) { return func(w *world) { delete(w.run, command) } }
	env := func(k, v string) func(*world) {
		return func(w *world) {
			old, all := w.m.Env, w.m.Environ
			w.m.Env = func(x string) string {
				if x == k {
					return v
				}
				return old(x)
			}
			w.m.Environ = func() []string { return append(all(), k+"="+v) }
		}
	}
	disk := func(d Disk) func(*world) {
		return func(w *world) { w.m.Disk = func(string) (Disk, error) { return d, nil } }
	}
	metrics := func(text string) func(*world) {
		return func(w *world) {
			get := w.m.Get
			w.m.Get = func(ctx context.Context, url string) (int, []byte, error) {
				if strings.HasSuffix(url, "/metrics") {
					return 200, []byte(text), nil
				}
				return get(ctx, url)
			}
		}
	}
	health := func(status int, body string) func(*world) {
		return func(w *world) {
			w.m.Get = func(context.Context, string) (int, []byte, error) { return status, []byte(body), nil }
		}
	}
	unread := func(w *world) {
		get := w.m.Get
		w.m.Get = func(ctx context.Context, url string) (int, []byte, error) {
			if strings.HasSuffix(url, "/metrics") {
				return 403, nil, nil
			}
			return get(ctx, url)
		}
	}
	stopped := func(w *world) { w.o.URL, w.o.PID = "", 0; delete(w.files, "sys/class/net/grue-123456/mtu") }
	for name, c := range map[string]struct {
		change  func(*world)
		check   string
		status  Status
		message string // part of it
	}{
		"oci without root":     {func(w *world) { w.m.UID, w.o.Runtime = 1000, "oci" }, "root", Fail, "not root"},
		"old kernel":           {write("proc/sys/kernel/osrelease", "4.19.0"), "kernel", Warn, "older than 5.4"},
		"no cgroups":           {without("sys/fs/cgroup/cgroup.controllers"), "cgroups", Fail, "no control groups"},
		"no memory controller": {write("sys/fs/cgroup/cgroup.controllers", "cpu pids"), "cgroups", Warn, "lack memory"},
		"no overlayfs":         {write("proc/filesystems", "ext4"), "overlayfs", Fail, "no overlayfs"},
		"data on overlayfs":    {disk(Disk{100 << 30, 1 << 20, "overlayfs"}), "overlayfs", Fail, "cannot work"},
		"no runc":              {lacks("runc --version"), "oci-runtime", Fail, "not installed"},
		"old runc":             {says("runc --version", "runc version 1.0.0"), "oci-runtime", Warn, "older than 1.1"},
		"broken runc":          {says("runc --version", "!cannot load"), "oci-runtime", Fail, "does not run: cannot load"},
		"no iptables":          {lacks("iptables-restore --version"), "packet-filter", Fail, "Neither"},
		"iptables is broken":   {says("iptables -w -S FORWARD", "!Permission denied"), "packet-filter", Fail, "does not work"},
		"our rules are gone":   {says("iptables -w -S FORWARD", "-P FORWARD DROP\n"), "packet-filter", Fail, "are gone"},
		"forwarding is off":    {write("proc/sys/net/ipv4/ip_forward", "0"), "forwarding", Fail, "switched IP forwarding off"},
		"conntrack is full":    {write("proc/sys/net/netfilter/nf_conntrack_count", "250000"), "conntrack", Warn, "95% full"},
		"port 80 is taken":     {write("proc/net/tcp6", " 0: 00000000000000000000000000000000:0050 0:0 0A"), "ports", Warn, `80 ("nginx" (pid 7))`},
		"API port is taken":    {func(w *world) { stopped(w); w.m.Listen = func(string) error { return syscall.EADDRINUSE } }, "ports", Fail, `in use by "nginx"`},
		"another grue is up": {func(w *world) {
			stopped(w)
			w.m.Listen = func(string) error { return syscall.EADDRINUSE }
			w.m.Owner = func(string) string { return `"grue" (pid 7)` }
		}, "ports", Warn, `grue of another data directory`},
		"addresses overlap":     {write("data/network/network.json", `{"bridge":"grue-1","cidr":"192.168.0.0/18"}`), "addresses", Warn, "overlap with 192.168.0.0/24"},
		"disk is full":          {disk(Disk{1 << 20, 1 << 20, "ext4"}), "disk", Fail, "1 MiB left"},
		"disk is nearly full":   {disk(Disk{1 << 30, 1 << 20, "ext4"}), "disk", Warn, "1.0 GiB left"},
		"no inodes":             {disk(Disk{100 << 30, 7, "ext4"}), "disk", Warn, "7 more files"},
		"data in memory":        {disk(Disk{100 << 30, 1 << 20, "tmpfs"}), "disk", Warn, "in memory"},
		"few files":             {func(w *world) { w.m.Files = func() (uint64, uint64) { return 256, 1024 } }, "open-files", Warn, "1024 files"},
		"clock is free":         {func(w *world) { w.m.Synced = func() (bool, bool) { return false, true } }, "clock", Warn, "Nothing keeps the clock"},
		"AWS is called":         {env("AWS_ENDPOINT_URL", ""), "aws-endpoint", Warn, "is not set"},
		"another endpoint":      {env("AWS_ENDPOINT_URL", "http://user:hunter2@10.0.0.1:4566"), "aws-endpoint", Warn, "names 10.0.0.1:4566"},
		"one service elsewhere": {env("AWS_ENDPOINT_URL_SQS", "http://10.0.0.1:9324"), "aws-endpoint", Warn, "calls of sqs elsewhere"},
		"endpoints are ignored": {env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"), "aws-endpoint", Warn, "is true"},
		"no keys":               {env("AWS_ACCESS_KEY_ID", ""), "aws-endpoint", Warn, "no keys"},
		"AWS CLI 1":             {says("aws --version", "aws-cli/1.33.1 Python/3.9"), "aws-cli", Warn, "SQS"},
		"an old AWS CLI":        {says("aws --version", "aws-cli/2.9.1 Python/3.9"), "aws-cli", Warn, "does not know AWS_ENDPOINT_URL"},
		"an old boto3":          {says("python3 -c import botocore; print(botocore.__version__)", "1.29.0"), "boto3", Warn, "does not know AWS_ENDPOINT_URL"},
		"an earlier grue":       {func(w *world) { w.o.URL, w.o.PID = "", 0 }, "leftovers", Warn, "the bridge grue-123456"},
		"earlier tasks":         {func(w *world) { stopped(w); write("data/oci/tasks/a/x", "")(w) }, "leftovers", Warn, "1 tasks"},
		"not listening yet":     {func(w *world) { w.o.URL = "" }, "grue", Warn, "does not listen yet"},
		"server is silent":      {health(503, ""), "grue", Fail, "does not say"},
		"proxy is away":         {health(200, `{"status":"ok","proxy":{"connected":false}}`), "grue", Fail, "not connected"},
		"no metrics":            {unread, "grue", Warn, "cannot be read"},
		"table not served":      {metrics("grue_proxy_table_published_version 8\ngrue_proxy_table_acknowledged_version 7\n"), "grue", Warn, "table 7 of 8"},
		"halted":                {metrics("grue_deployments_halted 1\n"), "grue", Fail, "halted"},
		"waits for approval": {
			metrics("grue_deployment_stage_age_seconds{cluster=\"c\",service=\"web\",stage=\"POST_SCALE_UP\"} 60\ngrue_approvals_pending{cluster=\"c\",service=\"web\"} 1\n"),
			"grue", Warn, "c/web waits for approval at POST_SCALE_UP since 1m0s",
		},
		"stuck":             {metrics("grue_deployment_stage_age_seconds{cluster=\"c\",service=\"web\",stage=\"SCALE_UP\"} 7200\n"), "grue", Warn, "in SCALE_UP for 2h0m0s"},
		"outbox":            {metrics("grue_outbox_oldest_item_age_seconds{outbox=\"sns\"} 3600\n"), "grue", Warn, "sns has waited"},
		"failed writes":     {metrics("grue_store_commit_failures_total 2\n"), "grue", Fail, "2 writes"},
		"too slow":          {metrics("grue_engine_backlog{kind=\"tasks\"} 5000\n"), "grue", Warn, "5000 tasks wait"},
		"no Docker, no oci": {func(w *world) { w.o.Runtime = "docker" }, "docker", Fail, "No Docker Engine"},
	} {
		t.Run(name, func(t *testing.T) {
			o, m, files, commands := well()
			c.change(&world{o, m, files, commands})
			found := false
			for _, f := range Run(t.Context(), *o) {
				if f.Status == OK {
					continue
				}
				if strings.Contains(f.Message+f.Mend, "hunter2") {
					t.Errorf("%+v", f)
				}
				if f.Check == c.check && f.Status == c.status && strings.Contains(f.Message, c.message) && f.Mend != "" {
					found = true
				} else if f.Check != c.check && !strings.Contains("docker root disk overlayfs", f.Check) {
					t.Errorf("also %+v", f)
				}
			}
			if !found {
				t.Errorf("not found; %+v", Run(t.Context(), *o))
			}
		})
	}
}

// TestBakeIsNotStuck: a bake may last for a day.
func TestBakeIsNotStuck(t *testing.T) {
	if f := judge([]byte("grue_deployment_stage_age_seconds{cluster=\"c\",service=\"web\",stage=\"BAKE_TIME\"} 72000\n")); Worst(f) != OK {
		t.Errorf("%+v", f)
	}
}

// TestThis makes every check on the machine that the test runs on: none of them
// hangs or breaks, whatever is found.
func TestThis(t *testing.T) {
	all := Run(t.Context(), Options{Data: t.TempDir(), Listen: "127.0.0.1:0", Runtime: "auto", OCI: "runc", Machine: This(func(string) string { return "" })})
	seen := map[string]bool{}
	for _, f := range all {
		seen[f.Check] = true
		if f.Message == "" || (f.Status == OK) != (f.Mend == "") {
			t.Errorf("%+v", f)
		}
	}
	for _, c := range checks {
		if !seen[c.name] {
			t.Errorf("%s found nothing", c.name)
		}
	}
}
