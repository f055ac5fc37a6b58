#!/bin/sh
# Orders: in the namespace only, LINEAR, with an alarm on errors.
. "$(dirname "$0")/../env.sh"

# An error, by any version, as callers in the namespace see it.
aws cloudwatch put-metric-alarm --alarm-name unicorn-orders-errors --namespace AWS/ECS --metric-name HTTPCode_Target_5XX_Count \
	--dimensions Name=TargetDiscoveryName,Value=orders \
	--statistic Sum --period 60 --evaluation-periods 1 --threshold 0 --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching

export VERSION=v1 BAD=
aws ecs register-task-definition --cli-input-json "$(fill orders/task-definition.json)" --query taskDefinition.taskDefinitionArn
aws ecs create-service --cli-input-json "$(fill orders/service.json)" --deployment-configuration "$(fill orders/deployment.json)" \
	--query 'service.deployments[0].id' --output text
