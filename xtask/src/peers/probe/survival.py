"""What was acknowledged is there after the process was killed."""

import json

from harness import allow, archive, survives

SOURCE = "def handler(event, context):\n    return {'given': event}\n"


@survives("s3", "objects with their metadata and versions outlive a kill of the process")
def objects(cloud):
    s3, bucket = cloud.client("s3"), cloud.name("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="a", Body=b"one", Metadata={"kind": "first"})["VersionId"]
    s3.put_object(Bucket=bucket, Key="a", Body=b"two" * 100_000)
    yield
    s3 = cloud.client("s3")
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"two" * 100_000
    got = s3.get_object(Bucket=bucket, Key="a", VersionId=first)
    assert (got["Body"].read(), got["Metadata"]) == (b"one", {"kind": "first"}), got


@survives("dynamodb", "items outlive a kill of the process")
def items(cloud):
    dynamodb, table = cloud.client("dynamodb"), cloud.name("table")
    dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    dynamodb.put_item(TableName=table, Item={"id": {"S": "1"}, "count": {"N": "7"}})
    yield
    got = cloud.client("dynamodb").get_item(TableName=table, Key={"id": {"S": "1"}}, ConsistentRead=True)
    assert got["Item"]["count"] == {"N": "7"}, got


@survives("sqs", "messages outlive a kill of the process")
def messages(cloud):
    sqs, name = cloud.client("sqs"), cloud.name("queue")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    yield
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    got = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert [message["Body"] for message in got] == ["hello"], got


@survives("secretsmanager", "secrets and parameters outlive a kill of the process")
def secrets(cloud):
    name = cloud.name("secret")
    cloud.client("secretsmanager").create_secret(Name=name, SecretString="kept")
    cloud.client("ssm").put_parameter(Name=f"/{name}", Value="kept too", Type="String")
    yield
    assert cloud.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"] == "kept"
    assert cloud.client("ssm").get_parameter(Name=f"/{name}")["Parameter"]["Value"] == "kept too"


@survives("lambda", "functions outlive a kill of the process, and run under their roles")
def functions(cloud):
    role, name = cloud.role([allow("s3:GetObject")]), cloud.name("function")
    cloud.client("lambda").create_function(FunctionName=name, Runtime="python3.12", Handler="index.handler", Role=role, Code={"ZipFile": archive({"index.py": SOURCE})})
    cloud.client("lambda").get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    yield
    assert cloud.invoke(name, [1, 2]) == {"given": [1, 2]}
    statements = cloud.client("iam").get_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyName="probe")["PolicyDocument"]["Statement"]
    assert allow("s3:GetObject") in statements, statements


@survives("cloudformation", "stacks outlive a kill of the process, and can be updated and destroyed")
def stacks(cloud):
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 1}}}, "Outputs": {"Url": {"Value": {"Ref": "Queue"}}}}
    name, outputs = cloud.stack(template, keep=True)
    yield
    assert cloud.status(name) == "CREATE_COMPLETE" and cloud.outputs(name) == outputs
    formation = cloud.client("cloudformation")
    template["Resources"]["Queue"]["Properties"]["DelaySeconds"] = 2
    formation.update_stack(StackName=name, TemplateBody=json.dumps(template))
    cloud.until(lambda: cloud.status(name) == "UPDATE_COMPLETE", seconds=30)
    got = cloud.client("sqs").get_queue_attributes(QueueUrl=outputs["Url"], AttributeNames=["DelaySeconds"])
    assert got["Attributes"]["DelaySeconds"] == "2", got
    formation.delete_stack(StackName=name)
