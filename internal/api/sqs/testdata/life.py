"""The life of queues and messages, as boto3 sees it."""

import hashlib
import struct
import sys

import boto3
from botocore.config import Config

sqs = boto3.client(
    "sqs", endpoint_url=sys.argv[1], region_name="us-east-1",
    aws_access_key_id="test", aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}),
)
boto = boto3.resource(
    "sqs", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
)


def digest(attributes):
    """AWS's MD5 of message attributes, written down a second time."""
    md5 = hashlib.md5()
    for name in sorted(attributes):
        a = attributes[name]
        for part in (name, a["DataType"]):
            md5.update(struct.pack("!I", len(part.encode())) + part.encode())
        value = a["BinaryValue"] if a["DataType"].startswith("Binary") else a["StringValue"].encode()
        md5.update(b"\x02" if a["DataType"].startswith("Binary") else b"\x01")
        md5.update(struct.pack("!I", len(value)) + value)
    return md5.hexdigest()


def fails(code, call, **args):
    try:
        call(**args)
    except sqs.exceptions.ClientError as e:
        assert e.response["Error"]["Code"] == code, e.response
        return e
    raise AssertionError("no error, want " + code)


url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "60"}, tags={"team": "a"})["QueueUrl"]
assert url == sys.argv[1] + "/000000000000/q", url
assert sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "60"})["QueueUrl"] == url
assert sqs.get_queue_url(QueueName="q")["QueueUrl"] == url
assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "a"}

# A message with attributes of every kind, and the digests that boto3's users check.
attributes = {
    "text": {"DataType": "String", "StringValue": "grün 🦄"},
    "number": {"DataType": "Number.int", "StringValue": "-12"},
    "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
}
body = "hello <world> & \r\n\t🦄"
trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
sent = sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes, MessageSystemAttributes=trace)
assert sent["MD5OfMessageBody"] == hashlib.md5(body.encode()).hexdigest()
assert sent["MD5OfMessageAttributes"] == digest(attributes), sent
assert sent["MD5OfMessageSystemAttributes"] == digest(trace), sent

got = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"], VisibilityTimeout=0)["Messages"][0]
assert got["Body"] == body and got["MD5OfBody"] == sent["MD5OfMessageBody"] and got["MessageId"] == sent["MessageId"]
assert got["MessageAttributes"] == attributes and got["MD5OfMessageAttributes"] == digest(attributes)
assert got["Attributes"]["AWSTraceHeader"].startswith("Root=") and got["Attributes"]["ApproximateReceiveCount"] == "1"
got = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["te.*"])["Messages"][0]  # 0 seconds are over at once
assert set(got["MessageAttributes"]) == {"text"} and "Attributes" not in got
assert got["MD5OfMessageAttributes"] == digest({"text": attributes["text"]})
assert "Messages" not in sqs.receive_message(QueueUrl=url)
sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"], VisibilityTimeout=0)
got = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"][0]
assert got["Attributes"] == {"ApproximateReceiveCount": "3"} and "MessageAttributes" not in got
sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])

# Batches.
out = sqs.send_message_batch(QueueUrl=url, Entries=[
    {"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": "2", "DelaySeconds": 900}, {"Id": "c", "MessageBody": "3", "DelaySeconds": 901},
])
assert [x["Id"] for x in out["Successful"]] == ["a", "b"], out
assert out["Failed"][0]["Id"] == "c" and out["Failed"][0]["Code"] == "InvalidParameterValue" and out["Failed"][0]["SenderFault"], out
counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
assert (counts["ApproximateNumberOfMessages"], counts["ApproximateNumberOfMessagesDelayed"]) == ("1", "1"), counts
queue = boto.get_queue_by_name(QueueName="q")
messages = queue.receive_messages(MaxNumberOfMessages=10, WaitTimeSeconds=20)
assert [m.body for m in messages] == ["1"]
out = queue.change_message_visibility_batch(Entries=[{"Id": "x", "ReceiptHandle": messages[0].receipt_handle, "VisibilityTimeout": 5}])
assert len(out["Successful"]) == 1, out
out = queue.delete_messages(Entries=[{"Id": "x", "ReceiptHandle": messages[0].receipt_handle}, {"Id": "y", "ReceiptHandle": "nonsense"}])
assert out["Successful"][0]["Id"] == "x" and out["Failed"][0]["Code"] == "ReceiptHandleIsInvalid", out
queue.purge()

# FIFO.
fifo = sqs.create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"})["QueueUrl"]
first = sqs.send_message(QueueUrl=fifo, MessageBody="1", MessageGroupId="g")
again = sqs.send_message(QueueUrl=fifo, MessageBody="1", MessageGroupId="g")
assert first["MessageId"] == again["MessageId"] and first["SequenceNumber"] == again["SequenceNumber"]
second = sqs.send_message(QueueUrl=fifo, MessageBody="2", MessageGroupId="g")
assert second["SequenceNumber"] > first["SequenceNumber"]
got = sqs.receive_message(QueueUrl=fifo, AttributeNames=["All"], ReceiveRequestAttemptId="try")["Messages"]
assert len(got) == 1 and got[0]["Attributes"]["MessageGroupId"] == "g", got
assert "Messages" not in sqs.receive_message(QueueUrl=fifo)
same = sqs.receive_message(QueueUrl=fifo, ReceiveRequestAttemptId="try")["Messages"]
assert same[0]["ReceiptHandle"] == got[0]["ReceiptHandle"]
sqs.delete_message(QueueUrl=fifo, ReceiptHandle=got[0]["ReceiptHandle"])
assert sqs.receive_message(QueueUrl=fifo)["Messages"][0]["Body"] == "2"

# Errors, as boto3 knows them.
fails("MissingParameter", sqs.send_message, QueueUrl=fifo, MessageBody="x")
fails("InvalidParameterValue", sqs.receive_message, QueueUrl=url, WaitTimeSeconds=21)
fails("QueueAlreadyExists", sqs.create_queue, QueueName="q", Attributes={"VisibilityTimeout": "61"})
sqs.delete_queue(QueueUrl=url)
e = fails("AWS.SimpleQueueService.NonExistentQueue", sqs.receive_message, QueueUrl=url)
assert isinstance(e, sqs.exceptions.QueueDoesNotExist)
print("ok")
