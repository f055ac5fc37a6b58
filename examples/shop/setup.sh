# What the pages of docs/ build on, as docs/getting-started.md explains it: images,
# task definitions, a load balancer with two target groups, a cluster.
#
#	. examples/shop/setup.sh v1 v2 v3
#
# It is read into a shell (bash or zsh), runs in the folder of the repository, and
# sets registry, role, vpc, subnets, blue, green, listener, rule and url. Versions:
#
#	v1, v2, v4  good: "v1 blue TASK"
#	v3          bad: every fifth answer is 500
#
# It can be run again: what a page made before is deleted first.

registry=000000000000.dkr.ecr.us-east-1.amazonaws.com
role=arn:aws:iam::000000000000:role/ecsInfrastructureRole

if aws elbv2 describe-load-balancers --names shop >/dev/null 2>&1; then
	if aws ecs delete-service --service web --force --query service.status --output text 2>/dev/null; then
		aws ecs wait services-inactive --services web
	fi
	aws elbv2 delete-load-balancer --load-balancer-arn "$(aws elbv2 describe-load-balancers --names shop --query 'LoadBalancers[0].LoadBalancerArn' --output text)"
fi

for version in "$@"; do
	errors=0
	if [ "$version" = v3 ]; then errors=20; fi
	grue push "web:$version" bin/sample --env "VERSION=$version" --env "ERRORS=$errors" >/dev/null
	aws ecs register-task-definition --family "web-$version" --requires-compatibilities FARGATE --network-mode awsvpc --cpu 256 --memory 512 \
		--execution-role-arn arn:aws:iam::000000000000:role/ecsTaskExecutionRole --query taskDefinition.family --output text \
		--container-definitions "[{\"name\": \"web\", \"image\": \"$registry/web:$version\",
			\"portMappings\": [{\"name\": \"http\", \"containerPort\": 8080, \"appProtocol\": \"http\"}]}]"
done

where=$(aws ec2 describe-subnets --filters Name=default-for-az,Values=true --query 'Subnets[:2].[VpcId, SubnetId]' --output text)
vpc=$(echo "$where" | awk 'NR == 1 { print $1 }')
subnets=$(echo "$where" | awk '{ print $2 }' | paste -sd, -)
first=$(echo "$subnets" | cut -d, -f1) second=$(echo "$subnets" | cut -d, -f2)
lb=$(aws elbv2 create-load-balancer --name shop --subnets "$first" "$second" --query 'LoadBalancers[0].[LoadBalancerArn, DNSName]' --output text)
url=http://$(echo "$lb" | cut -f2)

group() { # draining targets leave after 2 s, not after the 300 s that AWS starts with
	arn=$(aws elbv2 create-target-group --name "$1" --protocol HTTP --port 8080 --vpc-id "$vpc" --target-type ip \
		--health-check-path /healthz --health-check-interval-seconds 5 --health-check-timeout-seconds 2 --healthy-threshold-count 2 \
		--query 'TargetGroups[0].TargetGroupArn' --output text)
	aws elbv2 modify-target-group-attributes --target-group-arn "$arn" --attributes Key=deregistration_delay.timeout_seconds,Value=2 >/dev/null
	echo "$arn"
}
blue=$(group web-blue)
green=$(group web-green)

forward="Type=forward,ForwardConfig={TargetGroups=[{TargetGroupArn=$blue,Weight=1},{TargetGroupArn=$green,Weight=0}]}"
listener=$(aws elbv2 create-listener --load-balancer-arn "$(echo "$lb" | cut -f1)" --protocol HTTP --port 80 \
	--default-actions 'Type=fixed-response,FixedResponseConfig={StatusCode=404}' --query 'Listeners[0].ListenerArn' --output text)
rule=$(aws elbv2 create-rule --listener-arn "$listener" --priority 10 --conditions 'Field=path-pattern,Values=/*' --actions "$forward" \
	--query 'Rules[0].RuleArn' --output text)

aws ecs create-cluster --cluster-name default --query cluster.status --output text
