"""EventBridge: buses, rules, patterns, targets."""

import json
import time

from harness import check, refused


def _queue(cloud, rule_arn=None, principal="events.amazonaws.com"):
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=cloud.name("events"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def _received(cloud, url):
    sqs = cloud.client("sqs")

    def look():
        return sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages")

    return json.loads(cloud.until(look)[0]["Body"])


def _bus_and_rule(cloud, pattern, target_arn, **target):
    events = cloud.client("events")
    bus, rule = cloud.name("bus"), cloud.name("rule")
    events.create_event_bus(Name=bus)
    arn = events.put_rule(Name=rule, EventBusName=bus, EventPattern=json.dumps(pattern))["RuleArn"]
    answer = events.put_targets(Rule=rule, EventBusName=bus, Targets=[{"Id": "one", "Arn": target_arn, **target}])
    assert answer["FailedEntryCount"] == 0, answer
    return events, bus, rule, arn


def _put(events, bus, detail, source="probe", detail_type="Probed"):
    entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail), "EventBusName": bus}
    answer = events.put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0, answer


@check("events", "a rule brings matching events, and no others, to a queue")
def rule_to_queue(cloud):
    url, arn = _queue(cloud)
    events, bus, _, _ = _bus_and_rule(cloud, {"source": ["probe"], "detail": {"n": [{"numeric": [">", 1]}]}}, arn)
    _put(events, bus, {"n": 1})
    _put(events, bus, {"n": 2})
    event = _received(cloud, url)
    assert event["detail"] == {"n": 2} and event["detail-type"] == "Probed" and event["source"] == "probe", event
    assert {"version", "id", "account", "time", "region", "resources"} <= set(event), event


@check("events", "patterns know every operator")
def patterns(cloud):
    events = cloud.client("events")
    base = {"id": "1", "account": "0", "source": "s", "time": "2026-01-01T00:00:00Z", "region": "r", "resources": [], "detail-type": "t"}

    def fits(condition, value):
        answer = events.test_event_pattern(
            EventPattern=json.dumps({"detail": {"f": [condition]}}), Event=json.dumps({**base, "detail": {"f": value}})
        )
        return answer["Result"]

    for condition, value, expected in [
        ({"prefix": "a"}, "abc", True),
        ({"suffix": "c"}, "abc", True),
        ({"anything-but": ["abc"]}, "abc", False),
        ({"anything-but": {"prefix": "x"}}, "abc", True),
        ({"numeric": [">", 0, "<=", 5]}, 5, True),
        ({"exists": True}, "x", True),
        ({"wildcard": "a*c"}, "abbbc", True),
        ({"equals-ignore-case": "ABC"}, "abc", True),
        ({"cidr": "10.0.0.0/24"}, "10.0.1.1", False),
    ]:
        assert fits(condition, value) is expected, (condition, value)
    either = {"$or": [{"source": ["no"]}, {"detail": {"f": ["x"]}}]}
    event = json.dumps({**base, "detail": {"f": "x"}})
    assert events.test_event_pattern(EventPattern=json.dumps(either), Event=event)["Result"]


@check("events", "a pattern that cannot be evaluated is refused")
def bad_pattern(cloud):
    events = cloud.client("events")
    for pattern in ["{", '{"a": "b"}', '{"a": [{"strange": 1}]}']:
        with refused("InvalidEventPatternException"):
            events.put_rule(Name=cloud.name("rule"), EventPattern=pattern)


@check("events", "an input transformer fills a template")
def transformer(cloud):
    url, arn = _queue(cloud)
    transformer = {
        "InputPathsMap": {"name": "$.detail.name", "items": "$.detail.items"},
        "InputTemplate": '{"text": "hello <name>", "items": <items>}',
    }
    events, bus, _, _ = _bus_and_rule(cloud, {"source": ["probe"]}, arn, InputTransformer=transformer)
    _put(events, bus, {"name": "ada", "items": [1, 2]})
    assert _received(cloud, url) == {"text": "hello ada", "items": [1, 2]}


@check("events", "input and input path choose what a target gets")
def inputs(cloud):
    url, arn = _queue(cloud)
    events, bus, _, _ = _bus_and_rule(cloud, {"source": ["probe"]}, arn, InputPath="$.detail")
    _put(events, bus, {"a": 1})
    assert _received(cloud, url) == {"a": 1}


