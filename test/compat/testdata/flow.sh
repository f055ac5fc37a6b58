#!/bin/sh
# A service's whole life with the AWS CLI. $1 and $2 are the images.
set -eu
export AWS_PAGER= AWS_DEFAULT_OUTPUT=text
aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; } # older ones do not read the variable

aws ecs create-cluster --cluster-name cli --query cluster.status
SUBNETS=$(aws ec2 describe-subnets --query 'Subnets[].SubnetId' | tr '\t' ',')
VPC=$(aws ec2 describe-vpcs --query 'Vpcs[0].VpcId')
LB=$(aws elbv2 create-load-balancer --name cli --subnets $(echo "$SUBNETS" | tr ',' ' ') --query 'LoadBalancers[0].LoadBalancerArn')
TG=$(aws elbv2 create-target-group --name cli --protocol HTTP --port 8080 --vpc-id "$VPC" --target-type ip \
	--health-check-path /healthz --health-check-interval-seconds 5 --health-check-timeout-seconds 2 --query 'TargetGroups[0].TargetGroupArn')
aws elbv2 modify-target-group-attributes --target-group-arn "$TG" --attributes Key=deregistration_delay.timeout_seconds,Value=1 >/dev/null
aws elbv2 create-listener --load-balancer-arn "$LB" --protocol HTTP --port 80 --default-actions Type=forward,TargetGroupArn="$TG" >/dev/null
DNS=$(aws elbv2 describe-load-balancers --names cli --query 'LoadBalancers[0].DNSName')

register() {
	aws ecs register-task-definition --family cli --network-mode awsvpc --requires-compatibilities FARGATE --cpu 256 --memory 512 \
		--container-definitions "[{\"name\":\"app\",\"image\":\"$1\",\"portMappings\":[{\"containerPort\":8080}]}]" \
		--query taskDefinition.taskDefinitionArn
}
# awsvpc, two subnets in shorthand syntax
NET="awsvpcConfiguration={subnets=[$SUBNETS],assignPublicIp=ENABLED}"
stable() { # the waiter polls every 15 s; ask more often first
	for _ in $(seq 1 300); do
		[ "$(aws ecs describe-services --cluster cli --services cli \
			--query 'services[0].[length(deployments),runningCount,deployments[0].rolloutState]' | tr '\t' ' ')" = "1 2 COMPLETED" ] && break
		sleep 0.2
	done
	aws ecs wait services-stable --cluster cli --services cli
}

aws ecs create-service --cluster cli --service-name cli --task-definition "$(register "$1")" --desired-count 2 --launch-type FARGATE \
	--network-configuration "$NET" --load-balancers "targetGroupArn=$TG,containerName=app,containerPort=8080" --query service.status
stable
[ "$(curl -fsS "http://$DNS/")" = v1 ]
aws ecs update-service --cluster cli --service cli --task-definition "$(register "$2")" \
	--deployment-configuration '{"deploymentCircuitBreaker":{"enable":true,"rollback":true}}' --query 'service.deployments[0].rolloutState'
stable
[ "$(curl -fsS "http://$DNS/")" = v2 ]
if aws ecs list-service-deployments --generate-cli-skeleton >/dev/null 2>&1; then # an AWS CLI of 2025 or later
	aws ecs list-service-deployments --cluster cli --service cli --query 'serviceDeployments[].status'
fi
aws ecs describe-services --cluster cli --services cli --query 'services[0].events[0].message'
aws ecs delete-service --cluster cli --service cli --force --query service.status
aws ecs wait services-inactive --cluster cli --services cli
aws ecs delete-cluster --cluster cli --query cluster.status
aws elbv2 delete-load-balancer --load-balancer-arn "$LB"
echo done
