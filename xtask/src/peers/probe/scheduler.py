"""EventBridge Scheduler."""

import datetime
import json

from harness import check, refused

OFF = {"Mode": "OFF"}


def _queue_and_role(cloud):
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=cloud.name("scheduled"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    role = cloud.role([{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}], "scheduler.amazonaws.com")
    return url, arn, role


@check("scheduler", "a schedule starts its target once, in the name of its role")
def once(cloud):
    url, arn, role = _queue_and_role(cloud)
    scheduler, name = cloud.client("scheduler"), cloud.name("schedule")
    soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3)).strftime("%Y-%m-%dT%H:%M:%S")
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=f"at({soon})",
        FlexibleTimeWindow=OFF,
        Target={"Arn": arn, "RoleArn": role, "Input": '{"a": 1}'},
        ActionAfterCompletion="DELETE",
    )
    sqs = cloud.client("sqs")
    messages = cloud.until(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2).get("Messages"), seconds=90)
    assert json.loads(messages[0]["Body"]) == {"a": 1}, messages

    def gone():
        with refused("ResourceNotFoundException"):
            scheduler.get_schedule(Name=name)
        return True

    cloud.until(gone, seconds=90)


@check("scheduler", "a schedule keeps what it was given")
def settings(cloud):
    _, arn, role = _queue_and_role(cloud)
    scheduler, name = cloud.client("scheduler"), cloud.name("schedule")
    target = {"Arn": arn, "RoleArn": role, "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 600}}
    scheduler.create_schedule(Name=name, ScheduleExpression="rate(1 hour)", FlexibleTimeWindow=OFF, Target=target)
    kept = scheduler.get_schedule(Name=name)
    assert kept["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 3 and kept["State"] == "ENABLED", kept
    scheduler.update_schedule(Name=name, ScheduleExpression="rate(2 hours)", FlexibleTimeWindow=OFF, Target=target, State="DISABLED")
    assert scheduler.get_schedule(Name=name)["State"] == "DISABLED"
    assert name in [one["Name"] for one in scheduler.list_schedules(NamePrefix=name)["Schedules"]]
    scheduler.delete_schedule(Name=name)


@check("scheduler", "what is no schedule is refused")
def bad(cloud):
    _, arn, role = _queue_and_role(cloud)
    scheduler = cloud.client("scheduler")
    with refused("ValidationException"):
        scheduler.create_schedule(
            Name=cloud.name("schedule"), ScheduleExpression="every day", FlexibleTimeWindow=OFF, Target={"Arn": arn, "RoleArn": role}
        )


@check("scheduler", "a template makes a schedule")
def template(cloud):
    _, arn, role = _queue_and_role(cloud)
    properties = {
        "ScheduleExpression": "cron(0 9 ? * MON-FRI *)",
        "FlexibleTimeWindow": OFF,
        "Target": {"Arn": arn, "RoleArn": role},
    }
    resources = {"Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": properties}}
    _, outputs = cloud.stack({"Resources": resources, "Outputs": {"Name": {"Value": {"Ref": "Schedule"}}}})
    assert cloud.client("scheduler").get_schedule(Name=outputs["Name"])["ScheduleExpression"] == properties["ScheduleExpression"]
