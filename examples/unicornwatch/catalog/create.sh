#!/bin/sh
# The catalogue: behind the same load balancer and in the namespace, CANARY, with two hooks that measure.
. "$(dirname "$0")/../env.sh"

# Two target groups, of which one serves; a rule for customers and a rule for testers.
for group in A B; do
	arn=$(aws elbv2 create-target-group --name unicorn-catalog-$group --vpc-id "$VPC" --protocol HTTP --port 8080 --target-type ip \
		--health-check-path /catalog/healthz --health-check-interval-seconds 5 --health-check-timeout-seconds 2 \
		--healthy-threshold-count 2 --unhealthy-threshold-count 2 --query 'TargetGroups[0].TargetGroupArn' --output text)
	aws elbv2 modify-target-group-attributes --target-group-arn "$arn" --attributes Key=deregistration_delay.timeout_seconds,Value=2 --output text
	note CATALOG_$group "$arn"
done
forward="Type=forward,ForwardConfig={TargetGroups=[{TargetGroupArn=$CATALOG_A,Weight=100},{TargetGroupArn=$CATALOG_B,Weight=0}]}"
note CATALOG_RULE "$(aws elbv2 create-rule --listener-arn "$LISTENER" --priority 21 --actions "$forward" \
	--conditions '[{"Field": "path-pattern", "Values": ["/catalog*"]}]' --query 'Rules[0].RuleArn' --output text)"
note CATALOG_TEST_RULE "$(aws elbv2 create-rule --listener-arn "$LISTENER" --priority 11 --actions "$forward" --conditions '[
	{"Field": "path-pattern", "Values": ["/catalog*"]},
	{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-BG-Test", "Values": ["*"]}}
]' --query 'Rules[0].RuleArn' --output text)"

# Green under load, before any customer.
note LOADTEST_HOOK "$(aws lambda create-function --function-name unicorn-loadtest --runtime provided.al2023 --handler bootstrap --timeout 30 \
	--role "arn:aws:iam::$ACCOUNT:role/unicorn-hooks" --zip-file "fileb://$HOOKS/loadtest.zip" --query FunctionArn --output text)"
# What the canary told customers.
note MONITOR_HOOK "$(aws lambda create-function --function-name unicorn-monitor --runtime provided.al2023 --handler bootstrap --timeout 30 \
	--role "arn:aws:iam::$ACCOUNT:role/unicorn-hooks" --zip-file "fileb://$HOOKS/monitor.zip" --query FunctionArn --output text)"

export VERSION=v1 BAD=
aws ecs register-task-definition --cli-input-json "$(fill catalog/task-definition.json)" --query taskDefinition.taskDefinitionArn
aws ecs create-service --cli-input-json "$(fill catalog/service.json)" --deployment-configuration "$(fill catalog/deployment.json)" \
	--query 'service.deployments[0].id' --output text
