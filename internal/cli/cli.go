package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"github.com/grue-ecs/grue/internal/client"
)

// grammar is the whole command line.
type grammar struct {
	Up      upCmd      `cmd:"" help:"Start grue: the AWS API, the load balancers and the tasks."`
	Down    downCmd    `cmd:"" help:"Stop grue and remove what it made on this machine."`
	Demo    demoCmd    `cmd:"" help:"Deploy a sample service twice under load and tell what happens."`
	Version versionCmd `cmd:"" help:"Print version and build."`
	Server  serverCmd  `cmd:"" help:"Run the control plane alone; 'grue up' does this for you."`
	Proxy   proxyCmd   `cmd:"" help:"Run the data plane alone; 'grue up' does this for you."`
}

// streams are where verbs write.
type streams struct{ out, err io.Writer }

// Main runs the command line (without the program's name) and returns the exit
// code.
func Main(args []string) int {
	if code, ok := taskProcess(args); ok {
		return code
	}
	return run(args, &streams{os.Stdout, os.Stderr})
}

func run(args []string, s *streams) int {
	ended := -1 // kong prints help and asks to exit by itself
	parser, err := kong.New(&grammar{},
		kong.Name("grue"),
		kong.Description("Amazon ECS on your own machine: real containers, real load balancers, real deployments."),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(s.out, s.err), kong.Exit(func(code int) { ended = code }),
		kong.Bind(s),
	)
	if err != nil {
		panic(err) // the grammar itself is wrong: every test would show it
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	ctx, err := parser.Parse(args)
	if ended >= 0 {
		return ended
	}
	if err != nil {
		fmt.Fprintf(s.err, "grue: %v; see 'grue %s--help'\n", err, verbOf(args))
		return exitUsage
	}
	if err := ctx.Run(); err != nil {
		return s.tell(err)
	}
	return exitOK
}

// tell prints an error once, in one line, and returns its exit code.
func (s *streams) tell(err error) int {
	var quiet silent
	if errors.As(err, &quiet) {
		return int(quiet)
	}
	fmt.Fprintf(s.err, "grue: %v\n", client.Explain(err))
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
func verbOf(args []string) string {
	for _, verb := range []string{"up", "down", "demo", "version", "server", "proxy"} {
		if args[0] == verb {
			return verb + " "
		}
	}
	return ""
}
