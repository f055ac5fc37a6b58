package ecs

import "github.com/grue-ecs/grue/internal/fault"

// Failpoints at the beginning and the end of the calls that change deployments.
var (
	faultCreate     = fault.New("ecs.create-service.before")
	faultCreated    = fault.New("ecs.create-service.after")
	faultUpdate     = fault.New("ecs.update-service.before")
	faultUpdated    = fault.New("ecs.update-service.after")
	faultDelete     = fault.New("ecs.delete-service.before")
	faultDeleted    = fault.New("ecs.delete-service.after")
	faultStop       = fault.New("ecs.stop-deployment.before")
	faultStopped    = fault.New("ecs.stop-deployment.after")
	faultContinue   = fault.New("ecs.continue-deployment.before")
	faultContinued  = fault.New("ecs.continue-deployment.after")
	faultRegistered = fault.New("ecs.register-definition.after")
)
