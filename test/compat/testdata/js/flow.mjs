// A service's life with the AWS SDK for JavaScript. Arguments: two images.
import assert from 'node:assert/strict';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ecs from '@aws-sdk/client-ecs';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import * as ssm from '@aws-sdk/client-ssm';

const [first, second, ...subnets] = process.argv.slice(2);
const ecsClient = new ecs.ECSClient({});
const elbClient = new elb.ElasticLoadBalancingV2Client({});
const call = (client, command) => client.send(command);

await call(ecsClient, new ecs.CreateClusterCommand({ clusterName: 'js' }));
const lb = (await call(elbClient, new elb.CreateLoadBalancerCommand({ Name: 'js', Subnets: subnets.slice(0, 2) }))).LoadBalancers[0];
await elb.waitUntilLoadBalancerAvailable({ client: elbClient, maxWaitTime: 300, minDelay: 1 }, { LoadBalancerArns: [lb.LoadBalancerArn] });
const tg = (await call(elbClient, new elb.CreateTargetGroupCommand({
  Name: 'js', Protocol: 'HTTP', Port: 8080, VpcId: lb.VpcId, TargetType: 'ip', HealthCheckPath: '/healthz',
  HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2,
}))).TargetGroups[0].TargetGroupArn;
await call(elbClient, new elb.ModifyTargetGroupAttributesCommand({
  TargetGroupArn: tg, Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '1' }],
}));
await call(elbClient, new elb.CreateListenerCommand({
  LoadBalancerArn: lb.LoadBalancerArn, Protocol: 'HTTP', Port: 80, DefaultActions: [{ Type: 'forward', TargetGroupArn: tg }],
}));
await call(new ssm.SSMClient({}), new ssm.PutParameterCommand({ Name: 'greeting', Value: 'hello', Type: 'String' }));
await call(new logs.CloudWatchLogsClient({}), new logs.CreateLogGroupCommand({ logGroupName: '/js' }));

const register = async (image) => (await call(ecsClient, new ecs.RegisterTaskDefinitionCommand({
  family: 'js', networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], cpu: '256', memory: '512',
  containerDefinitions: [{
    name: 'app', image, portMappings: [{ containerPort: 8080 }], secrets: [{ name: 'GREETING', valueFrom: 'greeting' }],
    logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/js', 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'js' } },
  }],
  executionRoleArn: 'arn:aws:iam::000000000000:role/exec',
}))).taskDefinition.taskDefinitionArn;
const stable = async () => {
  await ecs.waitUntilServicesStable({ client: ecsClient, maxWaitTime: 300, minDelay: 1, maxDelay: 1 }, { cluster: 'js', services: ['js'] });
  // Tasks run a moment before their deployment is over.
  const seen = async () => (await call(ecsClient, new ecs.DescribeServicesCommand({ cluster: 'js', services: ['js'] }))).services[0].deployments[0].rolloutState;
  while (await seen() !== 'COMPLETED') await new Promise((done) => setTimeout(done, 100));
};
const get = async (path) => (await fetch(`http://${lb.DNSName}${path}`)).text();

await call(ecsClient, new ecs.CreateServiceCommand({
  cluster: 'js', serviceName: 'js', taskDefinition: await register(first), desiredCount: 2, launchType: 'FARGATE',
  networkConfiguration: { awsvpcConfiguration: { subnets, assignPublicIp: 'ENABLED' } },
  loadBalancers: [{ targetGroupArn: tg, containerName: 'app', containerPort: 8080 }],
}));
await stable();
assert.equal(await get('/'), 'v1');
assert.equal(await get('/env?name=GREETING'), 'hello');
const { service } = await call(ecsClient, new ecs.UpdateServiceCommand({ cluster: 'js', service: 'js', taskDefinition: await register(second) }));
assert.deepEqual(service.deployments.map((d) => d.rolloutState), ['IN_PROGRESS', 'COMPLETED']);
assert.ok(service.createdAt instanceof Date);
await stable();
assert.equal(await get('/'), 'v2');
await assert.rejects(call(ecsClient, new ecs.UpdateServiceCommand({ cluster: 'js', service: 'nope' })), ecs.ServiceNotFoundException);
await call(ecsClient, new ecs.DeleteServiceCommand({ cluster: 'js', service: 'js', force: true }));
await ecs.waitUntilServicesInactive({ client: ecsClient, maxWaitTime: 300, minDelay: 1, maxDelay: 1 }, { cluster: 'js', services: ['js'] });
console.log('done');
