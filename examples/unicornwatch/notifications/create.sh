#!/bin/sh
# Notifications: a worker without load balancer or namespace, BLUE_GREEN, with a switch and an alarm on the queue.
. "$(dirname "$0")/../env.sh"

# The switch, and the parameter that it turns.
note SWITCH_HOOK "$(aws lambda create-function --function-name unicorn-switch --runtime provided.al2023 --handler bootstrap --timeout 30 \
	--role "arn:aws:iam::$ACCOUNT:role/unicorn-hooks" --zip-file "fileb://$HOOKS/hook.zip" --query FunctionArn --output text)"
aws ssm put-parameter --name /unicorns/notifications/active --type String --value nobody --overwrite --output text

# 200 orders that nobody took yet: more than wait while the switch turns.
aws cloudwatch put-metric-alarm --alarm-name unicorn-orders-waiting --namespace AWS/SQS --metric-name ApproximateNumberOfMessagesVisible \
	--dimensions Name=QueueName,Value=unicorn-orders --statistic Maximum --period 60 --evaluation-periods 1 --threshold 200 \
	--comparison-operator GreaterThanThreshold --treat-missing-data notBreaching

export VERSION=v1 BAD=
aws ecs register-task-definition --cli-input-json "$(fill notifications/task-definition.json)" --query taskDefinition.taskDefinitionArn
aws ecs create-service --cli-input-json "$(fill notifications/service.json)" --deployment-configuration "$(fill notifications/deployment.json)" \
	--query 'service.deployments[0].id' --output text
