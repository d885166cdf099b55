"""Secrets Manager: values, versions, stages, deletion, access."""

import json
import string

from harness import check, refused


def secret(cloud, value="first", **settings):
    secrets, name = cloud.client("secretsmanager"), cloud.name("secret")
    made = secrets.create_secret(Name=name, SecretString=value, **settings)
    cloud._later(lambda: secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True))
    return secrets, name, made["ARN"]


@check("secretsmanager", "a secret is read by name and by ARN, as text or as bytes")
def value(cloud):
    secrets, name, arn = secret(cloud)
    for identifier in (name, arn, arn.rsplit("-", 1)[0]):
        assert secrets.get_secret_value(SecretId=identifier)["SecretString"] == "first", identifier
    secrets.put_secret_value(SecretId=name, SecretBinary=b"\x00\x01")
    assert secrets.get_secret_value(SecretId=name)["SecretBinary"] == b"\x00\x01"
    with refused("ResourceNotFoundException"):
        secrets.get_secret_value(SecretId=cloud.name("missing"))
    with refused("ResourceExistsException"):
        secrets.create_secret(Name=name, SecretString="again")


@check("secretsmanager", "a new value becomes the current version, the one before the previous one")
def versions(cloud):
    secrets, name, _ = secret(cloud)
    secrets.put_secret_value(SecretId=name, SecretString="second")
    staged = lambda stage: secrets.get_secret_value(SecretId=name, VersionStage=stage)["SecretString"]
    assert (staged("AWSCURRENT"), staged("AWSPREVIOUS")) == ("second", "first")
    versions = {stage: one["VersionId"] for one in secrets.list_secret_version_ids(SecretId=name)["Versions"] for stage in one["VersionStages"]}
    secrets.update_secret_version_stage(
        SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=versions["AWSPREVIOUS"], RemoveFromVersionId=versions["AWSCURRENT"]
    )
    assert (staged("AWSCURRENT"), staged("AWSPREVIOUS")) == ("first", "second")


@check("secretsmanager", "a deleted secret can be restored, or is gone at once")
def deletion(cloud):
    secrets, name, _ = secret(cloud)
    secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    with refused("InvalidRequestException"):
        secrets.get_secret_value(SecretId=name)
    secrets.restore_secret(SecretId=name)
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "first"
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    with refused("ResourceNotFoundException"):
        secrets.describe_secret(SecretId=name)
    secrets.create_secret(Name=name, SecretString="new")


@check("secretsmanager", "random passwords have what is asked for")
def password(cloud):
    secrets = cloud.client("secretsmanager")
    drawn = secrets.get_random_password(PasswordLength=40, ExcludePunctuation=True, ExcludeCharacters="abc")["RandomPassword"]
    assert len(drawn) == 40 and drawn.isalnum() and not set(drawn) & set("abc"), drawn
    assert any(one in string.digits for one in drawn) and any(one in string.ascii_uppercase for one in drawn)


@check("secretsmanager", "secrets are listed by filters, with tags and description")
def listing(cloud):
    secrets, name, arn = secret(cloud, Description="for the probe", Tags=[{"Key": "team", "Value": "photos"}])
    (found,) = secrets.list_secrets(Filters=[{"Key": "name", "Values": [name]}])["SecretList"]
    assert (found["ARN"], found["Description"], found["Tags"]) == (arn, "for the probe", [{"Key": "team", "Value": "photos"}]), found
    assert secrets.batch_get_secret_value(SecretIdList=[name])["SecretValues"][0]["SecretString"] == "first"


@check("secretsmanager", "a role reads the secrets that its policy or theirs names")
def role(cloud):
    secrets, name, arn = secret(cloud)
    _, other, _ = secret(cloud, "other")
    role_arn = cloud.role([{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn}])
    keys = cloud.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="probe")["Credentials"]
    limited = cloud.client("secretsmanager", keys=keys)
    assert limited.get_secret_value(SecretId=name)["SecretString"] == "first"
    with refused("AccessDeniedException"):
        limited.get_secret_value(SecretId=other)
    statement = {"Effect": "Allow", "Principal": {"AWS": role_arn}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    secrets.put_resource_policy(SecretId=other, ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert cloud.until(lambda: limited.get_secret_value(SecretId=other)["SecretString"] == "other")


@check("secretsmanager", "a template draws a password into a JSON object")
def template(cloud):
    generate = {"SecretStringTemplate": '{"username": "admin"}', "GenerateStringKey": "password", "PasswordLength": 20, "ExcludePunctuation": True}
    resource = {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": generate, "Description": "d"}}
    _, outputs = cloud.stack({"Resources": {"Secret": resource}, "Outputs": {"Arn": {"Value": {"Ref": "Secret"}}}})
    value = json.loads(cloud.client("secretsmanager").get_secret_value(SecretId=outputs["Arn"])["SecretString"])
    assert value["username"] == "admin" and len(value["password"]) == 20, sorted(value)


@check("secretsmanager", "a function rotates a secret in four steps")
def rotation(cloud):
    secrets, name, arn = secret(cloud)
    source = """
import boto3, os
def handler(event, context):
    secrets = boto3.client("secretsmanager", endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))
    identifier, token = event["SecretId"], event["ClientRequestToken"]
    if event["Step"] == "createSecret":
        secrets.put_secret_value(SecretId=identifier, ClientRequestToken=token, SecretString="rotated", VersionStages=["AWSPENDING"])
    if event["Step"] == "finishSecret":
        stages = secrets.describe_secret(SecretId=identifier)["VersionIdsToStages"]
        old = next(version for version, names in stages.items() if "AWSCURRENT" in names)
        secrets.update_secret_version_stage(SecretId=identifier, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=old)
"""
    function = cloud.function(source, [{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": arn}])
    lambdas = cloud.client("lambda")
    function_arn = lambdas.get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    lambdas.add_permission(FunctionName=function, StatementId="rotate", Action="lambda:InvokeFunction", Principal="secretsmanager.amazonaws.com")
    secrets.rotate_secret(SecretId=name, RotationLambdaARN=function_arn, RotationRules={"AutomaticallyAfterDays": 30})
    cloud.until(lambda: secrets.get_secret_value(SecretId=name)["SecretString"] == "rotated")
    assert secrets.describe_secret(SecretId=name)["RotationEnabled"]
