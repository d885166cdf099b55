"""CloudFormation: what templates may say, and operations that are stopped or go on."""

import json

from cloudformation import change_set, settled, things, topic
from harness import check, refused

FUNCTIONS = """
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Ports: {Type: CommaDelimitedList, Default: '80,443'}
Mappings:
  Sizes: {dev: {Memory: '128'}, prod: {Memory: '512'}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsEither: !Or [!Condition IsProd, !Not [!Equals [!Ref Stage, test]]]
  IsBoth: !And [!Condition IsProd, !Condition IsEither]
Resources:
  A: {Type: 'AWS::SNS::Topic', Properties: {DisplayName: !If [IsProd, big, small], SignatureVersion: !If [IsProd, '2', !Ref 'AWS::NoValue']}}
  B: {Type: 'AWS::SNS::Topic', Condition: IsProd}
Outputs:
  If: {Value: !If [IsProd, big, small]}
  Either: {Value: !If [IsEither, a, b]}
  Both: {Value: !If [IsBoth, a, b]}
  Map: {Value: !FindInMap [Sizes, !Ref Stage, Memory]}
  Join: {Value: !Join ['-', [a, !Ref Stage, !Select [1, !Ref Ports]]]}
  Split: {Value: !Select [1, !Split ['|', 'x|y|z']]}
  Sub: {Value: !Sub ['${AWS::Region}/${Stage}/${Own}/${!Kept}', {Own: !GetAtt A.TopicName}]}
  Base64: {Value: !Base64 hello}
  Cidr: {Value: !Select [1, !Cidr ['10.0.0.0/16', 2, 8]]}
  Zone: {Value: !Select [0, !GetAZs '']}
  Name: {Value: !Ref 'AWS::StackName'}
  Only: {Condition: IsProd, Value: !Ref B}
"""


def _yaml(cloud, text, **parameters):
    formation, name = cloud.client("cloudformation"), cloud.name("stack")
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    formation.create_stack(StackName=name, TemplateBody=text, Parameters=given)
    cloud._later(lambda: formation.delete_stack(StackName=name))
    assert settled(cloud, name) == "CREATE_COMPLETE", cloud.reasons(name)
    return name, cloud.outputs(name)


@check("cloudformation", "intrinsic functions, conditions, mappings and parameters are evaluated")
def functions(cloud):
    name, got = _yaml(cloud, FUNCTIONS)
    topic = cloud.client("cloudformation").describe_stack_resource(StackName=name, LogicalResourceId="A")["StackResourceDetail"]["PhysicalResourceId"]
    expected = {
        "If": "small", "Either": "a", "Both": "b", "Map": "128", "Join": "a-dev-443", "Split": "y", "Base64": "aGVsbG8=",
        "Sub": f"{cloud.region}/dev/{topic.split(':')[-1]}/${{Kept}}", "Cidr": "10.0.1.0/24", "Zone": f"{cloud.region}a", "Name": name,
    }
    assert got == expected, got
    assert cloud.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"] == "small"
    _, got = _yaml(cloud, FUNCTIONS, Stage="prod", Ports="1,2")
    assert (got["If"], got["Both"], got["Map"], got["Join"]) == ("big", "a", "512", "a-prod-2") and got["Only"].startswith("arn:aws:sns:"), got
    with refused("ValidationError"):
        _yaml(cloud, FUNCTIONS, Stage="other")


@check("cloudformation", "a template is validated and summed up before anything is made")
def summary(cloud):
    formation = cloud.client("cloudformation")
    told = formation.validate_template(TemplateBody=FUNCTIONS)
    assert {one["ParameterKey"]: one.get("DefaultValue") for one in told["Parameters"]} == {"Stage": "dev", "Ports": "80,443"}, told
    role = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "x", "AssumeRolePolicyDocument": {}}}}}
    told = formation.get_template_summary(TemplateBody=json.dumps(role))
    assert (told["ResourceTypes"], told["Capabilities"]) == (["AWS::IAM::Role"], ["CAPABILITY_NAMED_IAM"]), told
    circle = things(A=topic("a", DependsOn="B"), B=topic("b", DependsOn="A"))
    unknown = {"Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Nobody"}}}}}
    for wrong in ("no template", "{}", json.dumps(circle), json.dumps(unknown), json.dumps({"Resources": {"A": {}}}), json.dumps({**things(A=topic("a")), "Colour": 1})):
        with refused("ValidationError"):
            formation.validate_template(TemplateBody=wrong)


