"""CloudWatch: metrics and alarms."""

import datetime
import json

from harness import check, refused


def _now():
    return datetime.datetime.now(datetime.timezone.utc)


def _window():
    return {"StartTime": _now() - datetime.timedelta(minutes=10), "EndTime": _now() + datetime.timedelta(minutes=2)}


def _alarm(cloud, namespace, **settings):
    name = cloud.name("alarm")
    cloudwatch = cloud.client("cloudwatch")
    defaults = {
        "AlarmName": name,
        "Namespace": namespace,
        "MetricName": "errors",
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    cloudwatch.put_metric_alarm(**{**defaults, **settings})
    cloud._later(lambda: cloudwatch.delete_alarms(AlarmNames=[name]))
    return name


def _state(cloud, name):
    return cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]


@check("cloudwatch", "metrics that are put are listed and summed up")
def metrics(cloud):
    cloudwatch, namespace = cloud.client("cloudwatch"), cloud.name("app")
    dimensions = [{"Name": "page", "Value": "home"}]
    cloudwatch.put_metric_data(
        Namespace=namespace,
        MetricData=[{"MetricName": "size", "Dimensions": dimensions, "Value": value, "Unit": "Count"} for value in (1.0, 2.0, 6.0)],
    )
    listed = cloud.until(lambda: cloudwatch.list_metrics(Namespace=namespace)["Metrics"])
    assert listed == [{"Namespace": namespace, "MetricName": "size", "Dimensions": dimensions}], listed
    points = cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName="size",
        Dimensions=dimensions,
        Period=3600,
        Statistics=["Sum", "Average", "Maximum", "SampleCount"],
        **_window(),
    )["Datapoints"]
    assert sum(point["Sum"] for point in points) == 9 and sum(point["SampleCount"] for point in points) == 3, points
    assert isinstance(points[0]["Timestamp"], datetime.datetime), points


@check("cloudwatch", "queries give values with their times")
def queries(cloud):
    cloudwatch, namespace = cloud.client("cloudwatch"), cloud.name("app")
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "m", "Values": [1.0, 3.0], "Counts": [2.0, 1.0]}])
    stat = {"Metric": {"Namespace": namespace, "MetricName": "m"}, "Period": 60, "Stat": "Sum"}

    def look():
        return cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "a", "MetricStat": stat}], **_window())["MetricDataResults"][0]["Values"]

    assert cloud.until(look) == [5.0]


@check("cloudwatch", "percentiles are computed")
def percentiles(cloud):
    cloudwatch, namespace = cloud.client("cloudwatch"), cloud.name("app")
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "m", "Values": [float(n) for n in range(1, 101)]}])
    points = cloudwatch.get_metric_statistics(
        Namespace=namespace, MetricName="m", Period=3600, ExtendedStatistics=["p90"], **_window()
    )["Datapoints"]
    assert 89 <= points[0]["ExtendedStatistics"]["p90"] <= 92, points


@check("cloudwatch", "a breaching value puts an alarm into ALARM and tells its topic")
def alarm(cloud):
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic = sns.create_topic(Name=cloud.name("topic"))["TopicArn"]
    url = sqs.create_queue(QueueName=cloud.name("queue"))["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [statement]})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    namespace = cloud.name("app")
    name = _alarm(cloud, namespace, AlarmActions=[topic])
    cloud.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "errors", "Value": 1.0}])
    cloud.until(lambda: _state(cloud, name) == "ALARM", seconds=70)
    messages = cloud.until(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"))
    body = json.loads(messages[0]["Body"])
    assert body["AlarmName"] == name and body["NewStateValue"] == "ALARM", body
    assert body["Trigger"]["MetricName"] == "errors", body


@check("cloudwatch", "the state of an alarm can be set, and its history tells of it")
def set_state(cloud):
    cloudwatch = cloud.client("cloudwatch")
    name = _alarm(cloud, cloud.name("app"))
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="probe")
    alarm = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    assert alarm["StateValue"] == "ALARM" and alarm["StateReason"] == "probe", alarm
    kinds = {item["HistoryItemType"] for item in cloudwatch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]}
    assert {"ConfigurationUpdate", "StateUpdate"} <= kinds, kinds


