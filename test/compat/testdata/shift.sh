#!/bin/sh
# Blue/green deployments with the AWS CLI: one that a person approves, one that a
# person stops in the bake. $1 and $2 are the images.
set -eu
export AWS_PAGER= AWS_DEFAULT_OUTPUT=text
aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
if ! aws ecs continue-service-deployment --generate-cli-skeleton >/dev/null 2>&1; then
	echo "this AWS CLI is older than pauses: done" # of May 2026
	exit
fi

aws ecs create-cluster --cluster-name cli --query cluster.status
SUBNETS=$(aws ec2 describe-subnets --query 'Subnets[].SubnetId' | tr '\t' ',')
VPC=$(aws ec2 describe-vpcs --query 'Vpcs[0].VpcId')
LB=$(aws elbv2 create-load-balancer --name cli --subnets $(echo "$SUBNETS" | tr ',' ' ') --query 'LoadBalancers[0].LoadBalancerArn')
DNS=$(aws elbv2 describe-load-balancers --names cli --query 'LoadBalancers[0].DNSName')

group() {
	arn=$(aws elbv2 create-target-group --name "$1" --protocol HTTP --port 8080 --vpc-id "$VPC" --target-type ip \
		--health-check-path /healthz --health-check-interval-seconds 5 --health-check-timeout-seconds 2 --query 'TargetGroups[0].TargetGroupArn')
	aws elbv2 modify-target-group-attributes --target-group-arn "$arn" --attributes Key=deregistration_delay.timeout_seconds,Value=1 >/dev/null
	echo "$arn"
}
A=$(group cli-a)
B=$(group cli-b)
LISTENER=$(aws elbv2 create-listener --load-balancer-arn "$LB" --protocol HTTP --port 80 --default-actions \
	"[{\"Type\":\"forward\",\"ForwardConfig\":{\"TargetGroups\":[{\"TargetGroupArn\":\"$A\",\"Weight\":100},{\"TargetGroupArn\":\"$B\",\"Weight\":0}]}}]" \
	--query 'Listeners[0].ListenerArn')
RULE=$(aws elbv2 describe-rules --listener-arn "$LISTENER" --query 'Rules[0].RuleArn')

register() {
	aws ecs register-task-definition --family cli --network-mode awsvpc --requires-compatibilities FARGATE --cpu 256 --memory 512 \
		--container-definitions "[{\"name\":\"app\",\"image\":\"$1\",\"portMappings\":[{\"containerPort\":8080}]}]" \
		--query taskDefinition.taskDefinitionArn
}
newest() { aws ecs list-service-deployments --cluster cli --service cli --query 'serviceDeployments[0].serviceDeploymentArn'; }
show() { aws ecs describe-service-deployments --service-deployment-arns "$(newest)" --query "serviceDeployments[0].$1"; }
until_is() { # member value
	for _ in $(seq 1 1000); do
		[ "$(show "$1")" = "$2" ] && return
		sleep 0.2
	done
	echo "$1 is $(show "$1"), want $2: $(show statusReason)"
	exit 1
}

aws ecs create-service --cluster cli --service-name cli --task-definition "$(register "$1")" --desired-count 2 --launch-type FARGATE \
	--network-configuration "awsvpcConfiguration={subnets=[$SUBNETS]}" \
	--load-balancers "targetGroupArn=$A,containerName=app,containerPort=8080,advancedConfiguration={alternateTargetGroupArn=$B,productionListenerRule=$RULE,roleArn=arn:aws:iam::000000000000:role/ecsInfrastructureRole}" \
	--deployment-configuration 'strategy=BLUE_GREEN,bakeTimeInMinutes=0' --query service.status
until_is status SUCCESSFUL
[ "$(curl -fsS "http://$DNS/")" = v1 ]

aws ecs update-service --cluster cli --service cli --task-definition "$(register "$2")" --deployment-configuration \
	'{"bakeTimeInMinutes":600,"lifecycleHooks":[{"targetType":"PAUSE","lifecycleStages":["PRE_PRODUCTION_TRAFFIC_SHIFT"],"timeoutConfiguration":{"timeoutInMinutes":1440,"action":"ROLLBACK"}}]}' \
	--query 'service.deployments[0].rolloutState'
until_is 'lifecycleHookDetails[0].status' AWAITING_ACTION
[ "$(curl -fsS "http://$DNS/")" = v1 ]
aws ecs continue-service-deployment --service-deployment-arn "$(newest)" --hook-id "$(show 'lifecycleHookDetails[0].hookId')" --action CONTINUE --query serviceDeploymentArn
until_is lifecycleStage BAKE_TIME
[ "$(curl -fsS "http://$DNS/")" = v2 ]
aws ecs stop-service-deployment --service-deployment-arn "$(newest)" --stop-type ROLLBACK --query serviceDeploymentArn
until_is status ROLLBACK_SUCCESSFUL
[ "$(curl -fsS "http://$DNS/")" = v1 ]

aws ecs update-service --cluster cli --service cli --task-definition "$(register "$2")" \
	--deployment-configuration '{"bakeTimeInMinutes":1,"lifecycleHooks":[]}' --query 'service.deployments[0].rolloutState'
until_is status SUCCESSFUL
[ "$(curl -fsS "http://$DNS/")" = v2 ]
aws ecs wait services-stable --cluster cli --services cli
aws ecs delete-service --cluster cli --service cli --force --query service.status
echo done
