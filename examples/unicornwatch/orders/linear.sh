#!/bin/sh
# New orders, a quarter of the requests after the other, while an alarm watches the errors.
#
#	orders/linear.sh VERSION [BAD]
. "$(dirname "$0")/../env.sh"
export VERSION=$1 BAD=${2:-}

aws ecs register-task-definition --cli-input-json "$(fill orders/task-definition.json)" --query taskDefinition.taskDefinitionArn
aws ecs update-service --cluster unicorns --service orders --task-definition unicorn-orders --deployment-configuration "$(fill orders/deployment.json)" \
	--query 'service.deployments[0].id' --output text