@check("cloudwatch", "an alarm keeps what it was given")
def settings(cloud):
    cloudwatch = cloud.client("cloudwatch")
    name = _alarm(cloud, "probe", EvaluationPeriods=3, DatapointsToAlarm=2, AlarmDescription="of the probe", Dimensions=[{"Name": "a", "Value": "b"}])
    alarm = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"], alarm["AlarmDescription"]) == (3, 2, "of the probe"), alarm
    assert alarm["Dimensions"] == [{"Name": "a", "Value": "b"}] and alarm["AlarmArn"].endswith(f":alarm:{name}"), alarm
    with refused("ResourceNotFound", "ResourceNotFoundException"):
        cloudwatch.set_alarm_state(AlarmName=cloud.name("none"), StateValue="OK", StateReason="x")


@check("cloudwatch", "what is no metric is refused")
def bad_data(cloud):
    cloudwatch = cloud.client("cloudwatch")
    with refused("InvalidParameterValue", "InvalidParameterValueException", "ValidationError"):
        cloudwatch.put_metric_data(Namespace="AWS/Probe", MetricData=[{"MetricName": "m", "Value": 1.0}])


@check("cloudwatch", "a composite alarm follows its rule")
def composite(cloud):
    cloudwatch = cloud.client("cloudwatch")
    one, both = _alarm(cloud, cloud.name("app")), cloud.name("both")
    cloudwatch.put_composite_alarm(AlarmName=both, AlarmRule=f'ALARM("{one}") OR FALSE')
    cloud._later(lambda: cloudwatch.delete_alarms(AlarmNames=[both]))
    cloudwatch.set_alarm_state(AlarmName=one, StateValue="ALARM", StateReason="probe")

    def look():
        alarms = cloudwatch.describe_alarms(AlarmNames=[both], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        return alarms[0]["StateValue"] == "ALARM"

    cloud.until(look)


@check("cloudwatch", "functions have metrics of invocations and errors")
def function_metrics(cloud):
    name = cloud.function("def handler(event, context):\n    raise ValueError('probe')")
    cloud.client("lambda").invoke(FunctionName=name)
    cloudwatch = cloud.client("cloudwatch")

    def look():
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=[{"Name": "FunctionName", "Value": name}],
            Period=3600,
            Statistics=["Sum"],
            **_window(),
        )["Datapoints"]
        return points and sum(point["Sum"] for point in points) == 1

    cloud.until(look, seconds=20)


@check("cloudwatch", "a template makes an alarm over a metric filter")
def template(cloud):
    group, namespace = cloud.name("group"), cloud.name("app")
    resources = {
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": group, "RetentionInDays": 7}},
        "Filter": {
            "Type": "AWS::Logs::MetricFilter",
            "Properties": {
                "LogGroupName": {"Ref": "Group"},
                "FilterPattern": '"Unprocessable Entity"',
                "MetricTransformations": [{"MetricNamespace": namespace, "MetricName": "failed", "MetricValue": "1", "DefaultValue": 0}],
            },
        },
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "Namespace": namespace,
                "MetricName": "failed",
                "Statistic": "Maximum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 0,
                "ComparisonOperator": "GreaterThanThreshold",
                "TreatMissingData": "notBreaching",
            },
        },
    }
    _, outputs = cloud.stack({"Resources": resources, "Outputs": {"Alarm": {"Value": {"Ref": "Alarm"}}}})
    logs = cloud.client("logs")
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    event = {"timestamp": int(_now().timestamp() * 1000), "message": "x Unprocessable Entity: input object must be a jpg or png."}
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])
    cloud.until(lambda: _state(cloud, outputs["Alarm"]) == "ALARM", seconds=70)


@check("cloudwatch", "a role may do only what its policy says")
def authorization(cloud):
    condition = {"StringEquals": {"cloudwatch:namespace": "mine"}}
    role = cloud.role([{"Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*", "Condition": condition}])
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
    limited = cloud.client("cloudwatch", keys=keys)
    data = [{"MetricName": "m", "Value": 1.0}]
    limited.put_metric_data(Namespace="mine", MetricData=data)
    with refused("AccessDenied", "AccessDeniedException"):
        limited.put_metric_data(Namespace="other", MetricData=data)
