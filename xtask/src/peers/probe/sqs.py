"""SQS: queues, messages, dead letters, policies, and older clients."""

import hashlib
import json
import time

from harness import check, refused


def queue(cloud, prefix="queue", **attributes):
    suffix = ".fifo" if attributes.get("FifoQueue") == "true" else ""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=cloud.name(prefix) + suffix, Attributes=attributes)["QueueUrl"]
    cloud._later(lambda: sqs.delete_queue(QueueUrl=url))
    return sqs, url


def arn(sqs, url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def bodies(sqs, url, **settings):
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **settings)
    return [message["Body"] for message in received.get("Messages", [])]


@check("sqs", "a message is sent, received, and deleted by its receipt")
def message(cloud):
    sqs, url = queue(cloud)
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert sent["MD5OfMessageBody"] == hashlib.md5(b"hello").hexdigest()
    (received,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert (received["Body"], received["MessageId"]) == ("hello", sent["MessageId"])
    assert received["Attributes"]["ApproximateReceiveCount"] == "1"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == counts["ApproximateNumberOfMessagesNotVisible"] == "0", counts


@check("sqs", "attributes of messages come back with their digest, by name and by prefix")
def attributes(cloud):
    sqs, url = queue(cloud)
    values = {
        "kind": {"DataType": "String", "StringValue": "order"},
        "size.kb": {"DataType": "Number", "StringValue": "7"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    sent = sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=values)
    assert sent["MD5OfMessageAttributes"]
    (received,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], VisibilityTimeout=0)["Messages"]
    assert received["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert received["MessageAttributes"]["bytes"]["BinaryValue"] == b"\x00\x01"
    (received,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["size.*"])["Messages"]
    assert set(received["MessageAttributes"]) == {"size.kb"}, received


@check("sqs", "a message is seen again after its visibility timeout, or when it is given back")
def visibility(cloud):
    sqs, url = queue(cloud, VisibilityTimeout="1")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert bodies(sqs, url) == ["x"]
    assert bodies(sqs, url) == []
    (again,) = cloud.until(lambda: sqs.receive_message(QueueUrl=url, VisibilityTimeout=600).get("Messages"))
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"], VisibilityTimeout=0)
    assert bodies(sqs, url) == ["x"]


@check("sqs", "a delayed message comes when its delay is over")
def delay(cloud):
    sqs, url = queue(cloud, DelaySeconds="1")
    sqs.send_message(QueueUrl=url, MessageBody="late")
    sqs.send_message(QueueUrl=url, MessageBody="now", DelaySeconds=0)
    assert bodies(sqs, url) == ["now"]
    assert bodies(sqs, url, WaitTimeSeconds=5) == ["late"]


@check("sqs", "a long poll answers as soon as a message is there")
def long_poll(cloud):
    import threading

    sqs, url = queue(cloud)
    timer = threading.Timer(0.5, lambda: cloud.client("sqs").send_message(QueueUrl=url, MessageBody="x"))
    began = time.monotonic()
    timer.start()
    assert bodies(sqs, url, WaitTimeSeconds=15) == ["x"]
    assert 0.3 < time.monotonic() - began < 10


@check("sqs", "batches send, hide and delete, and name the entries that failed")
def batches(cloud):
    sqs, url = queue(cloud)
    entries = [{"Id": str(number), "MessageBody": f"m{number}"} for number in range(3)]
    entries.append({"Id": "wrong", "MessageBody": "x", "DelaySeconds": 901})
    sent = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert len(sent["Successful"]) == 3 and sent["Failed"][0]["Id"] == "wrong", sent
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    handles = [{"Id": str(at), "ReceiptHandle": one["ReceiptHandle"]} for at, one in enumerate(received)]
    hidden = sqs.change_message_visibility_batch(QueueUrl=url, Entries=[{**one, "VisibilityTimeout": 60} for one in handles])
    assert len(hidden["Successful"]) == len(received) == 3
    deleted = sqs.delete_message_batch(QueueUrl=url, Entries=[*handles, {"Id": "wrong", "ReceiptHandle": "wrong"}])
    assert len(deleted["Successful"]) == 3 and deleted["Failed"][0]["Id"] == "wrong", deleted
    with refused("AWS.SimpleQueueService.BatchEntryIdsNotDistinct"):
        sqs.delete_message_batch(QueueUrl=url, Entries=[handles[0], handles[0]])
    with refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest"):
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(at), "MessageBody": "x"} for at in range(11)])


