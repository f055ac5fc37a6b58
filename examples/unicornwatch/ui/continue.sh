#!/bin/sh
# Decides about a deployment of the page that is paused:
#
#	ui/continue.sh CONTINUE|ROLLBACK
. "$(dirname "$0")/../env.sh"

deployment=$(aws ecs list-service-deployments --cluster unicorns --service ui --query 'serviceDeployments[0].serviceDeploymentArn' --output text)
hook=$(aws ecs describe-service-deployments --service-deployment-arns "$deployment" \
	--query 'serviceDeployments[0].lifecycleHookDetails[0].hookId' --output text)
aws ecs continue-service-deployment --service-deployment-arn "$deployment" --hook-id "$hook" --action "$1" --output text
