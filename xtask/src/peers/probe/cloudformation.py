"""CloudFormation: what a deployer expects of stacks, change sets, drift, nested stacks and custom resources."""

import contextlib
import json

from botocore.exceptions import ClientError
from harness import check, refused

TOPIC = "AWS::SNS::Topic"


def things(**resources):
    """A template of topics: logical id -> (display name, further attributes of the resource)."""
    return {"Resources": {name: {"Type": TOPIC, **declared} for name, declared in resources.items()}}


def topic(display, **more):
    return {"Properties": {"DisplayName": display}, **more}


def settled(cloud, stack):
    cloud.until(lambda: not cloud.status(stack).endswith("IN_PROGRESS"), seconds=60)
    return cloud.status(stack)


def change_set(cloud, stack, template, **settings):
    """A change set that is complete or failed, described with its values."""
    formation, name = cloud.client("cloudformation"), cloud.name("set")
    formation.create_change_set(StackName=stack, ChangeSetName=name, TemplateBody=json.dumps(template), **settings)

    def look():
        described = formation.describe_change_set(StackName=stack, ChangeSetName=name, IncludePropertyValues=True)
        return described if described["Status"] in ("CREATE_COMPLETE", "FAILED") else None

    return cloud.until(look)


@check("cloudformation", "a change set of a new stack shows what it adds, and creates the stack when executed")
def creation(cloud):
    formation, name = cloud.client("cloudformation"), cloud.name("stack")
    described = change_set(cloud, name, things(A=topic("one")), ChangeSetType="CREATE")
    assert cloud.status(name) == "REVIEW_IN_PROGRESS"
    change = described["Changes"][0]["ResourceChange"]
    assert (change["Action"], change["LogicalResourceId"]) == ("Add", "A"), change
    formation.execute_change_set(StackName=name, ChangeSetName=described["ChangeSetName"])
    assert settled(cloud, name) == "CREATE_COMPLETE"
    formation.delete_stack(StackName=name)


@check("cloudformation", "a change set tells the values before and after, and whether a resource is replaced")
def values(cloud):
    name, _ = cloud.stack(things(A={"Properties": {"DisplayName": "one", "TopicName": cloud.name("a")}}))
    changed = {"Properties": {"DisplayName": "two", "TopicName": cloud.name("b")}}
    described = change_set(cloud, name, things(A=changed))
    change = described["Changes"][0]["ResourceChange"]
    assert (change["Action"], change["Replacement"]) == ("Modify", "True"), change
    by_name = {detail["Target"]["Name"]: detail["Target"] for detail in change["Details"]}
    assert (by_name["DisplayName"]["BeforeValue"], by_name["DisplayName"]["AfterValue"]) == ("one", "two"), by_name
    assert by_name["TopicName"]["RequiresRecreation"] == "Always", by_name
    assert json.loads(change["BeforeContext"])["Properties"]["DisplayName"] == "one", change
    assert json.loads(change["AfterContext"])["Properties"]["DisplayName"] == "two", change


@check("cloudformation", "a change set without changes fails with the reason that deployers look for")
def no_change(cloud):
    name, _ = cloud.stack(things(A=topic("one")))
    described = change_set(cloud, name, things(A=topic("one")))
    assert described["Status"] == "FAILED", described
    assert described["StatusReason"].startswith("The submitted information didn't contain changes."), described
    with refused("ValidationError"):
        cloud.client("cloudformation").update_stack(StackName=name, TemplateBody=json.dumps(things(A=topic("one"))))


@check("cloudformation", "a failed creation is rolled back and leaves nothing")
def rollback(cloud):
    formation, name = cloud.client("cloudformation"), cloud.name("stack")
    role = {"Type": "AWS::Lambda::Permission", "DependsOn": "A", "Properties": {"FunctionName": "nobody", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}}
    template = things(A={"Properties": {"TopicName": name}})
    template["Resources"]["Broken"] = role
    formation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    assert settled(cloud, name) == "ROLLBACK_COMPLETE", cloud.status(name)
    topics = [one["TopicArn"] for one in cloud.client("sns").list_topics()["Topics"]]
    assert not any(arn.endswith(f":{name}") for arn in topics), topics
    formation.delete_stack(StackName=name)


