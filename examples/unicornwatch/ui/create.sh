#!/bin/sh
# The page: behind the load balancer, BLUE_GREEN, and a person decides.
. "$(dirname "$0")/../env.sh"

# Two target groups, of which one serves; a rule for customers and a rule for testers.
for group in A B; do
	arn=$(aws elbv2 create-target-group --name unicorn-ui-$group --vpc-id "$VPC" --protocol HTTP --port 8080 --target-type ip \
		--health-check-path /frontend/healthz --health-check-interval-seconds 5 --health-check-timeout-seconds 2 \
		--healthy-threshold-count 2 --unhealthy-threshold-count 2 --query 'TargetGroups[0].TargetGroupArn' --output text)
	aws elbv2 modify-target-group-attributes --target-group-arn "$arn" --attributes Key=deregistration_delay.timeout_seconds,Value=2 --output text
	note UI_$group "$arn"
done
forward="Type=forward,ForwardConfig={TargetGroups=[{TargetGroupArn=$UI_A,Weight=100},{TargetGroupArn=$UI_B,Weight=0}]}"
note UI_RULE "$(aws elbv2 create-rule --listener-arn "$LISTENER" --priority 20 --actions "$forward" \
	--conditions '[{"Field": "path-pattern", "Values": ["/frontend*"]}]' --query 'Rules[0].RuleArn' --output text)"
note UI_TEST_RULE "$(aws elbv2 create-rule --listener-arn "$LISTENER" --priority 10 --actions "$forward" --conditions '[
	{"Field": "path-pattern", "Values": ["/frontend*"]},
	{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-BG-Test", "Values": ["*"]}}
]' --query 'Rules[0].RuleArn' --output text)"

# The hook that holds a deployment until a parameter says approved or rejected.
note APPROVAL_HOOK "$(aws lambda create-function --function-name unicorn-approval --runtime provided.al2023 --handler bootstrap --timeout 30 \
	--role "arn:aws:iam::$ACCOUNT:role/unicorn-hooks" --zip-file "fileb://$HOOKS/approve.zip" --query FunctionArn --output text)"

export VERSION=v1 BAD=
aws ecs register-task-definition --cli-input-json "$(fill ui/task-definition.json)" --query taskDefinition.taskDefinitionArn
aws ecs create-service --cli-input-json "$(fill ui/service.json)" --deployment-configuration "$(fill ui/approval.json)" \
	--query 'service.deployments[0].id' --output text
