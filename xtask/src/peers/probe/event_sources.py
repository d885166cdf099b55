"""Lambda: functions that read queues and streams, and where their outcomes go."""

import json

from harness import check, refused

#: Fails for a batch with a poisoned record, and sends what it got to the queue that the environment names.
ECHO = """
import boto3, json, os
def handler(event, context):
    sqs = boto3.client("sqs", endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))
    sqs.send_message(QueueUrl=os.environ["OUT"], MessageBody=json.dumps(event))
    if "poison" in json.dumps(event):
        raise ValueError("poison")
    return "done"
"""

#: Names the poisoned messages of a batch and processes the others.
PARTIAL = """
def handler(event, context):
    failed = [record["messageId"] for record in event["Records"] if record["body"] == "poison"]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
"""


def queue(cloud, **attributes):
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=cloud.name("queue"), Attributes=attributes)["QueueUrl"]
    cloud._later(lambda: sqs.delete_queue(QueueUrl=url))
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def consume(arn):
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    return {"Effect": "Allow", "Action": actions, "Resource": arn}


def send(arn):
    return {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}


def echo(cloud, *statements, **settings):
    """Name of a function, and what looks for the event that it gets next."""
    out, out_arn = queue(cloud)
    function = cloud.function(ECHO, [send(out_arn), *statements], Environment={"Variables": {"OUT": out}}, **settings)
    sqs = cloud.client("sqs")

    def told():
        (message,) = sqs.receive_message(QueueUrl=out, WaitTimeSeconds=2)["Messages"]
        sqs.delete_message(QueueUrl=out, ReceiptHandle=message["ReceiptHandle"])
        return json.loads(message["Body"])

    return function, told


def mapping(cloud, **settings):
    lambdas = cloud.client("lambda")
    made = lambdas.create_event_source_mapping(**settings)
    cloud._later(lambda: lambdas.delete_event_source_mapping(UUID=made["UUID"]))
    return made["UUID"]


def is_empty(cloud, url):
    counts = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return counts["ApproximateNumberOfMessages"] == counts["ApproximateNumberOfMessagesNotVisible"] == "0"


@check("event_sources", "a function gets the messages of a queue, which are deleted when it succeeds")
def from_queue(cloud):
    url, arn = queue(cloud)
    function, told = echo(cloud, consume(arn))
    mapping(cloud, FunctionName=function, EventSourceArn=arn)
    attributes = {"kind": {"DataType": "String", "StringValue": "k"}}
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="hello", MessageAttributes=attributes)
    (record,) = cloud.until(told)["Records"]
    assert (record["body"], record["eventSource"], record["eventSourceARN"]) == ("hello", "aws:sqs", arn), record
    assert record["messageAttributes"]["kind"]["stringValue"] == "k" and record["attributes"]["ApproximateReceiveCount"] == "1"
    cloud.until(lambda: is_empty(cloud, url))


