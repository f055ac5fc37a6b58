#!/bin/sh
# The traffic generator: in the namespace as a client only.
. "$(dirname "$0")/../env.sh"

export VERSION=v1 BAD=
aws ecs register-task-definition --cli-input-json "$(fill loadgen/task-definition.json)" --query taskDefinition.taskDefinitionArn
aws ecs create-service --cli-input-json "$(fill loadgen/service.json)" --deployment-configuration "$(fill loadgen/deployment.json)" \
	--query 'service.deployments[0].id' --output text
