#!/bin/sh
# A new catalogue: a load test of green, 10 % of the customers, a look at what they got, then all.
#
#	catalog/canary.sh VERSION [BAD]
. "$(dirname "$0")/../env.sh"
export VERSION=$1 BAD=${2:-}

aws ecs register-task-definition --cli-input-json "$(fill catalog/task-definition.json)" --query taskDefinition.taskDefinitionArn
aws ecs update-service --cluster unicorns --service catalog --task-definition unicorn-catalog --deployment-configuration "$(fill catalog/deployment.json)" \
	--query 'service.deployments[0].id' --output text