@check("sqs", "a FIFO queue keeps the order of each group and drops doubles")
def fifo(cloud):
    sqs, url = queue(cloud, FifoQueue="true", ContentBasedDeduplication="true")
    for body, group in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a1", "a")]:
        assert sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group)["SequenceNumber"]
    (first,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert (first["Body"], first["Attributes"]["MessageGroupId"]) == ("a1", "a")
    assert bodies(sqs, url) == ["b1"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert bodies(sqs, url) == ["a2"]
    with refused("MissingParameter"):
        sqs.send_message(QueueUrl=url, MessageBody="x")


@check("sqs", "a message that was received too often goes to the dead-letter queue")
def dead_letters(cloud):
    sqs, dead = queue(cloud, "dead")
    policy = json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 2})
    sqs, url = queue(cloud, RedrivePolicy=policy, VisibilityTimeout="0")
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    assert [bodies(sqs, url) for _ in range(3)] == [["poison"], ["poison"], []]
    (letter,) = sqs.receive_message(QueueUrl=dead, AttributeNames=["All"], WaitTimeSeconds=5)["Messages"]
    assert letter["Attributes"]["DeadLetterQueueSourceArn"] == arn(sqs, url), letter
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]


@check("sqs", "a dead-letter queue takes letters of the queues that it allows")
def redrive_allow(cloud):
    sqs, dead = queue(cloud, "dead", RedriveAllowPolicy=json.dumps({"redrivePermission": "denyAll"}))
    policy = json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 2})
    with refused():
        queue(cloud, RedrivePolicy=policy)


@check("sqs", "dead letters are moved back to where they came from")
def move(cloud):
    sqs, dead = queue(cloud, "dead")
    policy = json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 1})
    sqs, url = queue(cloud, RedrivePolicy=policy, VisibilityTimeout="0")
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    assert [bodies(sqs, url), bodies(sqs, url)] == [["poison"], []]
    task = sqs.start_message_move_task(SourceArn=arn(sqs, dead))["TaskHandle"]
    assert task
    cloud.until(lambda: bodies(sqs, url) == ["poison"])
    done = lambda: sqs.list_message_move_tasks(SourceArn=arn(sqs, dead))["Results"][0]
    result = cloud.until(lambda: done() if done()["Status"] == "COMPLETED" else None)
    assert result["ApproximateNumberOfMessagesMoved"] == 1, result


@check("sqs", "a queue is purged")
def purge(cloud):
    sqs, url = queue(cloud)
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    sqs.purge_queue(QueueUrl=url)
    assert cloud.until(lambda: bodies(sqs, url) == [])


@check("sqs", "queues are listed by prefix in pages, and found by name")
def listing(cloud):
    sqs, prefix = cloud.client("sqs"), cloud.name("list")
    urls = [sqs.create_queue(QueueName=f"{prefix}-{number}")["QueueUrl"] for number in range(3)]
    first = sqs.list_queues(QueueNamePrefix=prefix, MaxResults=2)
    rest = sqs.list_queues(QueueNamePrefix=prefix, MaxResults=2, NextToken=first["NextToken"])
    assert sorted(first["QueueUrls"] + rest["QueueUrls"]) == sorted(urls)
    assert sqs.get_queue_url(QueueName=f"{prefix}-0")["QueueUrl"] == urls[0]
    for url in urls:
        sqs.delete_queue(QueueUrl=url)
    with refused("AWS.SimpleQueueService.NonExistentQueue"):
        sqs.get_queue_url(QueueName=f"{prefix}-0")


@check("sqs", "a queue has tags")
def tags(cloud):
    sqs, url = queue(cloud)
    sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["a"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"b": "2"}


@check("sqs", "values outside of the limits of SQS are refused")
def limits(cloud):
    sqs, url = queue(cloud, MaximumMessageSize="1024")
    with refused("InvalidParameterValue"):
        sqs.send_message(QueueUrl=url, MessageBody="x" * 1025)
    with refused("InvalidMessageContents"):
        sqs.send_message(QueueUrl=url, MessageBody="\x01")
    with refused("InvalidAttributeValue"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "43201"})
    with refused("InvalidParameterValue"):
        sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=11)
    with refused("ReceiptHandleIsInvalid"):
        sqs.delete_message(QueueUrl=url, ReceiptHandle="wrong")