@check("cloudformation", "a failed update leads back to what was")
def update_rollback(cloud):
    name, _ = cloud.stack(things(A=topic("one")))
    template = things(A=topic("two"))
    template["Resources"]["Broken"] = {"Type": "AWS::Lambda::Permission", "DependsOn": "A", "Properties": {"FunctionName": "nobody", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}}
    formation = cloud.client("cloudformation")
    formation.update_stack(StackName=name, TemplateBody=json.dumps(template))
    assert settled(cloud, name) == "UPDATE_ROLLBACK_COMPLETE", cloud.status(name)
    arn = formation.describe_stack_resource(StackName=name, LogicalResourceId="A")["StackResourceDetail"]["PhysicalResourceId"]
    assert cloud.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == "one"


@check("cloudformation", "an unknown property fails its resource")
def unknown_property(cloud):
    formation, name = cloud.client("cloudformation"), cloud.name("stack")
    formation.create_stack(StackName=name, TemplateBody=json.dumps(things(A={"Properties": {"Colour": "red"}})))
    assert settled(cloud, name) == "ROLLBACK_COMPLETE", cloud.status(name)
    assert any("Colour" in (reason or "") for _, reason in cloud.reasons(name)), cloud.reasons(name)
    formation.delete_stack(StackName=name)


@check("cloudformation", "an unknown resource type is refused")
def unknown_type(cloud):
    template = {"Resources": {"A": {"Type": "AWS::No::Thing"}}}
    with refused("ValidationError"):
        cloud.client("cloudformation").create_stack(StackName=cloud.name("stack"), TemplateBody=json.dumps(template))


def drifts(cloud, name):
    formation = cloud.client("cloudformation")
    detection = formation.detect_stack_drift(StackName=name)["StackDriftDetectionId"]

    def done():
        status = formation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        return status if status["DetectionStatus"] != "DETECTION_IN_PROGRESS" else None

    status = cloud.until(done)
    return status["StackDriftStatus"], formation.describe_stack_resource_drifts(StackName=name)["StackResourceDrifts"]


@check("cloudformation", "drift detection sees a property that was changed through the service, by its path")
def drift(cloud):
    queue, bucket = cloud.name("topic"), cloud.name("bucket")
    template = things(A={"Properties": {"TopicName": queue, "DisplayName": "one"}})
    template["Resources"]["B"] = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket, "VersioningConfiguration": {"Status": "Enabled"}}}
    name, _ = cloud.stack(template)
    status, found = drifts(cloud, name)
    assert status == "IN_SYNC", found
    sns = cloud.client("sns")
    arn = next(one["TopicArn"] for one in sns.list_topics()["Topics"] if one["TopicArn"].endswith(queue))
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="two")
    cloud.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    status, found = drifts(cloud, name)
    assert status == "DRIFTED", found
    differences = {
        (one["LogicalResourceId"], difference["PropertyPath"]): (difference["ExpectedValue"], difference["ActualValue"], difference["DifferenceType"])
        for one in found
        for difference in one["PropertyDifferences"]
    }
    assert differences == {
        ("A", "/DisplayName"): ("one", "two", "NOT_EQUAL"),
        ("B", "/VersioningConfiguration/Status"): ("Enabled", "Suspended", "NOT_EQUAL"),
    }, differences


