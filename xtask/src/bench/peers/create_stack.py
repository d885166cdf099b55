"""Creates and deletes a stack of 44 resources at an endpoint; prints the median milliseconds from ExecuteChangeSet to CREATE_COMPLETE."""
import json
import statistics
import sys
import time

import boto3
from botocore.config import Config

endpoint, rounds = sys.argv[1], int(sys.argv[2])
cloudformation = boto3.client(
    "cloudformation",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
    config=Config(retries={"max_attempts": 1}),
)


def trust(service):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def template():
    resources = {}

    def add(name, kind, properties):
        resources[name] = {"Type": f"AWS::{kind}", "Properties": properties}

    for n in range(6):
        add(f"Bucket{n}", "S3::Bucket", {"BucketName": f"bench-forty-four-{n}"})
        arn = {"Fn::Sub": f"${{Bucket{n}.Arn}}/*"}
        statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": arn}
        statement["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        add(f"BucketPolicy{n}", "S3::BucketPolicy", {"Bucket": {"Ref": f"Bucket{n}"}, "PolicyDocument": document})
        read = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": arn}]}
        policies = [{"PolicyName": "read", "PolicyDocument": read}]
        add(f"Role{n}", "IAM::Role", {"AssumeRolePolicyDocument": trust("lambda.amazonaws.com"), "Policies": policies})
        add(f"LogGroup{n}", "Logs::LogGroup", {"LogGroupName": f"/bench/{n}", "RetentionInDays": 30})
        add(f"Queue{n}", "SQS::Queue", {"QueueName": f"bench-{n}", "VisibilityTimeout": 60})
    for n in range(4):
        add(f"Topic{n}", "SNS::Topic", {"TopicName": f"bench-{n}"})
        subscription = {"Protocol": "sqs", "TopicArn": {"Ref": f"Topic{n}"}}
        subscription["Endpoint"] = {"Fn::GetAtt": [f"Queue{n}", "Arn"]}
        add(f"Subscription{n}", "SNS::Subscription", subscription)
        add(f"Parameter{n}", "SSM::Parameter", {"Name": f"/bench/{n}", "Type": "String", "Value": {"Ref": f"Topic{n}"}})
    for n in range(2):
        key = {"AttributeName": "id", "AttributeType": "S"}
        schema = [{"AttributeName": "id", "KeyType": "HASH"}]
        properties = {"BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [key], "KeySchema": schema}
        add(f"Table{n}", "DynamoDB::Table", {"TableName": f"bench-{n}", **properties})
    assert len(resources) == 44
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})


def wait_for(name, wanted):
    while True:
        try:
            status = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        except cloudformation.exceptions.ClientError:
            status = "DELETE_COMPLETE"
        if status == wanted:
            return
        if not status.endswith("IN_PROGRESS"):
            sys.exit(f"the stack is {status}")
        time.sleep(0.002)


body, taken = template(), []
for round in range(rounds):
    name = f"forty-four-{round}"
    cloudformation.create_change_set(
        StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=body, Capabilities=["CAPABILITY_IAM"]
    )
    while cloudformation.describe_change_set(StackName=name, ChangeSetName="first")["Status"] != "CREATE_COMPLETE":
        time.sleep(0.002)
    began = time.perf_counter()
    cloudformation.execute_change_set(StackName=name, ChangeSetName="first")
    wait_for(name, "CREATE_COMPLETE")
    taken.append((time.perf_counter() - began) * 1000)
    cloudformation.delete_stack(StackName=name)
    wait_for(name, "DELETE_COMPLETE")
print(statistics.median(taken))
