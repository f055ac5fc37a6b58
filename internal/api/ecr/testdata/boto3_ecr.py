"""What a set-up script does with boto3; prints "fine" at the end."""

import base64
import hashlib
import json
import sys
import urllib.request

import boto3
from botocore.exceptions import ClientError

ecr = boto3.client("ecr", endpoint_url=sys.argv[1], region_name="eu-west-1",
                   aws_access_key_id="test", aws_secret_access_key="test")
NAME = "team/app"


def code(call, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        return e.response["Error"]["Code"]
    return ""


def same(got, want):
    assert got == want, f"got {got!r}, want {want!r}"


def upload(body):
    digest = "sha256:" + hashlib.sha256(body).hexdigest()
    started = ecr.initiate_layer_upload(repositoryName=NAME)
    size = started["partSize"]
    for first in range(0, len(body), size):
        part = body[first:first + size]
        ecr.upload_layer_part(repositoryName=NAME, uploadId=started["uploadId"], partFirstByte=first,
                              partLastByte=first + len(part) - 1, layerPartBlob=part)
    ecr.complete_layer_upload(repositoryName=NAME, uploadId=started["uploadId"], layerDigests=[digest])
    return {"digest": digest, "size": len(body)}


made = ecr.create_repository(repositoryName=NAME, imageTagMutability="IMMUTABLE", tags=[{"Key": "a", "Value": "b"}])["repository"]
same(made["repositoryUri"], "000000000000.dkr.ecr.eu-west-1.amazonaws.com/team/app")
same(made["encryptionConfiguration"], {"encryptionType": "AES256"})
same(ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"], [{"Key": "a", "Value": "b"}])

token = ecr.get_authorization_token()["authorizationData"][0]
user, password = base64.b64decode(token["authorizationToken"]).decode().split(":")
same(user, "AWS")
same(token["proxyEndpoint"], sys.argv[1])

layer, config = upload(b"layer" * 2_200_000), upload(b"{}")
manifest = json.dumps({
    "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    "config": {"mediaType": "application/vnd.docker.container.image.v1+json", **config},
    "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", **layer}],
})
digest = ecr.put_image(repositoryName=NAME, imageManifest=manifest, imageTag="v1")["image"]["imageId"]["imageDigest"]
same(code(ecr.put_image, repositoryName=NAME, imageManifest=manifest, imageTag="v1"), "ImageAlreadyExistsException")
same(code(ecr.put_image, repositoryName=NAME, imageManifest=manifest + " ", imageTag="v1"), "ImageTagAlreadyExistsException")

request = urllib.request.Request(f"{sys.argv[1]}/v2/{NAME}/manifests/v1")
request.add_header("Authorization", "Basic " + token["authorizationToken"])
same(urllib.request.urlopen(request).read().decode(), manifest)
url = ecr.get_download_url_for_layer(repositoryName=NAME, layerDigest=layer["digest"])["downloadUrl"]
same(len(urllib.request.urlopen(url).read()), layer["size"])

detail = ecr.describe_images(repositoryName=NAME)["imageDetails"][0]
same((detail["imageDigest"], detail["imageTags"], detail["imageSizeInBytes"]), (digest, ["v1"], layer["size"] + 2))
same(ecr.list_images(repositoryName=NAME)["imageIds"], [{"imageDigest": digest, "imageTag": "v1"}])
same(code(ecr.delete_repository, repositoryName=NAME), "RepositoryNotEmptyException")
same(code(ecr.describe_image_scan_findings, repositoryName=NAME, imageId={"imageTag": "v1"}), "ScanNotFoundException")
same(code(ecr.get_lifecycle_policy, repositoryName=NAME), "LifecyclePolicyNotFoundException")
same(code(ecr.get_repository_policy, repositoryName=NAME), "RepositoryPolicyNotFoundException")

gone = ecr.batch_delete_image(repositoryName=NAME, imageIds=[{"imageTag": "v1"}, {"imageTag": "none"}])
same(gone["imageIds"], [{"imageDigest": digest, "imageTag": "v1"}])
same(gone["failures"][0]["failureCode"], "ImageNotFound")
ecr.delete_repository(repositoryName=NAME)
same(code(ecr.describe_repositories, repositoryNames=[NAME]), "RepositoryNotFoundException")
print("fine")
