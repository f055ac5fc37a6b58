package function

// process is the running program of an environment. It closes exited of its
// environment when it has ended.
type process interface {
	// kill ends the program and its children. It may be repeated.
	kill()
	// begin tells that an invocation begins.
	begin()
	// flush returns when what the program wrote so far was read.
	flush()
	// how tells how the program ended, in AWS's words; after exited only.
	how() (kind, message string)
	// memory is the largest memory of the program so far, in MB; 0 = not known.
	memory() int
	// release frees what the program held, after exited, and reads its last
	// output.
	release()
}

// How AWS names what became of a program.
const (
	exitError     = "Runtime.ExitError"
	badEntrypoint = "Runtime.InvalidEntrypoint"
	noReason      = "Runtime exited without providing a reason"
	exitedWith    = "Runtime exited with error: "
)