@check("cloudformation", "drift detection sees a resource that was deleted")
def drift_deleted(cloud):
    group = f"/probe/{cloud.name()}"
    name, _ = cloud.stack({"Resources": {"A": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": group}}}})
    cloud.client("logs").delete_log_group(logGroupName=group)
    _, found = drifts(cloud, name)
    assert [one["StackResourceDriftStatus"] for one in found] == ["DELETED"], found


@check("cloudformation", "a change set that takes drift back tells it, and makes the resource what its template says")
def revert_drift(cloud):
    name, _ = cloud.stack(things(A={"Properties": {"TopicName": cloud.name("topic"), "DisplayName": "one"}}))
    formation, sns = cloud.client("cloudformation"), cloud.client("sns")
    arn = formation.describe_stack_resource(StackName=name, LogicalResourceId="A")["StackResourceDetail"]["PhysicalResourceId"]
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="two")
    token = cloud.name("set")
    formation.create_change_set(StackName=name, ChangeSetName=token, UsePreviousTemplate=True, DeploymentMode="REVERT_DRIFT")

    def look():
        described = formation.describe_change_set(StackName=name, ChangeSetName=token, IncludePropertyValues=True)
        return described if described["Status"] in ("CREATE_COMPLETE", "FAILED") else None

    described = cloud.until(look)
    assert (described["DeploymentMode"], described["StackDriftStatus"]) == ("REVERT_DRIFT", "DRIFTED"), described
    change = described["Changes"][0]["ResourceChange"]
    assert (change["Action"], change["ResourceDriftStatus"]) == ("Modify", "MODIFIED"), change
    target = change["Details"][0]["Target"]
    assert (target["BeforeValue"], target["AfterValue"], target["BeforeValueFrom"]) == ("two", "one", "ACTUAL_STATE"), target
    assert (target["Drift"]["PreviousValue"], target["Drift"]["ActualValue"]) == ("one", "two"), target
    formation.execute_change_set(StackName=name, ChangeSetName=token)
    assert settled(cloud, name) == "UPDATE_COMPLETE", cloud.reasons(name)
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == "one"


@check("cloudformation", "a change set imports a retained resource that exists already, and leaves it as it is")
def import_existing(cloud):
    group, formation, logs = f"/probe/{cloud.name()}", cloud.client("cloudformation"), cloud.client("logs")
    logs.create_log_group(logGroupName=group)
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    declared = {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "RetainExceptOnCreate", "Properties": {"LogGroupName": group, "RetentionInDays": 14}}
    name = cloud.name("stack")
    described = change_set(cloud, name, {"Resources": {"A": declared}}, ChangeSetType="CREATE", ImportExistingResources=True)
    assert described["ImportExistingResources"] is True, described
    change = described["Changes"][0]["ResourceChange"]
    assert (change["Action"], change["PhysicalResourceId"]) == ("Import", group), change
    formation.execute_change_set(StackName=name, ChangeSetName=described["ChangeSetName"])
    assert settled(cloud, name) == "CREATE_COMPLETE", cloud.reasons(name)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 7
    formation.delete_stack(StackName=name)
    cloud.until(lambda: not [one for one in formation.describe_stacks()["Stacks"] if one["StackName"] == name])
    logs.delete_log_group(logGroupName=group)


def fields(message):
    """The lines of a notification: Name='value'."""
    return dict(line[:-1].split("='", 1) for line in message.splitlines())


@check("cloudformation", "the events of a stack are published to its topics")
def notifications(cloud):
    sns, sqs, formation = cloud.client("sns"), cloud.client("sqs"), cloud.client("cloudformation")
    arn = sns.create_topic(Name=cloud.name("events"))["TopicArn"]
    url = sqs.create_queue(QueueName=cloud.name("events"))["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(allowed)})
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)
    name = cloud.name("stack")
    with refused("ValidationError"):
        formation.create_stack(StackName=name, TemplateBody=json.dumps(things(A=topic("one"))), NotificationARNs=[arn + "-none"])
    formation.create_stack(StackName=name, TemplateBody=json.dumps(things(A=topic("one"))), NotificationARNs=[arn])
    assert settled(cloud, name) == "CREATE_COMPLETE", cloud.reasons(name)
    assert formation.describe_stacks(StackName=name)["Stacks"][0]["NotificationARNs"] == [arn]
    told = {}

    def all_told():
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            envelope = json.loads(message["Body"])
            assert envelope["Subject"] == "AWS CloudFormation Notification", envelope
            event = fields(envelope["Message"])
            told[event["EventId"]] = event
        return len(told) >= len(formation.describe_stack_events(StackName=name)["StackEvents"])

    cloud.until(all_told)
    assert {event["StackName"] for event in told.values()} == {name}, told
    assert (name, "CREATE_COMPLETE") in {(event["LogicalResourceId"], event["ResourceStatus"]) for event in told.values()}, told
    body = json.dumps(things(A=topic("one")))
    formation.update_stack(StackName=name, TemplateBody=body, NotificationARNs=[])
    assert settled(cloud, name) == "UPDATE_COMPLETE", cloud.reasons(name)
    assert formation.describe_stacks(StackName=name)["Stacks"][0]["NotificationARNs"] == []
    formation.delete_stack(StackName=name)


@check("cloudformation", "an update with a rollback trigger whose alarm is in ALARM is taken back")
def rollback_trigger(cloud):
    watch, formation, alarm = cloud.client("cloudwatch"), cloud.client("cloudformation"), cloud.name("alarm")
    watch.put_metric_alarm(AlarmName=alarm, Namespace="probe", MetricName=alarm, Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=0, ComparisonOperator="GreaterThanThreshold")
    arn = watch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["AlarmArn"]
    watched = {"RollbackTriggers": [{"Arn": arn, "Type": "AWS::CloudWatch::Alarm"}], "MonitoringTimeInMinutes": 0}
    name, _ = cloud.stack(things(A=topic("one")))
    described = change_set(cloud, name, things(A=topic("one")), RollbackConfiguration=watched)
    assert described["Status"] == "CREATE_COMPLETE" and not described["Changes"], described
    assert described["RollbackConfiguration"] == watched, described
    formation.execute_change_set(StackName=name, ChangeSetName=described["ChangeSetName"])
    assert settled(cloud, name) == "UPDATE_COMPLETE", cloud.reasons(name)
    assert formation.describe_stacks(StackName=name)["Stacks"][0]["RollbackConfiguration"] == watched
    watch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="probe")
    formation.update_stack(StackName=name, TemplateBody=json.dumps(things(A=topic("two"))))
    assert settled(cloud, name) == "UPDATE_ROLLBACK_COMPLETE", cloud.reasons(name)
    arn = formation.describe_stack_resource(StackName=name, LogicalResourceId="A")["StackResourceDetail"]["PhysicalResourceId"]
    assert cloud.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == "one"


@check("cloudformation", "a nested stack is read from S3, and its outputs are attributes of the parent's resource")
def nested(cloud):
    s3, bucket = cloud.client("s3"), cloud.name("templates")
    s3.create_bucket(Bucket=bucket)
    child = {
        "Parameters": {"Display": {"Type": "String"}},
        "Resources": {"T": {"Type": TOPIC, "Properties": {"DisplayName": {"Ref": "Display"}}}},
        "Outputs": {"Arn": {"Value": {"Ref": "T"}}},
    }
    s3.put_object(Bucket=bucket, Key="child.json", Body=json.dumps(child))
    parent = {
        "Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": f"https://s3.amazonaws.com/{bucket}/child.json", "Parameters": {"Display": "inner"}}}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Child", "Outputs.Arn"]}}, "Id": {"Value": {"Ref": "Child"}}},
    }
    name, outputs = cloud.stack(parent, keep=True)
    sns, formation = cloud.client("sns"), cloud.client("cloudformation")
    assert sns.get_topic_attributes(TopicArn=outputs["Arn"])["Attributes"]["DisplayName"] == "inner"
    inner = formation.describe_stacks(StackName=outputs["Id"])["Stacks"][0]
    assert inner["StackStatus"] == "CREATE_COMPLETE" and inner["RootId"] == inner["ParentId"], inner
    formation.delete_stack(StackName=name)
    cloud.until(lambda: formation.describe_stacks(StackName=outputs["Id"])["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE", seconds=30)
    with refused("NotFound", "NotFoundException"):
        sns.get_topic_attributes(TopicArn=outputs["Arn"])


MAKER = """
import json, urllib.request

def handler(event, context):
    body = {
        "Status": "FAILED" if event["ResourceProperties"].get("Fail") else "SUCCESS",
        "Reason": "as asked",
        "PhysicalResourceId": "made-" + event["ResourceProperties"]["Name"],
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"Kind": event["RequestType"], "Size": event["ResourceProperties"].get("Size", "")},
    }
    request = urllib.request.Request(event["ResponseURL"], data=json.dumps(body).encode(), method="PUT")
    urllib.request.urlopen(request, timeout=5).read()
"""


def custom_template(cloud, maker, **properties):
    arn = cloud.client("lambda").get_function(FunctionName=maker)["Configuration"]["FunctionArn"]
    return {
        "Resources": {"Made": {"Type": "Custom::Thing", "Properties": {"ServiceToken": arn, **properties}}},
        "Outputs": {"Id": {"Value": {"Ref": "Made"}}, "Kind": {"Value": {"Fn::GetAtt": ["Made", "Kind"]}}, "Size": {"Value": {"Fn::GetAtt": ["Made", "Size"]}}},
    }


@check("cloudformation", "a custom resource is made and changed by its function, whose data are attributes")
def custom(cloud):
    maker = cloud.function(MAKER)
    name, outputs = cloud.stack(custom_template(cloud, maker, Name="a", Size=7))
    assert outputs == {"Id": "made-a", "Kind": "Create", "Size": "7"}, outputs
    template = custom_template(cloud, maker, Name="b", Size=8)
    cloud.client("cloudformation").update_stack(StackName=name, TemplateBody=json.dumps(template))
    assert settled(cloud, name) == "UPDATE_COMPLETE", cloud.reasons(name)
    assert cloud.outputs(name) == {"Id": "made-b", "Kind": "Update", "Size": "8"}, cloud.outputs(name)


@check("cloudformation", "a custom resource that fails tells its reason and rolls the stack back")
def custom_failure(cloud):
    formation, name = cloud.client("cloudformation"), cloud.name("stack")
    template = custom_template(cloud, cloud.function(MAKER), Name="a", Fail="yes")
    formation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    settled(cloud, name)
    assert any("as asked" in (reason or "") for _, reason in cloud.reasons(name)), cloud.reasons(name)


@check("cloudformation", "a wait condition waits for a signal to its handle")
def wait_condition(cloud):
    formation, name = cloud.client("cloudformation"), cloud.name("stack")
    template = {
        "Resources": {
            "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
            "Wait": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "60"}},
        },
        "Outputs": {"Data": {"Value": {"Fn::GetAtt": ["Wait", "Data"]}}},
    }
    formation.create_stack(StackName=name, TemplateBody=json.dumps(template))

    def handle():
        rows = formation.describe_stack_resources(StackName=name)["StackResources"]
        by_id = {row["LogicalResourceId"]: row for row in rows}
        assert "Wait" in by_id
        return by_id["Handle"]["PhysicalResourceId"]

    url = cloud.until(handle)
    body = json.dumps({"Status": "SUCCESS", "UniqueId": "one", "Data": "hello", "Reason": "done"})
    answer = cloud.http("PUT", url, body=body, headers={"content-type": ""})
    assert answer.status == 200, answer
    assert settled(cloud, name) == "CREATE_COMPLETE", cloud.reasons(name)
    assert json.loads(cloud.outputs(name)["Data"]) == {"one": "hello"}, cloud.outputs(name)
    formation.delete_stack(StackName=name)