@check("sqs", "a role may do with a queue what its policy says")
def role(cloud):
    sqs, url = queue(cloud)
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn(sqs, url)}
    role_arn = cloud.role([allowed])
    keys = cloud.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="probe")["Credentials"]
    limited = cloud.client("sqs", keys=keys)
    limited.send_message(QueueUrl=url, MessageBody="x")
    limited.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "y"}])
    with refused("AccessDenied", "AccessDeniedException"):
        limited.receive_message(QueueUrl=url)


@check("sqs", "a bucket tells a queue whose policy lets it")
def from_bucket(cloud):
    sqs, url = queue(cloud)
    s3, bucket = cloud.client("s3"), cloud.name("bucket")
    s3.create_bucket(Bucket=bucket)
    wanted = {"QueueConfigurations": [{"QueueArn": arn(sqs, url), "Events": ["s3:ObjectCreated:*"]}]}
    with refused("InvalidArgument"):
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    statement = {
        "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn(sqs, url),
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    (test,) = cloud.until(lambda: sqs.receive_message(QueueUrl=url)["Messages"])
    assert json.loads(test["Body"])["Event"] == "s3:TestEvent", test
    s3.put_object(Bucket=bucket, Key="a b.txt", Body=b"x")
    (told,) = cloud.until(lambda: sqs.receive_message(QueueUrl=url)["Messages"])
    assert json.loads(told["Body"])["Records"][0]["s3"]["object"]["key"] == "a+b.txt", told


@check("sqs", "a topic's messages come in an envelope, or raw with their attributes")
def from_topic(cloud):
    sqs, url = queue(cloud)
    sns = cloud.client("sns")
    topic = sns.create_topic(Name=cloud.name("topic"))["TopicArn"]
    statement = {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn(sqs, url),
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn(sqs, url), ReturnSubscriptionArn=True)["SubscriptionArn"]
    sns.publish(TopicArn=topic, Message="hello", Subject="s")
    (told,) = cloud.until(lambda: sqs.receive_message(QueueUrl=url)["Messages"])
    envelope = json.loads(told["Body"])
    assert (envelope["Type"], envelope["Message"], envelope["Subject"]) == ("Notification", "hello", "s"), envelope
    sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RawMessageDelivery", AttributeValue="true")
    sns.publish(TopicArn=topic, Message="raw", MessageAttributes={"kind": {"DataType": "String", "StringValue": "k"}})
    (told,) = cloud.until(lambda: sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"])
    assert (told["Body"], told["MessageAttributes"]["kind"]["StringValue"]) == ("raw", "k"), told


@check("sqs", "a template makes queues with a dead-letter queue and a policy")
def template(cloud):
    name = cloud.name("stack-queue")
    resources = {
        "Dead": {"Type": "AWS::SQS::Queue"},
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": name, "VisibilityTimeout": 45,
                "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3},
                "Tags": [{"Key": "team", "Value": "photos"}],
            },
        },
        "Policy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": "Queue"}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}],
                },
            },
        },
    }
    outputs = {"Url": {"Value": {"Ref": "Queue"}}, "Arn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}}}
    _, made = cloud.stack({"Resources": resources, "Outputs": outputs})
    sqs = cloud.client("sqs")
    found = sqs.get_queue_attributes(QueueUrl=made["Url"], AttributeNames=["All"])["Attributes"]
    assert (found["QueueArn"], found["VisibilityTimeout"]) == (made["Arn"], "45"), found
    assert json.loads(found["RedrivePolicy"])["maxReceiveCount"] in (3, "3") and "sns.amazonaws.com" in found["Policy"]
    assert sqs.list_queue_tags(QueueUrl=made["Url"])["Tags"]["team"] == "photos"


@check("sqs", "a client of the Query protocol sends and receives")
def older_client(cloud):
    import urllib.parse

    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    _, url = queue(cloud)

    def call(**fields):
        body = urllib.parse.urlencode({"Version": "2012-11-05", **fields})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        request = AWSRequest("POST", url, data=body, headers=headers)
        SigV4Auth(Credentials("test", "test"), "sqs", cloud.region).add_auth(request)
        answer = cloud.http("POST", url, body, dict(request.headers))
        assert answer.status == 200, answer
        return answer.text

    fields = {"MessageAttribute.1.Name": "n", "MessageAttribute.1.Value.DataType": "String", "MessageAttribute.1.Value.StringValue": "v"}
    assert "<MD5OfMessageAttributes>" in call(Action="SendMessage", MessageBody="old & new", **fields)
    received = call(Action="ReceiveMessage", **{"MessageAttributeName.1": "All", "AttributeName.1": "All"})
    assert "<Body>old &amp; new</Body>" in received and "<StringValue>v</StringValue>" in received, received
