#!/bin/sh
# What all services share: a cluster with a namespace, two load balancers, a queue.
. "$(dirname "$0")/env.sh"
: >"$names"

aws ecs create-cluster --cluster-name unicorns --service-connect-defaults namespace=unicorns --query cluster.status

note VPC "$(aws ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId' --output text)"
subnets=$(aws ec2 describe-subnets --filters Name=default-for-az,Values=true --query 'Subnets[].SubnetId' --output text)
note SUBNETS "[\"$(echo $subnets | sed 's/ /", "/g')\"]"

# Web: one port for /frontend and /catalog, nothing else.
note ALB "$(aws elbv2 create-load-balancer --name unicorns --subnets $subnets --query 'LoadBalancers[0].LoadBalancerArn' --output text)"
note LISTENER "$(aws elbv2 create-listener --load-balancer-arn "$ALB" --protocol HTTP --port 80 \
	--default-actions 'Type=fixed-response,FixedResponseConfig={StatusCode=404,MessageBody=no unicorns here}' \
	--query 'Listeners[0].ListenerArn' --output text)"

# The stream of sightings.
note NLB "$(aws elbv2 create-load-balancer --name unicorn-stream --type network --subnets $subnets --query 'LoadBalancers[0].LoadBalancerArn' --output text)"

# What orders tells notifications.
aws sqs create-queue --queue-name unicorn-orders --attributes VisibilityTimeout=30 --output text
