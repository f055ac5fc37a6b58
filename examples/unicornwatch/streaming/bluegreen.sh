#!/bin/sh
# A new stream. Each version speaks one protocol; connections keep theirs until they end.
#
#	streaming/bluegreen.sh PROTOCOL VERSION [BAD]
. "$(dirname "$0")/../env.sh"
export PROTOCOL=$1 VERSION=$2 BAD=${3:-}

aws ecs register-task-definition --cli-input-json "$(fill streaming/task-definition.json)" --query taskDefinition.taskDefinitionArn
aws ecs update-service --cluster unicorns --service streaming --task-definition unicorn-streaming --deployment-configuration "$(fill streaming/deployment.json)" \
	--query 'service.deployments[0].id' --output text