@check("cloudformation", "templates have limits of size and number")
def limits(cloud):
    formation, name = cloud.client("cloudformation"), cloud.name("stack")
    s3, bucket = cloud.client("s3"), cloud.name("templates")
    s3.create_bucket(Bucket=bucket)
    body = json.dumps({**things(A=topic("a")), "Description": "d"})
    with refused("ValidationError"):
        formation.create_stack(StackName=name, TemplateBody=body + " " * (51_201 - len(body)))
    formation.validate_template(TemplateBody=body + " " * (51_200 - len(body)))
    for key, text in (("big", body + " " * (1024 * 1024)), ("many", json.dumps(things(**{f"A{number}": topic("a") for number in range(501)})))):
        s3.put_object(Bucket=bucket, Key=key, Body=text.encode())
        with refused("ValidationError"):
            formation.create_stack(StackName=name, TemplateURL=f"https://{bucket}.s3.amazonaws.com/{key}")
    s3.put_object(Bucket=bucket, Key="good", Body=body.encode())
    for url in (f"https://{bucket}.s3.{cloud.region}.amazonaws.com/good", f"https://s3.{cloud.region}.amazonaws.com/{bucket}/good"):
        formation.validate_template(TemplateURL=url)


@check("cloudformation", "the template of a stack is given back as it was sent")
def template(cloud):
    name, _ = _yaml(cloud, FUNCTIONS)
    formation = cloud.client("cloudformation")
    assert formation.get_template(StackName=name)["TemplateBody"] == FUNCTIONS
    listed = formation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    assert [(one["LogicalResourceId"], one["ResourceStatus"]) for one in listed] == [("A", "CREATE_COMPLETE")], listed
    with refused("ValidationError"):
        formation.get_template(StackName=cloud.name("none"))


@check("cloudformation", "change sets are listed and deleted, and a stack that has nothing else waits for review")
def change_sets(cloud):
    formation, name = cloud.client("cloudformation"), cloud.name("stack")
    set = change_set(cloud, name, things(A=topic("one")), ChangeSetType="CREATE")["ChangeSetName"]
    cloud._later(lambda: formation.delete_stack(StackName=name))
    assert cloud.status(name) == "REVIEW_IN_PROGRESS"
    listed = formation.list_change_sets(StackName=name)["Summaries"]
    assert [(one["ChangeSetName"], one["ExecutionStatus"]) for one in listed] == [(set, "AVAILABLE")], listed
    with refused("ValidationError"):
        formation.update_stack(StackName=name, TemplateBody=json.dumps(things(A=topic("two"))))
    formation.delete_change_set(StackName=name, ChangeSetName=set)
    cloud.until(lambda: not formation.list_change_sets(StackName=name)["Summaries"])
    with refused("ChangeSetNotFound", "ChangeSetNotFoundException"):
        formation.execute_change_set(StackName=name, ChangeSetName=set)


@check("cloudformation", "resources are made after those that they depend on, and removed before them")
def order(cloud):
    formation = cloud.client("cloudformation")
    template = things(A=topic("a", DependsOn="B"), B={"Properties": {"DisplayName": {"Fn::GetAtt": ["C", "TopicName"]}}}, C=topic("c"))
    name, _ = cloud.stack(template, keep=True)
    stack = formation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]

    def seen(status):
        events = formation.describe_stack_events(StackName=stack)["StackEvents"][::-1]
        return [event["LogicalResourceId"] for event in events if event["ResourceStatus"] == status and event["ResourceType"] == "AWS::SNS::Topic"]

    assert seen("CREATE_COMPLETE") == ["C", "B", "A"], seen("CREATE_COMPLETE")
    formation.delete_stack(StackName=name)
    cloud.until(lambda: cloud.status(stack) == "DELETE_COMPLETE", seconds=60)
    assert seen("DELETE_COMPLETE") == ["A", "B", "C"], seen("DELETE_COMPLETE")
    with refused("ValidationError"):
        formation.describe_stacks(StackName=name)