@check("cloudformation", "a bucket with objects is not deleted with its stack, and the deletion is repaired by retaining it")
def delete_failed(cloud):
    bucket, formation, s3 = cloud.name("full"), cloud.client("cloudformation"), cloud.client("s3")
    name, _ = cloud.stack({"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}}}}, keep=True)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    formation.delete_stack(StackName=name)
    cloud.until(lambda: cloud.status(name) == "DELETE_FAILED")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    formation.delete_stack(StackName=name, RetainResources=["B"])
    cloud.until(lambda: not [one for one in formation.describe_stacks()["Stacks"] if one["StackName"] == name])
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)


@check("cloudformation", "a stack policy denies an update of the resource that it names")
def stack_policy(cloud):
    name, _ = cloud.stack(things(A=topic("one"), B=topic("one")))
    formation = cloud.client("cloudformation")
    policy = {"Statement": [
        {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "LogicalResourceId/A"},
    ]}
    formation.set_stack_policy(StackName=name, StackPolicyBody=json.dumps(policy))
    formation.update_stack(StackName=name, TemplateBody=json.dumps(things(A=topic("two"), B=topic("two"))))
    assert settled(cloud, name) == "UPDATE_ROLLBACK_COMPLETE", cloud.status(name)
    assert any("denied by stack policy" in (reason or "") for _, reason in cloud.reasons(name)), cloud.reasons(name)
    formation.update_stack(StackName=name, TemplateBody=json.dumps(things(A=topic("one"), B=topic("two"))))
    assert settled(cloud, name) == "UPDATE_COMPLETE", cloud.status(name)


@check("cloudformation", "termination protection refuses the deletion of a stack")
def protection(cloud):
    name, _ = cloud.stack(things(A=topic("one")))
    formation = cloud.client("cloudformation")
    formation.update_termination_protection(StackName=name, EnableTerminationProtection=True)
    with refused("ValidationError"):
        formation.delete_stack(StackName=name)
    formation.update_termination_protection(StackName=name, EnableTerminationProtection=False)


@check("cloudformation", "a resource with DeletionPolicy Retain outlives its stack")
def retain(cloud):
    group, formation = f"/probe/{cloud.name()}", cloud.client("cloudformation")
    template = {"Resources": {"A": {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Retain", "Properties": {"LogGroupName": group}}}}
    name, _ = cloud.stack(template, keep=True)
    formation.delete_stack(StackName=name)
    cloud.until(lambda: not [one for one in formation.describe_stacks()["Stacks"] if one["StackName"] == name])
    logs = cloud.client("logs")
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"], "the log group is gone"
    logs.delete_log_group(logGroupName=group)


@check("cloudformation", "an export cannot be removed while another stack imports it")
def exports(cloud):
    export, formation = cloud.name("export"), cloud.client("cloudformation")
    owner = things(A=topic("one"))
    owner["Outputs"] = {"O": {"Value": "x", "Export": {"Name": export}}}
    name, _ = cloud.stack(owner)
    user = things(A={"Properties": {"DisplayName": {"Fn::ImportValue": export}}})
    importing, _ = cloud.stack(user)
    assert formation.list_imports(ExportName=export)["Imports"] == [importing]
    with contextlib.suppress(ClientError):
        formation.delete_stack(StackName=name)
        settled(cloud, name)
    listed = [one["Name"] for one in formation.list_exports()["Exports"]]
    assert export in listed, "the export is gone"
    formation.delete_stack(StackName=importing)
    cloud.until(lambda: not [one for one in formation.describe_stacks()["Stacks"] if one["StackName"] == importing])


@check("cloudformation", "a template that makes roles needs a capability")
def capabilities(cloud):
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    template = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}}}
    with refused("InsufficientCapabilitiesException", "InsufficientCapabilities"):
        cloud.client("cloudformation").create_stack(StackName=cloud.name("stack"), TemplateBody=json.dumps(template))


@check("cloudformation", "the events of one operation can be asked for, and a token repeats a request without effect")
def events(cloud):
    formation, name, token = cloud.client("cloudformation"), cloud.name("stack"), cloud.name("token")
    body = json.dumps(things(A=topic("one")))
    first = formation.create_stack(StackName=name, TemplateBody=body, ClientRequestToken=token)
    again = formation.create_stack(StackName=name, TemplateBody=body, ClientRequestToken=token)
    assert first["StackId"] == again["StackId"], again
    assert settled(cloud, name) == "CREATE_COMPLETE"
    rows = formation.describe_stack_events(StackName=name)["StackEvents"]
    assert {row.get("ClientRequestToken") for row in rows} == {token}, rows
    assert rows[0]["ResourceStatus"] == "CREATE_COMPLETE" and rows[0]["LogicalResourceId"] == name, rows[0]
    formation.delete_stack(StackName=name)