@check("event_sources", "messages that a function does not name as failed are deleted")
def partial(cloud):
    dead, dead_arn = queue(cloud)
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
    url, arn = queue(cloud, VisibilityTimeout="2", RedrivePolicy=redrive)
    function = cloud.function(PARTIAL, [consume(arn)], Timeout=2)
    mapping(cloud, FunctionName=function, EventSourceArn=arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    entries = [{"Id": body, "MessageBody": body} for body in ("good", "poison", "better")]
    cloud.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    letters = cloud.until(lambda: cloud.client("sqs").receive_message(QueueUrl=dead, WaitTimeSeconds=2)["Messages"], seconds=20)
    assert [letter["Body"] for letter in letters] == ["poison"], letters
    cloud.until(lambda: is_empty(cloud, url))


@check("event_sources", "messages that no filter wants are deleted without a call")
def filtered(cloud):
    url, arn = queue(cloud)
    function, told = echo(cloud, consume(arn))
    pattern = json.dumps({"body": {"kind": ["order"], "amount": [{"numeric": [">", 1]}]}})
    mapping(cloud, FunctionName=function, EventSourceArn=arn, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    for body in ('{"kind": "order", "amount": 1}', "text", '{"kind": "order", "amount": 2}'):
        cloud.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    (record,) = cloud.until(told)["Records"]
    assert json.loads(record["body"])["amount"] == 2, record
    cloud.until(lambda: is_empty(cloud, url))


@check("event_sources", "a window gathers messages into one batch")
def window(cloud):
    url, arn = queue(cloud)
    function, told = echo(cloud, consume(arn))
    mapping(cloud, FunctionName=function, EventSourceArn=arn, BatchSize=20, MaximumBatchingWindowInSeconds=2)
    for number in range(12):
        cloud.client("sqs").send_message(QueueUrl=url, MessageBody=str(number))
    assert len(cloud.until(told)["Records"]) == 12


@check("event_sources", "a disabled mapping waits, an enabled one goes on")
def disabled(cloud):
    url, arn = queue(cloud)
    function, told = echo(cloud, consume(arn))
    identifier = mapping(cloud, FunctionName=function, EventSourceArn=arn, Enabled=False)
    lambdas = cloud.client("lambda")
    cloud.until(lambda: lambdas.get_event_source_mapping(UUID=identifier)["State"] == "Disabled")
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
    assert not is_empty(cloud, url)
    lambdas.update_event_source_mapping(UUID=identifier, Enabled=True)
    assert cloud.until(told)["Records"][0]["body"] == "hello"
    (found,) = lambdas.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    assert (found["UUID"], found["State"]) == (identifier, "Enabled"), found


@check("event_sources", "a function whose role may not read the queue, or that outlasts its messages, is refused")
def refusals(cloud):
    url, arn = queue(cloud, VisibilityTimeout="5")
    with refused("InvalidParameterValueException"):
        mapping(cloud, FunctionName=cloud.function("def handler(e, c): pass", Timeout=1), EventSourceArn=arn)
    function = cloud.function("def handler(e, c): pass", [consume(arn)], Timeout=6)
    with refused("InvalidParameterValueException"):
        mapping(cloud, FunctionName=function, EventSourceArn=arn)


@check("event_sources", "a function gets the records of a table's stream in order")
def from_stream(cloud):
    dynamodb, name = cloud.client("dynamodb"), cloud.name("table")
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    cloud._later(lambda: dynamodb.delete_table(TableName=name))
    stream = dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]
    actions = [f"dynamodb:{action}" for action in ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")]
    failed, failed_arn = queue(cloud)
    reads = {"Effect": "Allow", "Action": actions, "Resource": [stream, f"{stream.rsplit('/', 1)[0]}/*"]}
    function, told = echo(cloud, reads, send(failed_arn))
    mapping(
        cloud, FunctionName=function, EventSourceArn=stream, StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=0,
        BisectBatchOnFunctionError=True, DestinationConfig={"OnFailure": {"Destination": failed_arn}},
    )
    dynamodb.put_item(TableName=name, Item={"id": {"S": "first"}})
    (record,) = cloud.until(told)["Records"]
    assert (record["eventName"], record["dynamodb"]["Keys"]) == ("INSERT", {"id": {"S": "first"}}), record
    assert record["eventSourceARN"] == stream
    dynamodb.put_item(TableName=name, Item={"id": {"S": "poison"}})
    (letter,) = cloud.until(lambda: cloud.client("sqs").receive_message(QueueUrl=failed, WaitTimeSeconds=2)["Messages"], seconds=25)
    assert json.loads(letter["Body"])["DDBStreamBatchInfo"]["streamArn"] == stream, letter


@check("event_sources", "results of asynchronous calls go to their destinations")
def destinations(cloud):
    good, good_arn = queue(cloud)
    bad, bad_arn = queue(cloud)
    source = "def handler(event, context):\n    return {'answer': 1 / event['by']}\n"
    function = cloud.function(source, [send(good_arn), send(bad_arn)])
    lambdas = cloud.client("lambda")
    lambdas.put_function_event_invoke_config(
        FunctionName=function, MaximumRetryAttempts=0,
        DestinationConfig={"OnSuccess": {"Destination": good_arn}, "OnFailure": {"Destination": bad_arn}},
    )
    for by, url, condition in ((2, good, "Success"), (0, bad, "RetriesExhausted")):
        lambdas.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps({"by": by}))
        (message,) = cloud.until(lambda: cloud.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"])
        told = json.loads(message["Body"])
        assert (told["requestContext"]["condition"], told["requestPayload"]) == (condition, {"by": by}), told


@check("event_sources", "a result goes to an event bus, whose rules see what it is")
def on_a_bus(cloud):
    url, arn = queue(cloud)
    events, rule = cloud.client("events"), cloud.name("rule")
    pattern = {"source": ["lambda"], "detail-type": ["Lambda Function Invocation Result - Success"]}
    rule_arn = events.put_rule(Name=rule, EventPattern=json.dumps(pattern))["RuleArn"]
    cloud._later(lambda: (events.remove_targets(Rule=rule, Ids=["queue"]), events.delete_rule(Name=rule)))
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    statement["Condition"] = {"ArnEquals": {"aws:SourceArn": rule_arn}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])
    bus = events.describe_event_bus()["Arn"]
    function = cloud.function("def handler(event, context):\n    return 1\n", [{"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}])
    lambdas = cloud.client("lambda")
    lambdas.put_function_event_invoke_config(FunctionName=function, DestinationConfig={"OnSuccess": {"Destination": bus}})
    lambdas.invoke(FunctionName=function, InvocationType="Event", Payload=b'{"n": 1}')
    (message,) = cloud.until(lambda: cloud.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"])
    told = json.loads(message["Body"])
    assert told["detail"]["requestPayload"] == {"n": 1} and len(told["resources"]) == 2, told


@check("event_sources", "a payload that failed for good goes to the dead-letter queue with its error")
def dead_letter(cloud):
    dead, dead_arn = queue(cloud)
    function = cloud.function("def handler(event, context):\n    raise ValueError('broken')\n", [send(dead_arn)], DeadLetterConfig={"TargetArn": dead_arn})
    lambdas = cloud.client("lambda")
    lambdas.put_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=0)
    lambdas.invoke(FunctionName=function, InvocationType="Event", Payload=b'{"n": 1}')
    (letter,) = cloud.until(lambda: cloud.client("sqs").receive_message(QueueUrl=dead, MessageAttributeNames=["All"], WaitTimeSeconds=2)["Messages"])
    assert json.loads(letter["Body"]) == {"n": 1}
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "broken", letter


@check("event_sources", "a template joins a queue to a function")
def template(cloud):
    url, arn = queue(cloud)
    function, told = echo(cloud, consume(arn))
    resource = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"FunctionName": function, "EventSourceArn": arn, "BatchSize": 5}}
    _, outputs = cloud.stack({"Resources": {"Source": resource}, "Outputs": {"Id": {"Value": {"Ref": "Source"}}}})
    assert cloud.client("lambda").get_event_source_mapping(UUID=outputs["Id"])["BatchSize"] == 5
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
    assert cloud.until(told)["Records"][0]["body"] == "hello"
