#!/bin/sh
# A new page, which waits until the parameter says approved or rejected: ui/decide.sh.
#
#	ui/approval.sh VERSION [BAD]
. "$(dirname "$0")/../env.sh"
export VERSION=$1 BAD=${2:-}

aws ecs register-task-definition --cli-input-json "$(fill ui/task-definition.json)" --query taskDefinition.taskDefinitionArn
aws ecs update-service --cluster unicorns --service ui --task-definition unicorn-ui --deployment-configuration "$(fill ui/approval.json)" \
	--query 'service.deployments[0].id' --output text
