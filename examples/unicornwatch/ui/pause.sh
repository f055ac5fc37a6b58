#!/bin/sh
# A new page, which waits in a PAUSE hook until somebody continues: ui/continue.sh.
#
#	ui/pause.sh VERSION [BAD]
. "$(dirname "$0")/../env.sh"
export VERSION=$1 BAD=${2:-}

aws ecs register-task-definition --cli-input-json "$(fill ui/task-definition.json)" --query taskDefinition.taskDefinitionArn
aws ecs update-service --cluster unicorns --service ui --task-definition unicorn-ui --deployment-configuration "$(fill ui/pause.json)" \
	--query 'service.deployments[0].id' --output text
