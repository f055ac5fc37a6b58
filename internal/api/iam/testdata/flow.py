"""What Terraform and people do with IAM, by boto3: documents come back decoded."""
import json
import sys

import boto3
from botocore.exceptions import ClientError

iam = boto3.client("iam", endpoint_url=sys.argv[1])
trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
grant = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a+b/%c"}]}


def fails(code, call, **kwargs):
    try:
        call(**kwargs)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e
    else:
        raise AssertionError(f"{call} should fail with {code}")


policy = iam.create_policy(PolicyName="p", Path="/team/", Description="d", PolicyDocument=json.dumps(grant), Tags=[{"Key": "a", "Value": "1"}])["Policy"]["Arn"]
assert iam.get_policy_version(PolicyArn=policy, VersionId="v1")["PolicyVersion"]["Document"] == grant
iam.tag_policy(PolicyArn=policy, Tags=[{"Key": "b", "Value": "2"}])
iam.untag_policy(PolicyArn=policy, TagKeys=["a"])
assert iam.list_policy_tags(PolicyArn=policy)["Tags"] == [{"Key": "b", "Value": "2"}]
iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(grant))
iam.set_default_policy_version(PolicyArn=policy, VersionId="v2")
iam.delete_policy_version(PolicyArn=policy, VersionId="v1")
fails("NoSuchEntity", iam.set_default_policy_version, PolicyArn=policy, VersionId="v1")

role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust), PermissionsBoundary=policy)["Role"]
assert role["AssumeRolePolicyDocument"] == trust and role["PermissionsBoundary"]["PermissionsBoundaryArn"] == policy, role
fails("DeleteConflict", iam.delete_policy, PolicyArn=policy)
iam.delete_role_permissions_boundary(RoleName="r")
iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=policy)
iam.delete_role_permissions_boundary(RoleName="r")
fails("NoSuchEntity", iam.put_role_permissions_boundary, RoleName="r", PermissionsBoundary="arn:aws:iam::000000000000:policy/none")
iam.update_role_description(RoleName="r", Description="new")
assert [r["RoleName"] for r in iam.list_roles(PathPrefix="/")["Roles"]] == ["r"]
assert iam.list_roles(PathPrefix="/x/")["Roles"] == []
iam.put_role_policy(RoleName="r", PolicyName="inline", PolicyDocument=json.dumps(grant))
assert iam.list_role_policies(RoleName="r")["PolicyNames"] == ["inline"]
assert iam.get_role_policy(RoleName="r", PolicyName="inline")["PolicyDocument"] == grant
fails("NoSuchEntity", iam.get_role_policy, RoleName="r", PolicyName="none")
iam.delete_role_policy(RoleName="r", PolicyName="inline")

user = iam.create_user(UserName="u", PermissionsBoundary=policy, Tags=[{"Key": "k", "Value": "v"}])["User"]
assert user["PermissionsBoundary"]["PermissionsBoundaryArn"] == policy, user
fails("EntityAlreadyExists", iam.create_user, UserName="U")
iam.tag_user(UserName="u", Tags=[{"Key": "l", "Value": "w"}])
iam.untag_user(UserName="u", TagKeys=["k"])
assert iam.list_user_tags(UserName="u")["Tags"] == [{"Key": "l", "Value": "w"}]
iam.put_user_policy(UserName="u", PolicyName="inline", PolicyDocument=json.dumps(grant))
assert iam.list_user_policies(UserName="u")["PolicyNames"] == ["inline"]
assert iam.get_user_policy(UserName="u", PolicyName="inline")["PolicyDocument"] == grant
iam.attach_user_policy(UserName="u", PolicyArn=policy)
iam.attach_role_policy(RoleName="r", PolicyArn=policy)
assert iam.list_attached_user_policies(UserName="u")["AttachedPolicies"] == [{"PolicyName": "p", "PolicyArn": policy}]
assert iam.list_attached_user_policies(UserName="u", PathPrefix="/other/")["AttachedPolicies"] == []
entities = iam.list_entities_for_policy(PolicyArn=policy)
assert [e["RoleName"] for e in entities["PolicyRoles"]] == ["r"] and [e["UserName"] for e in entities["PolicyUsers"]] == ["u"], entities
assert iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 2
assert [p["PolicyName"] for p in iam.list_policies(Scope="Local", OnlyAttached=True)["Policies"]] == ["p"]
assert len(iam.list_policies(Scope="AWS")["Policies"]) >= 4
assert iam.list_groups_for_user(UserName="u")["Groups"] == []
assert [u["UserName"] for u in iam.list_users()["Users"]] == ["u"]
key = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
iam.create_access_key(UserName="u")
fails("LimitExceeded", iam.create_access_key, UserName="u")
for k in iam.list_access_keys(UserName="u")["AccessKeyMetadata"]:
    iam.delete_access_key(UserName="u", AccessKeyId=k["AccessKeyId"])
fails("NoSuchEntity", iam.delete_access_key, UserName="u", AccessKeyId=key)
fails("DeleteConflict", iam.delete_user, UserName="u")
iam.detach_user_policy(UserName="u", PolicyArn=policy)
fails("DeleteConflict", iam.delete_user, UserName="u")
iam.delete_user_policy(UserName="u", PolicyName="inline")
iam.delete_user(UserName="u")
iam.detach_role_policy(RoleName="r", PolicyArn=policy)
iam.delete_role(RoleName="r")
iam.delete_policy(PolicyArn=policy)

iam.create_instance_profile(InstanceProfileName="n", Path="/x/")
fails("EntityAlreadyExists", iam.create_instance_profile, InstanceProfileName="n")
assert iam.get_instance_profile(InstanceProfileName="n")["InstanceProfile"]["Roles"] == []
assert len(iam.list_instance_profiles(PathPrefix="/x/")["InstanceProfiles"]) == 1
iam.delete_instance_profile(InstanceProfileName="n")
assert iam.get_user()["User"]["Arn"].endswith(":root")
fails("ValidationError", iam.create_role, RoleName="a b", AssumeRolePolicyDocument=json.dumps(trust))
fails("ValidationError", iam.list_roles, Marker="nonsense")
fails("InvalidInput", iam.get_policy, PolicyArn="arn:aws:iam::000000000000:role/r")
