"""The life of a namespace, with boto3."""
import socket
import sys

import boto3
from botocore.config import Config

endpoint = sys.argv[1]
sd = boto3.client("servicediscovery", endpoint_url=endpoint, config=Config(inject_host_prefix=False))


def target(operation, kind):
    op = sd.get_operation(OperationId=operation["OperationId"])["Operation"]
    assert op["Status"] == "SUCCESS", op
    return op["Targets"][kind]


namespace = target(sd.create_private_dns_namespace(Name="prod.local", Vpc="vpc-0123456789abcdef0"), "NAMESPACE")
service = sd.create_service(
    Name="api", DnsConfig={"NamespaceId": namespace, "RoutingPolicy": "WEIGHTED", "DnsRecords": [{"Type": "A", "TTL": 60}]},
    HealthCheckCustomConfig={"FailureThreshold": 1},
)["Service"]
assert service["Type"] == "DNS_HTTP" and service["CreateDate"].year > 2000, service
assert target(sd.register_instance(ServiceId=service["Id"], InstanceId="i1", Attributes={"AWS_INSTANCE_IPV4": "10.0.0.1", "stage": "beta"}), "INSTANCE") == "i1"

found = sd.discover_instances(NamespaceName="prod.local", ServiceName="api", QueryParameters={"stage": "beta"})
assert [i["InstanceId"] for i in found["Instances"]] == ["i1"] and found["Instances"][0]["HealthStatus"] == "HEALTHY", found
assert sd.discover_instances_revision(NamespaceName="prod.local", ServiceName="api")["InstancesRevision"] == found["InstancesRevision"]

# With the host prefix, as a client has it that was not told otherwise: the name
# is made up here, for not every machine resolves it.
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: resolve(host.removeprefix("data-"), *rest, **more)
prefixed = boto3.client("servicediscovery", endpoint_url=endpoint)
found = prefixed.discover_instances(NamespaceName="prod.local", ServiceName="api")
assert [i["InstanceId"] for i in found["Instances"]] == ["i1"], found

sd.update_instance_custom_health_status(ServiceId=service["Id"], InstanceId="i1", Status="UNHEALTHY")
assert sd.get_instances_health_status(ServiceId=service["Id"])["Status"] == {"i1": "UNHEALTHY"}
assert sd.discover_instances(NamespaceName="prod.local", ServiceName="api", HealthStatus="HEALTHY")["Instances"] == []
try:
    sd.create_private_dns_namespace(Name="prod.local", Vpc="vpc-0123456789abcdef0")
    raise AssertionError("a second namespace of one name")
except sd.exceptions.NamespaceAlreadyExists as e:
    assert e.response["NamespaceId"] == namespace, e.response
try:
    sd.delete_service(Id=service["Id"])
    raise AssertionError("a service with an instance was deleted")
except sd.exceptions.ResourceInUse:
    pass
target(sd.deregister_instance(ServiceId=service["Id"], InstanceId="i1"), "INSTANCE")
sd.delete_service(Id=service["Id"])
target(sd.delete_namespace(Id=namespace), "NAMESPACE")
assert sd.list_namespaces()["Namespaces"] == []