@check("events", "a queue in order gets events in a group")
def fifo(cloud):
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=cloud.name("events") + ".fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})
    events, bus, _, _ = _bus_and_rule(cloud, {"source": ["probe"]}, arn, SqsParameters={"MessageGroupId": "g"})
    _put(events, bus, {"a": 1})
    assert _received(cloud, url)["detail"] == {"a": 1}


@check("events", "a rule calls a function that lets it in")
def rule_to_function(cloud):
    name = cloud.function("import json\ndef handler(event, context):\n    print('got ' + json.dumps(event['detail']))")
    lambdas = cloud.client("lambda")
    function_arn = lambdas.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    events, bus, _, rule_arn = _bus_and_rule(cloud, {"source": ["probe"]}, function_arn)
    lambdas.add_permission(
        FunctionName=name, StatementId="rule", Action="lambda:InvokeFunction", Principal="events.amazonaws.com", SourceArn=rule_arn
    )
    _put(events, bus, {"token": "t-1"})
    logs = cloud.client("logs")
    cloud.until(lambda: logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern='"t-1"')["events"])


@check("events", "a rule publishes to a topic")
def rule_to_topic(cloud):
    sns = cloud.client("sns")
    topic = sns.create_topic(Name=cloud.name("topic"))["TopicArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({"Statement": [statement]}))
    url, queue = _queue(cloud, principal="sns.amazonaws.com")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    events, bus, _, _ = _bus_and_rule(cloud, {"source": ["probe"]}, topic)
    _put(events, bus, {"a": 1})
    assert _received(cloud, url)["detail"] == {"a": 1}


@check("events", "an event goes from one bus to another")
def bus_to_bus(cloud):
    url, arn = _queue(cloud)
    events, second, _, _ = _bus_and_rule(cloud, {"source": ["probe"]}, arn)
    bus_arn = events.describe_event_bus(Name=second)["Arn"]
    _, first, _, _ = _bus_and_rule(cloud, {"source": ["probe"]}, bus_arn, RoleArn=cloud.role([], "events.amazonaws.com"))
    _put(events, first, {"a": 1})
    assert _received(cloud, url)["detail"] == {"a": 1}


@check("events", "what cannot be delivered goes to the dead-letter queue")
def dead_letter(cloud):
    url, arn = _queue(cloud)
    function = f"arn:aws:lambda:{cloud.region}:{cloud.account}:function:{cloud.name('gone')}"
    events, bus, _, _ = _bus_and_rule(
        cloud, {"source": ["probe"]}, function, DeadLetterConfig={"Arn": arn}, RetryPolicy={"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    )
    _put(events, bus, {"a": 1})
    assert _received(cloud, url)["detail"] == {"a": 1}


@check("events", "a disabled rule brings nothing until it is enabled")
def disabled(cloud):
    url, arn = _queue(cloud)
    events, bus, rule, _ = _bus_and_rule(cloud, {"source": ["probe"]}, arn)
    events.disable_rule(Name=rule, EventBusName=bus)
    assert events.describe_rule(Name=rule, EventBusName=bus)["State"] == "DISABLED"
    _put(events, bus, {"n": 1})
    events.enable_rule(Name=rule, EventBusName=bus)
    _put(events, bus, {"n": 2})
    assert _received(cloud, url)["detail"] == {"n": 2}


@check("events", "entries are accepted or refused one by one")
def entries(cloud):
    events = cloud.client("events")
    answer = events.put_events(
        Entries=[
            {"Source": "probe", "DetailType": "t", "Detail": "{}"},
            {"Source": "probe", "DetailType": "t", "Detail": "no json"},
            {"Source": "probe", "Detail": "{}"},
        ]
    )
    assert answer["FailedEntryCount"] == 2, answer
    assert answer["Entries"][0]["EventId"], answer
    assert answer["Entries"][1]["ErrorCode"] == "MalformedDetail", answer


@check("events", "schedules are read strictly")
def schedules(cloud):
    events = cloud.client("events")
    for expression in ["rate(5 minutes)", "rate(1 hour)", "cron(0 9 ? * MON-FRI *)", "cron(0 0 L * ? *)"]:
        name = cloud.name("rule")
        events.put_rule(Name=name, ScheduleExpression=expression, State="DISABLED")
        assert events.describe_rule(Name=name)["ScheduleExpression"] == expression
        events.delete_rule(Name=name)
    for expression in ["rate(1 minutes)", "rate(0 minutes)", "cron(* * * * * *)", "every day"]:
        with refused("ValidationException"):
            events.put_rule(Name=cloud.name("rule"), ScheduleExpression=expression)


@check("events", "a bucket tells EventBridge of its objects")
def bucket_events(cloud):
    s3, bucket = cloud.client("s3"), cloud.name("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    url, arn = _queue(cloud)
    events, rule = cloud.client("events"), cloud.name("rule")
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": [bucket]}}}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "one", "Arn": arn}])
    s3.put_object(Bucket=bucket, Key="a b.txt", Body=b"abc")
    detail = _received(cloud, url)["detail"]
    assert detail["object"]["key"] == "a b.txt" and detail["object"]["size"] == 3 and detail["reason"] == "PutObject", detail
    events.remove_targets(Rule=rule, Ids=["one"])
    events.delete_rule(Name=rule)


@check("events", "a rule with targets is not deleted")
def rule_in_use(cloud):
    _, arn = _queue(cloud)
    events, bus, rule, _ = _bus_and_rule(cloud, {"source": ["probe"]}, arn)
    with refused("ValidationException"):
        events.delete_rule(Name=rule, EventBusName=bus)
    events.remove_targets(Rule=rule, EventBusName=bus, Ids=["one"])
    events.delete_rule(Name=rule, EventBusName=bus)
    with refused("ResourceNotFoundException"):
        events.describe_rule(Name=rule, EventBusName=bus)


@check("events", "rules and buses have tags")
def tags(cloud):
    events, name = cloud.client("events"), cloud.name("rule")
    arn = events.put_rule(Name=name, EventPattern='{"source": ["x"]}', Tags=[{"Key": "a", "Value": "1"}])["RuleArn"]
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    events.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    events.delete_rule(Name=name)


@check("events", "a template makes a bus, a rule and its target")
def template(cloud):
    resources = {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": cloud.name("bus")}},
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventBusName": {"Ref": "Bus"},
                "EventPattern": {"source": ["probe"]},
                "Targets": [{"Id": "q", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}],
            },
        },
    }
    _, outputs = cloud.stack({"Resources": resources, "Outputs": {"Rule": {"Value": {"Fn::GetAtt": ["Rule", "Arn"]}}, "Bus": {"Value": {"Ref": "Bus"}}}})
    assert f"rule/{outputs['Bus']}/" in outputs["Rule"], outputs
    name = outputs["Rule"].rsplit("/", 1)[1]
    targets = cloud.client("events").list_targets_by_rule(Rule=name, EventBusName=outputs["Bus"])["Targets"]
    assert [target["Id"] for target in targets] == ["q"], targets


@check("events", "a role may put events only where its policy lets it")
def authorization(cloud):
    events, bus, other = cloud.client("events"), cloud.name("bus"), cloud.name("bus")
    for name in (bus, other):
        events.create_event_bus(Name=name)
    arn = events.describe_event_bus(Name=bus)["Arn"]
    role = cloud.role([{"Effect": "Allow", "Action": "events:PutEvents", "Resource": arn}])
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
    limited = cloud.client("events", keys=keys)
    entry = {"Source": "probe", "DetailType": "t", "Detail": "{}"}
    assert limited.put_events(Entries=[{**entry, "EventBusName": bus}])["FailedEntryCount"] == 0
    with refused("AccessDeniedException"):
        limited.list_rules()
    answer = limited.put_events(Entries=[{**entry, "EventBusName": other}])
    assert answer["FailedEntryCount"] == 1, answer


@check("events", "a schedule calls its target by itself")
def goes_off(cloud):
    url, arn = _queue(cloud)
    events, rule = cloud.client("events"), cloud.name("rule")
    events.put_rule(Name=rule, ScheduleExpression="rate(1 minute)")
    events.put_targets(Rule=rule, Targets=[{"Id": "one", "Arn": arn}])
    sqs, end = cloud.client("sqs"), time.monotonic() + 75
    messages = None
    while not messages and time.monotonic() < end:
        messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages")
    events.remove_targets(Rule=rule, Ids=["one"])
    events.delete_rule(Name=rule)
    assert messages and json.loads(messages[0]["Body"])["detail-type"] == "Scheduled Event", messages
