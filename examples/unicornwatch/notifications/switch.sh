#!/bin/sh
# New workers, which the switch makes active, while an alarm watches the queue.
#
#	notifications/switch.sh VERSION [BAD]
. "$(dirname "$0")/../env.sh"
export VERSION=$1 BAD=${2:-}

aws ecs register-task-definition --cli-input-json "$(fill notifications/task-definition.json)" --query taskDefinition.taskDefinitionArn
aws ecs update-service --cluster unicorns --service notifications --task-definition unicorn-notifications --deployment-configuration "$(fill notifications/deployment.json)" \
	--query 'service.deployments[0].id' --output text
