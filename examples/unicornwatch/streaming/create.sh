#!/bin/sh
# The stream of sightings: behind a network load balancer, BLUE_GREEN, in a protocol that changes with the version.
. "$(dirname "$0")/../env.sh"

# Two target groups, a listener for customers and one for tests.
for group in A B; do
	arn=$(aws elbv2 create-target-group --name unicorn-streaming-$group --vpc-id "$VPC" --protocol TCP --port 7000 --target-type ip \
		--health-check-interval-seconds 5 --health-check-timeout-seconds 2 --healthy-threshold-count 2 --unhealthy-threshold-count 2 \
		--query 'TargetGroups[0].TargetGroupArn' --output text)
	aws elbv2 modify-target-group-attributes --target-group-arn "$arn" --attributes Key=deregistration_delay.timeout_seconds,Value=5 --output text
	note STREAMING_$group "$arn"
done
forward="Type=forward,ForwardConfig={TargetGroups=[{TargetGroupArn=$STREAMING_A,Weight=100},{TargetGroupArn=$STREAMING_B,Weight=0}]}"
note STREAMING_RULE "$(aws elbv2 create-listener --load-balancer-arn "$NLB" --protocol TCP --port 7000 --default-actions "$forward" \
	--query 'Listeners[0].ListenerArn' --output text)"
note STREAMING_TEST_RULE "$(aws elbv2 create-listener --load-balancer-arn "$NLB" --protocol TCP --port 7001 --default-actions "$forward" \
	--query 'Listeners[0].ListenerArn' --output text)"
note NLB_NAME "$(aws elbv2 describe-load-balancers --load-balancer-arns "$NLB" --query 'LoadBalancers[0].DNSName' --output text)"

# Any task that uses more than two fifths of its memory.
aws cloudwatch put-metric-alarm --alarm-name unicorn-streaming-memory --namespace AWS/ECS --metric-name MemoryUtilization \
	--dimensions Name=ClusterName,Value=unicorns Name=ServiceName,Value=streaming --statistic Maximum --period 60 --evaluation-periods 1 \
	--threshold 40 --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching

export VERSION=v1 BAD= PROTOCOL=1
aws ecs register-task-definition --cli-input-json "$(fill streaming/task-definition.json)" --query taskDefinition.taskDefinitionArn
aws ecs create-service --cli-input-json "$(fill streaming/service.json)" --deployment-configuration "$(fill streaming/deployment.json)" \
	--query 'service.deployments[0].id' --output text