@check("cloudformation", "an update that runs is canceled, and leads back")
def canceled(cloud):
    formation = cloud.client("cloudformation")
    name, _ = cloud.stack(things(A=topic("one")))
    waiting = {
        "H": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "W": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": {"Handle": {"Ref": "H"}, "Timeout": "600"}},
    }
    template = {"Resources": {**things(A=topic("two"))["Resources"], **waiting}}
    formation.update_stack(StackName=name, TemplateBody=json.dumps(template))
    cloud.until(lambda: formation.describe_stack_resource(StackName=name, LogicalResourceId="W")["StackResourceDetail"]["ResourceStatus"] == "CREATE_IN_PROGRESS")
    with refused("ValidationError"):
        formation.update_stack(StackName=name, TemplateBody=json.dumps(things(A=topic("three"))))
    formation.cancel_update_stack(StackName=name)
    assert settled(cloud, name) == "UPDATE_ROLLBACK_COMPLETE", cloud.status(name)
    arn = formation.describe_stack_resource(StackName=name, LogicalResourceId="A")["StackResourceDetail"]["PhysicalResourceId"]
    assert cloud.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == "one"
    with refused("ValidationError"):
        formation.cancel_update_stack(StackName=name)


#: Makes and deletes what it is told; an update back to `old` fails while the bucket has no object `mended`.
STUBBORN = """import boto3, cfnresponse
def handler(event, context):
    properties = event['ResourceProperties']
    status = cfnresponse.SUCCESS
    if event['RequestType'] == 'Update' and properties['Value'] == 'old':
        found = boto3.client('s3').list_objects_v2(Bucket=properties['Bucket'], Prefix='mended')
        status = cfnresponse.SUCCESS if found['KeyCount'] else cfnresponse.FAILED
    cfnresponse.send(event, context, status, {}, 'thing')
"""


@check("cloudformation", "a rollback that failed goes on when its cause is mended")
def continued(cloud):
    formation, s3, bucket = cloud.client("cloudformation"), cloud.client("s3"), cloud.name("bucket")
    s3.create_bucket(Bucket=bucket)
    role = cloud.role([{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}])

    def template(value, **more):
        thing = {"Type": "Custom::Thing", "Properties": {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]}, "Value": value, "Bucket": bucket}}
        code = {"ZipFile": STUBBORN}
        function = {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "python3.12", "Handler": "index.handler", "Role": role, "Code": code, "Timeout": 30, "MemorySize": 512}}
        return {"Resources": {"F": function, "T": thing, **more}}

    name, _ = cloud.stack(template("old"))
    wrong = {"Type": "AWS::Lambda::Permission", "DependsOn": "T", "Properties": {"FunctionName": "nobody", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}}
    formation.update_stack(StackName=name, TemplateBody=json.dumps(template("new", X=wrong)))
    assert settled(cloud, name) == "UPDATE_ROLLBACK_FAILED", cloud.status(name)
    s3.put_object(Bucket=bucket, Key="mended", Body=b"")
    formation.continue_update_rollback(StackName=name)
    assert settled(cloud, name) == "UPDATE_ROLLBACK_COMPLETE", cloud.reasons(name)


@check("cloudformation", "what a resource lacks or has of a wrong type fails its creation")
def properties(cloud):
    formation = cloud.client("cloudformation")
    for kind, declared, word in (
        ("AWS::Lambda::Function", {"Runtime": "python3.12"}, "Role"),
        ("AWS::SQS::Queue", {"DelaySeconds": "soon"}, "DelaySeconds"),
        ("AWS::S3::Bucket", {"VersioningConfiguration": {"Status": "Maybe"}}, "Status"),
    ):
        name = cloud.name("stack")
        formation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"A": {"Type": kind, "Properties": declared}}}))
        cloud._later(lambda: formation.delete_stack(StackName=name))
        assert settled(cloud, name) == "ROLLBACK_COMPLETE", (kind, cloud.status(name))
        assert word in str(cloud.reasons(name)), (kind, cloud.reasons(name))


@check("cloudformation", "RetainExceptOnCreate keeps what was made, but not what a failed creation made")
def retain_except(cloud):
    formation, logs, group = cloud.client("cloudformation"), cloud.client("logs"), f"/probe/{cloud.name()}"
    kept = {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "RetainExceptOnCreate", "Properties": {"LogGroupName": group}}
    wrong = {"Type": "AWS::Lambda::Permission", "DependsOn": "A", "Properties": {"FunctionName": "nobody", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}}
    name = cloud.name("stack")
    formation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"A": kept, "X": wrong}}))
    assert settled(cloud, name) == "ROLLBACK_COMPLETE", cloud.status(name)
    formation.delete_stack(StackName=name)
    assert not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    name, _ = cloud.stack({"Resources": {"A": kept}}, keep=True)
    formation.delete_stack(StackName=name)
    cloud._later(lambda: logs.delete_log_group(logGroupName=group))
    cloud.until(lambda: name not in [one["StackName"] for one in formation.describe_stacks()["Stacks"]], seconds=30)
    assert [one["logGroupName"] for one in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]] == [group]
