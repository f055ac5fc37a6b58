package cli

import "github.com/grue-ecs/grue/internal/client"

// Exit codes, the same for every verb; `grue help exit-codes` prints them.
const (
	exitOK         = 0 // done; a deployment: deployed
	exitError      = 1 // it could not be done, and one sentence said why
	exitUsage      = 2 // wrong usage; nothing was done
	exitRolledBack = 3 // the deployment was rolled back: the former revision serves
	exitApproval   = 4 // the deployment waits for approval, and nobody waits with it
	exitTimeout    = 5 // time was up before what was waited for
	exitStopped    = 6 // the deployment ended without success and without a rollback that succeeded
	exitDiffers    = 7 // diff --exit-code: there is a difference
)

// exitOf is the exit code of an outcome.
func exitOf(o client.Outcome) int {
	switch o {
	case client.Deployed:
		return exitOK
	case client.RolledBack:
		return exitRolledBack
	case client.WaitsForApproval:
		return exitApproval
	case client.Stopped, client.RollbackFailed:
		return exitStopped
	}
	return exitError
}
