package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/grue-ecs/grue/internal/approval"
)

// serverFlags are what the control plane needs to know; `grue up` passes them on.
type serverFlags struct {
	Data       string        `help:"Directory of everything that grue owns. Default: $XDG_STATE_HOME/grue, ~/.local/state/grue, or /var/lib/grue for root." env:"GRUE_DATA" placeholder:"DIR"`
	Runtime    string        `help:"What runs containers: auto, oci (no daemon; Linux, root) or docker." enum:"auto,oci,docker,fake" default:"auto" env:"GRUE_RUNTIME"`
	OCIRuntime string        `help:"OCI runtime of the oci runtime: runc, crun, runsc, kata." default:"runc" name:"oci-runtime" env:"GRUE_OCI_RUNTIME"`
	Minute     time.Duration `help:"How long a minute of bake times, metrics and alarms lasts." default:"60s" env:"GRUE_MINUTE"`
	NLBDelay   time.Duration `help:"How long deployments wait after each change of a network load balancer's weights, in AWS's minutes: --minute shortens it. Amazon ECS waits 10m." default:"0s" name:"nlb-delay" env:"GRUE_NLB_DELAY"`
	PublicURL  string        `help:"Address that people reach this grue by, for the links in notifications. Default: that of the API." name:"public-url" env:"GRUE_PUBLIC_URL" placeholder:"URL"`
	Region     string        `help:"Region of requests that name none." default:"us-east-1" env:"GRUE_REGION"`
	Account    string        `help:"Account of requests that name none." default:"000000000000" env:"GRUE_ACCOUNT"`
	KeepTasks  bool          `help:"Leave tasks and load balancers running when grue stops." env:"GRUE_KEEP_TASKS"`
	TLSCert    string        `help:"Certificate chain (PEM) of the API; with --tls-key." name:"tls-cert" placeholder:"FILE"`
	TLSKey     string        `help:"Private key (PEM) of the API." name:"tls-key" placeholder:"FILE"`
	Metrics    string        `help:"File with the token that GET /metrics wants from other machines ('Authorization: Bearer TOKEN'); without it, they get no metrics." name:"metrics-token-file" env:"GRUE_METRICS_TOKEN_FILE" placeholder:"FILE"`
}

var (
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
	regionForm  = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$`)
)

// check finds what the grammar cannot, and fills in the data directory.
func (f *serverFlags) check() error {
	switch {
	case !accountForm.MatchString(f.Account):
		return usageError("--account must be 12 digits; it was " + f.Account)
	case !regionForm.MatchString(f.Region):
		return usageError("--region must be the name of an AWS region, such as us-east-1; it was " + f.Region)
	case f.Minute < 10*time.Millisecond || f.Minute > time.Hour:
		return usageError("--minute must be between 10ms and 1h; it was " + f.Minute.String())
	case f.NLBDelay < 0 || f.NLBDelay > 24*time.Hour:
		return usageError("--nlb-delay must be between 0s and 24h; it was " + f.NLBDelay.String())
	case (f.TLSCert == "") != (f.TLSKey == ""):
		return usageError("--tls-cert and --tls-key belong together; one of them is missing")
	case f.Runtime == "oci" && os.Geteuid() != 0:
		return errNotRoot
	}
	if f.PublicURL != "" {
		public, err := approval.CheckPublicURL(f.PublicURL)
		if err != nil {
			return usageError("--public-url " + err.Error())
		}
		f.PublicURL = public
	}
	var err error
	f.Data, err = dataDir(f.Data)
	return err
}

// args repeats the flags for a child process.
func (f *serverFlags) args() []string {
	args := []string{
		"--data", f.Data, "--runtime", f.Runtime, "--oci-runtime", f.OCIRuntime,
		"--minute", f.Minute.String(), "--nlb-delay", f.NLBDelay.String(), "--region", f.Region, "--account", f.Account,
	}
	if f.PublicURL != "" {
		args = append(args, "--public-url", f.PublicURL)
	}
	if f.KeepTasks {
		args = append(args, "--keep-tasks")
	}
	if f.TLSCert != "" {
		args = append(args, "--tls-cert", f.TLSCert, "--tls-key", f.TLSKey)
	}
	if f.Metrics != "" {
		args = append(args, "--metrics-token-file", f.Metrics)
	}
	return args
}

// dataDir makes dir absolute, or finds the default when it is empty.
func dataDir(dir string) (string, error) {
	if dir != "" {
		return filepath.Abs(dir)
	}
	if os.Geteuid() == 0 {
		return "/var/lib/grue", nil
	}
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "grue"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", usageError("there is no home directory to keep data in: say --data DIR")
	}
	return filepath.Join(home, ".local", "state", "grue"), nil
}
