"""SNS: topics, filters, e-mail, authorization."""

import json
import urllib.parse

from harness import check, refused


def _topic(cloud):
    sns = cloud.client("sns")
    topic = sns.create_topic(Name=cloud.name("topic"))["TopicArn"]
    cloud._later(lambda: sns.delete_topic(TopicArn=topic))
    return sns, topic


@check("sns", "an address gets mail after it has confirmed by the link in its mail")
def email(cloud):
    sns, topic = _topic(cloud)
    address = f"{cloud.name('user')}@example.com"
    answer = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    assert answer["SubscriptionArn"] == "pending confirmation", answer
    sns.publish(TopicArn=topic, Message="too early")
    asked = cloud.mails(address)
    assert len(asked) == 1, asked
    link = urllib.parse.urlsplit(asked[0]["confirmUrl"])
    confirmed = cloud.http("GET", f"{link.path}?{link.query}")
    assert confirmed.status == 200, confirmed
    sns.publish(TopicArn=topic, Subject="Hello", Message="a message")
    mail = cloud.until(lambda: [mail for mail in cloud.mails(address) if mail["subject"] == "Hello"])[0]
    assert mail["body"].startswith("a message"), mail
    assert "Hello" in cloud.http("GET", "/_stack/mailbox").text


@check("sns", "a filter policy on the body chooses messages")
def filter_policy(cloud):
    sns, topic = _topic(cloud)
    address = f"{cloud.name('user')}@example.com"
    attributes = {
        "FilterPolicy": json.dumps({"order": {"total": [{"numeric": [">", 100]}]}, "$or": [{"a": ["x"]}, {"b": [{"wildcard": "*y"}]}]}),
        "FilterPolicyScope": "MessageBody",
    }
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address, Attributes=attributes)
    link = urllib.parse.urlsplit(cloud.mails(address)[0]["confirmUrl"])
    cloud.http("GET", f"{link.path}?{link.query}")
    sns.publish(TopicArn=topic, Subject="no", Message=json.dumps({"order": {"total": 99}, "a": "x"}))
    sns.publish(TopicArn=topic, Subject="yes", Message=json.dumps({"order": {"total": 101}, "b": "why"}))
    cloud.until(lambda: [mail for mail in cloud.mails(address) if mail["subject"] == "yes"])
    assert not [mail for mail in cloud.mails(address) if mail["subject"] == "no"]


@check("sns", "a batch is published entry by entry")
def batch(cloud):
    sns, topic = _topic(cloud)
    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "1", "Message": "a"}, {"Id": "2", "Message": "b", "Subject": "\n"}])
    assert [one["Id"] for one in answer["Successful"]] == ["1"] and [one["Id"] for one in answer["Failed"]] == ["2"], answer


@check("sns", "protocols that nothing is delivered to are refused")
def protocols(cloud):
    sns, topic = _topic(cloud)
    with refused("InvalidParameter"):
        sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+15555550100")
    with refused("InvalidParameter"):
        sns.subscribe(TopicArn=topic, Protocol="pigeon", Endpoint="x")


@check("sns", "a role publishes only to the topic that its policy names")
def authorization(cloud):
    sns, topic = _topic(cloud)
    _, other = _topic(cloud)
    role = cloud.role([{"Effect": "Allow", "Action": "sns:Publish", "Resource": topic}])
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
    limited = cloud.client("sns", keys=keys)
    limited.publish(TopicArn=topic, Message="x")
    for action in (lambda: limited.publish(TopicArn=other, Message="x"), lambda: limited.delete_topic(TopicArn=topic), limited.list_topics):
        with refused("AuthorizationError", "AccessDenied"):
            action()


@check("sns", "a topic's policy can deny")
def topic_policy(cloud):
    sns, topic = _topic(cloud)
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    with refused("AuthorizationError", "AccessDenied"):
        sns.publish(TopicArn=topic, Message="x")


@check("sns", "what cannot be delivered goes to the subscription's dead-letter queue")
def dead_letter(cloud):
    sns, topic = _topic(cloud)
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=cloud.name("queue"))["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [statement]})})
    function = f"arn:aws:lambda:{cloud.region}:{cloud.account}:function:{cloud.name('gone')}"
    redrive = json.dumps({"deadLetterTargetArn": queue})
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function, Attributes={"RedrivePolicy": redrive})
    sns.publish(TopicArn=topic, Message="lost")
    messages = cloud.until(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"))
    assert "lost" in messages[0]["Body"], messages
