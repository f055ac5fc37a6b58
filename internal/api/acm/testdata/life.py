"""Requests, describes, imports and deletes certificates with boto3."""
import subprocess
import sys
import tempfile
import boto3
from botocore.exceptions import ClientError

acm = boto3.client("acm", endpoint_url=sys.argv[1])

arn = acm.request_certificate(DomainName="example.com", ValidationMethod="DNS", Tags=[{"Key": "a", "Value": "1"}])["CertificateArn"]
acm.get_waiter("certificate_validated").wait(CertificateArn=arn)
cert = acm.describe_certificate(CertificateArn=arn)["Certificate"]
assert cert["Status"] == "ISSUED" and cert["KeyAlgorithm"] == "RSA_2048", cert
assert [c["CertificateArn"] for c in acm.list_certificates()["CertificateSummaryList"]] == [arn]
pem = acm.get_certificate(CertificateArn=arn)
assert "BEGIN CERTIFICATE" in pem["Certificate"] and "BEGIN CERTIFICATE" in pem["CertificateChain"]

with tempfile.TemporaryDirectory() as d:
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", d + "/k", "-out", d + "/c", "-days", "30",
                    "-subj", "/CN=self.example.com", "-addext", "subjectAltName=DNS:self.example.com"], check=True, capture_output=True)
    imported = acm.import_certificate(Certificate=open(d + "/c", "rb").read(), PrivateKey=open(d + "/k", "rb").read())["CertificateArn"]
assert acm.describe_certificate(CertificateArn=imported)["Certificate"]["DomainName"] == "self.example.com"
assert len(acm.list_certificates(Includes={"keyTypes": ["RSA_2048"]})["CertificateSummaryList"]) == 2
pages = list(acm.get_paginator("list_certificates").paginate(PaginationConfig={"PageSize": 1}))
assert len(pages) == 2, pages

acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "b", "Value": "2"}])
acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "a"}])
assert acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]

for code, call in (("ResourceNotFoundException", lambda: acm.describe_certificate(CertificateArn=arn[:-4] + "0000")),
                   ("InvalidArnException", lambda: acm.describe_certificate(CertificateArn="x" * 30)),
                   ("ValidationException", lambda: acm.import_certificate(Certificate=b"a", PrivateKey=b"b"))):
    try:
        call()
        raise AssertionError(code + " expected")
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e
acm.delete_certificate(CertificateArn=arn)
acm.delete_certificate(CertificateArn=imported)
assert acm.list_certificates()["CertificateSummaryList"] == []
