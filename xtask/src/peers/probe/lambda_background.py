"""Lambda: calls in the background, and what stops them."""

import json

from harness import check

#: Keeps one object for each attempt, and fails.
FAILING = """import boto3, uuid
def handler(event, context):
    boto3.client('s3').put_object(Bucket=event['bucket'], Key=f"{context.aws_request_id}/{uuid.uuid4()}", Body=b'')
    raise Exception('no luck')"""

#: Sends to the queue that it is called by.
LOOP = """import boto3, uuid
def handler(event, context):
    boto3.client('s3').put_object(Bucket='BUCKET', Key=str(uuid.uuid4()), Body=b'')
    boto3.client('sqs').send_message(QueueUrl='QUEUE', MessageBody='again')"""


@check("lambda", "an event whose function fails is tried three times in all, with one request id")
def retries(cloud):
    s3, bucket = cloud.client("s3"), cloud.name("bucket")
    s3.create_bucket(Bucket=bucket)
    name = cloud.function(FAILING, [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}], Timeout=30, MemorySize=512)
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=cloud.name("queue"))["QueueUrl"]
    cloud._later(lambda: sqs.delete_queue(QueueUrl=url))
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    role, iam = cloud.client("lambda").get_function_configuration(FunctionName=name)["Role"].split("/")[-1], cloud.client("iam")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}]}
    iam.put_role_policy(RoleName=role, PolicyName="tell", PolicyDocument=json.dumps(policy))
    cloud._later(lambda: iam.delete_role_policy(RoleName=role, PolicyName="tell"))
    cloud.client("lambda").put_function_event_invoke_config(FunctionName=name, DestinationConfig={"OnFailure": {"Destination": arn}})
    cloud.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"bucket": bucket}))
    # AWS waits one minute, then two; what was tried is told when it is over.
    (message,) = cloud.until(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages"), seconds=240)
    told = json.loads(message["Body"])
    assert told["requestContext"]["condition"] == "RetriesExhausted" and told["requestContext"]["approximateInvokeCount"] == 3, told
    attempts = [one["Key"].split("/")[0] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert attempts == [told["requestContext"]["requestId"]] * 3, attempts


@check("lambda", "a function that calls itself through a queue is stopped")
def recursion(cloud):
    s3, bucket, sqs, lambdas = cloud.client("s3"), cloud.name("bucket"), cloud.client("sqs"), cloud.client("lambda")
    s3.create_bucket(Bucket=bucket)
    dead = sqs.create_queue(QueueName=cloud.name("dead"))["QueueUrl"]

    def arn(url):
        return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    redrive = json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": 1})
    url = sqs.create_queue(QueueName=cloud.name("queue"), Attributes={"VisibilityTimeout": "10", "RedrivePolicy": redrive})["QueueUrl"]
    cloud._later(lambda: (sqs.delete_queue(QueueUrl=url), sqs.delete_queue(QueueUrl=dead)))
    actions = ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    statements = [{"Effect": "Allow", "Action": actions, "Resource": arn(url)}, {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}]
    name = cloud.function(LOOP.replace("BUCKET", bucket).replace("QUEUE", url), statements, Timeout=10, MemorySize=512)
    assert lambdas.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Terminate"
    mapping = lambdas.create_event_source_mapping(FunctionName=name, EventSourceArn=arn(url), BatchSize=1)["UUID"]
    cloud._later(lambda: lambdas.delete_event_source_mapping(UUID=mapping))
    sqs.send_message(QueueUrl=url, MessageBody="first")
    # What would have been the call after the last one goes to the dead letters.
    cloud.until(lambda: sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=1).get("Messages"), seconds=60)
    calls = len(s3.list_objects_v2(Bucket=bucket)["Contents"])
    assert 10 <= calls <= 20, calls
