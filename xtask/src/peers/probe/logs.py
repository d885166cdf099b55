"""CloudWatch Logs: filters and what they lead to."""

import base64
import gzip
import json
import time

from harness import check, refused


def _group(cloud):
    logs, group = cloud.client("logs"), cloud.name("group")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    cloud._later(lambda: logs.delete_log_group(logGroupName=group))
    return logs, group


def _write(logs, group, *messages):
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now, "message": text} for text in messages])


@check("logs", "events are written, read and filtered by terms")
def events(cloud):
    logs, group = _group(cloud)
    _write(logs, group, "ERROR disk full", "INFO all well")
    read = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)["events"]
    assert [event["message"] for event in read] == ["ERROR disk full", "INFO all well"], read
    found = logs.filter_log_events(logGroupName=group, filterPattern='"disk full" -INFO')["events"]
    assert [event["message"] for event in found] == ["ERROR disk full"], found


@check("logs", "events are filtered by fields of JSON")
def json_filter(cloud):
    logs, group = _group(cloud)
    _write(logs, group, '{"level": "ERROR", "code": 500}', '{"level": "INFO", "code": 200}')
    found = logs.filter_log_events(logGroupName=group, filterPattern='{ $.level = "ERR*" && $.code >= 500 }')["events"]
    assert len(found) == 1, found


@check("logs", "patterns can be tested")
def test_patterns(cloud):
    logs = cloud.client("logs")
    line = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
    answer = logs.test_metric_filter(filterPattern="[ip, id, user, time, request, status=4*, size]", logEventMessages=[line, "no"])
    assert [match["eventNumber"] for match in answer["matches"]] == [1], answer
    assert answer["matches"][0]["extractedValues"]["$status"] == "404", answer
    with refused("InvalidParameterException"):
        logs.test_metric_filter(filterPattern="{ $.a = ", logEventMessages=["{}"])


@check("logs", "a metric filter records values")
def metric_filter(cloud):
    logs, group = _group(cloud)
    namespace = cloud.name("app")
    transformation = {"metricNamespace": namespace, "metricName": "latency", "metricValue": "$.latency", "unit": "Milliseconds"}
    logs.put_metric_filter(logGroupName=group, filterName="f", filterPattern="{ $.latency > 0 }", metricTransformations=[transformation])
    assert logs.describe_metric_filters(logGroupName=group)["metricFilters"][0]["filterName"] == "f"
    _write(logs, group, '{"latency": 12}', '{"latency": 30}')
    cloudwatch = cloud.client("cloudwatch")

    def look():
        stat = {"Metric": {"Namespace": namespace, "MetricName": "latency"}, "Period": 60, "Stat": "Sum"}
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "a", "MetricStat": stat}], StartTime=time.time() - 600, EndTime=time.time() + 60
        )
        return sum(answer["MetricDataResults"][0]["Values"]) == 42

    cloud.until(look)


@check("logs", "a subscription filter calls a function with the lines")
def subscription(cloud):
    logs, group = _group(cloud)
    name = cloud.function("def handler(event, context):\n    print('data ' + event['awslogs']['data'])")
    lambdas = cloud.client("lambda")
    arn = lambdas.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    with refused("InvalidParameterException"):
        logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern="ERROR", destinationArn=arn)
    lambdas.add_permission(FunctionName=name, StatementId="logs", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com")
    logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern="ERROR", destinationArn=arn)
    _write(logs, group, "ERROR one", "INFO two")
    lines = cloud.until(lambda: logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern='"data "')["events"])
    data = json.loads(gzip.decompress(base64.b64decode(lines[0]["message"].split()[1])))
    assert data["logGroup"] == group and [event["message"] for event in data["logEvents"]] == ["ERROR one"], data


@check("logs", "lines of the embedded metric format become metrics")
def embedded(cloud):
    logs, group = _group(cloud)
    namespace = cloud.name("app")
    directive = {"Namespace": namespace, "Dimensions": [["page"]], "Metrics": [{"Name": "latency", "Unit": "Milliseconds"}]}
    line = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}, "page": "home", "latency": 7}
    _write(logs, group, json.dumps(line))
    metrics = cloud.until(lambda: cloud.client("cloudwatch").list_metrics(Namespace=namespace)["Metrics"])
    assert metrics[0]["Dimensions"] == [{"Name": "page", "Value": "home"}], metrics


@check("logs", "retention is one of the numbers of days that there are")
def retention(cloud):
    logs, group = _group(cloud)
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 7
    with refused("InvalidParameterException"):
        logs.put_retention_policy(logGroupName=group, retentionInDays=8)


@check("logs", "a role writes only into the group that its policy names")
def authorization(cloud):
    logs, group = _group(cloud)
    _, other = _group(cloud)
    arn = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"]
    role = cloud.role([])
    iam = cloud.client("iam")
    policy = {"Statement": [{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": arn}]}
    iam.put_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyName="probe", PolicyDocument=json.dumps(policy))
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
    limited = cloud.client("logs", keys=keys)
    _write(limited, group, "x")
    with refused("AccessDeniedException"):
        _write(limited, other, "x")
