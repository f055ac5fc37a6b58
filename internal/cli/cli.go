package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"

	"github.com/alecthomas/kong"

	"github.com/grue-ecs/grue/internal/client"
)

// grammar is the whole command line.
type grammar struct {
	Up     upCmd     `cmd:"" group:"machine" help:"Start grue: the AWS API, the load balancers and the tasks."`
	Down   downCmd   `cmd:"" group:"machine" help:"Stop grue and remove what it made on this machine."`
	Demo   demoCmd   `cmd:"" group:"machine" help:"Deploy a sample service twice under load and tell what happens."`
	Doctor doctorCmd `cmd:"" group:"machine" help:"What this machine can and cannot do, how a running grue does, and how to mend it."`

	Status statusCmd `cmd:"" group:"see" help:"Services of a cluster, or one service in detail."`
	Watch  watchCmd  `cmd:"" group:"see" help:"Follow a deployment live, full screen; approve or reject it with a key."`
	Wait   waitCmd   `cmd:"" group:"see" help:"Wait for a deployment; the exit code tells how it ended."`
	Events eventsCmd `cmd:"" group:"see" help:"What services tell about themselves."`
	Tasks  tasksCmd  `cmd:"" group:"see" help:"Tasks, also stopped ones with their reasons."`
	Logs   logsCmd   `cmd:"" group:"see" help:"What containers print."`
	Exec   execCmd   `cmd:"" group:"see" help:"Run a command, or a shell, in a container."`

	Push      pushCmd      `cmd:"" group:"steer" help:"Push an image into the registry, without Docker."`
	Deploy    deployCmd    `cmd:"" group:"steer" help:"Deploy other images or a file, and wait for the end."`
	Rollback  rollbackCmd  `cmd:"" group:"steer" help:"Call a deployment back, or deploy a former revision again."`
	Approvals approvalsCmd `cmd:"" group:"steer" help:"What waits for a person's approval."`
	Approve   approveCmd   `cmd:"" group:"steer" help:"Let a deployment go on that waits for approval."`
	Reject    rejectCmd    `cmd:"" group:"steer" help:"Reject a deployment that waits for approval: it is rolled back."`
	Diff      diffCmd      `cmd:"" group:"steer" help:"What a deploy would change, or how revisions differ."`

	Notify notifyCmd `cmd:"" group:"machine" help:"Tell Slack, Teams, webhooks and topics about deployments."`
	Keys   keysCmd   `cmd:"" group:"machine" help:"Access keys of a grue: create, list, revoke."`

	Completion completionCmd `cmd:"" group:"other" help:"Print a script that completes grue's commands in bash, zsh or fish."`
	Complete   completeCmd   `cmd:"" hidden:"" name:"__complete" help:"Answer the scripts of completion."`
	Help       helpCmd       `cmd:"" group:"other" help:"Help about a verb, or about exit-codes."`
	Version    versionCmd    `cmd:"" group:"other" help:"Print version and build."`
	Server     serverCmd     `cmd:"" group:"other" help:"Run the control plane alone; 'grue up' does this for you."`
	Proxy      proxyCmd      `cmd:"" group:"other" help:"Run the data plane alone; 'grue up' does this for you."`
}

// streams are where verbs write, and read what a person types.
type streams struct {
	out, err io.Writer
	in       io.Reader
}

// Main runs the command line (without the program's name) and returns the exit
// code.
func Main(args []string) int {
	if code, ok := taskProcess(args); ok {
		return code
	}
	return run(args, &streams{plain{os.Stdout}, plain{os.Stderr}, os.Stdin})
}

func run(args []string, s *streams) int {
	ended := -1 // kong prints help and asks to exit by itself
	parser := newParser(s, func(code int) { ended = code })
	if len(args) == 0 {
		args = []string{"--help"}
	}
	ctx, err := parser.Parse(args)
	if ended >= 0 {
		return ended
	}
	if err != nil {
		fmt.Fprintf(s.err, "grue: %v; see 'grue %s--help'\n", err, verbOf(parser, args))
		return exitUsage
	}
	if err := empty(ctx); err != nil {
		return s.tell(err)
	}
	if err := ctx.Run(); err != nil {
		return s.tell(err)
	}
	return exitOK
}

// empty refuses arguments that are there and empty, as an unset variable of a script makes them:
// to some verbs no name would mean all.
func empty(ctx *kong.Context) error {
	for _, p := range ctx.Path {
		if a := p.Positional; a != nil && a.Target.Kind() == reflect.String && a.Target.String() == "" {
			return usageError("<" + a.Name + "> is empty; leave it out where it is optional")
		}
	}
	return nil
}

// newParser makes the parser of the grammar. exit is called when help was asked
// for and printed.
func newParser(s *streams, exit func(int)) *kong.Kong {
	parser, err := kong.New(&grammar{},
		kong.Name("grue"),
		kong.Description("Amazon ECS on your own machine: real containers, real load balancers, real deployments."),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.ExplicitGroups(groups),
		kong.Writers(s.out, s.err), kong.Exit(exit), kong.Bind(s),
	)
	if err != nil {
		panic(err) // the grammar itself is wrong: every test would show it
	}
	return parser
}

// tell prints an error once, in one line, and returns its exit code.
func (s *streams) tell(err error) int {
	var quiet silent
	if errors.As(err, &quiet) {
		return int(quiet)
	}
	fmt.Fprintf(s.err, "grue: %v\n", client.Explain(err))
	var own coded
	if errors.As(err, &own) {
		return own.code
	}
	var usage usageError
	var flags client.UsageError
	if errors.As(err, &usage) || errors.As(err, &flags) {
		return exitUsage
	}
	return exitError
}

// silent is an exit code whose reason has been told already.
type silent int

func (s silent) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// usageError is a wrong flag that kong could not see.
type usageError string

func (u usageError) Error() string { return string(u) }

// verbOf is the verb in args and a space, for the hint at its help.
func verbOf(parser *kong.Kong, args []string) string {
	for _, verb := range parser.Model.Children {
		if args[0] == verb.Name {
			return args[0] + " "
		}
	}
	return ""
}
