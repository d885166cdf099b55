"""IAM: what policies permit, and what a refusal says."""

from harness import allow, archive, check, document, refused


def _queue(cloud, **settings):
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=cloud.name("queue"), **settings)["QueueUrl"]
    cloud._later(lambda: sqs.delete_queue(QueueUrl=url))
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _user(cloud):
    """(user name, keys) of somebody without any right."""
    iam, name = cloud.client("iam"), cloud.name("user")
    iam.create_user(UserName=name)
    cloud._later(lambda: iam.delete_user(UserName=name))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    cloud._later(lambda: iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"]))
    return name, {**key, "SessionToken": None}


def _may(cloud, keys, url, action="send"):
    """Whether somebody may send to the queue, or receive from it."""
    sqs = cloud.client("sqs", keys=keys)
    try:
        sqs.send_message(QueueUrl=url, MessageBody="x") if action == "send" else sqs.receive_message(QueueUrl=url)
    except sqs.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException"), error
        return False
    return True


def _as(cloud, url, *statements):
    """Whether a role with these statements may send to the queue."""
    return _may(cloud, cloud.session(cloud.role(statements)), url)


@check("iam", "a refusal names who, what and on which resource")
def refusal(cloud):
    url, arn = _queue(cloud)
    role = cloud.role()
    keys = cloud.session(role)
    with refused("AccessDenied", "AccessDeniedException") as denied:
        cloud.client("sqs", keys=keys).send_message(QueueUrl=url, MessageBody="x")
    session = f"arn:aws:sts::{cloud.account}:assumed-role/{role.split('/')[-1]}/probe"
    for part in (session, "is not authorized to perform: sqs:SendMessage".lower(), arn, "identity-based policy"):
        assert part.lower() in denied.message.lower(), (part, denied.message)
    with refused("AccessDenied") as denied:
        cloud.client("iam", keys=keys).list_users()
    assert "is not authorized to perform: iam:ListUsers" in denied.message, denied.message


@check("iam", "keys that nobody has, wrong secrets and foreign tokens are refused")
def unknown(cloud):
    keys = cloud.session(cloud.role())
    for wrong, code in (
        ({"AccessKeyId": "AKIAQQQQQQQQQQQQQQQQ", "SecretAccessKey": "x" * 40, "SessionToken": None}, "InvalidClientTokenId"),
        ({**keys, "SecretAccessKey": "x" * 40}, "SignatureDoesNotMatch"),
        ({**keys, "SessionToken": "x" * 100}, "InvalidClientTokenId"),
        ({**keys, "SessionToken": None}, "InvalidClientTokenId"),
    ):
        with refused(code):
            cloud.client("sts", keys=wrong).get_caller_identity()


@check("iam", "an explicit denial wins over everything that allows")
def denial(cloud):
    url, arn = _queue(cloud)
    deny = {"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": arn}
    assert _as(cloud, url, allow("*"))
    keys = cloud.session(cloud.role([allow("*"), deny]))
    assert _may(cloud, keys, url, "receive")
    with refused("AccessDenied", "AccessDeniedException") as denied:
        cloud.client("sqs", keys=keys).send_message(QueueUrl=url, MessageBody="x")
    assert "with an explicit deny" in denied.message, denied.message


@check("iam", "wildcards, NotAction and NotResource mean what they say")
def patterns(cloud):
    url, arn = _queue(cloud)
    for statement, expected in (
        (allow("sqs:Send*", arn), True),
        (allow("SQS:sendmessage", arn), True),
        (allow("sqs:Rec*", arn), False),
        (allow("sqs:*", arn[:-1] + "?"), True),
        (allow("sqs:*", arn + "?"), False),
        ({"Effect": "Allow", "NotAction": "sqs:SendMessage", "Resource": "*"}, False),
        ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, True),
        ({"Effect": "Allow", "Action": "sqs:*", "NotResource": arn}, False),
    ):
        assert _as(cloud, url, statement) == expected, statement


@check("iam", "conditions are held, and all of them must be")
def conditions(cloud):
    url, _ = _queue(cloud)
    for condition, expected in (
        ({"StringEquals": {"aws:RequestedRegion": cloud.region}}, True),
        ({"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-west-2"]}}, False),
        ({"StringNotEquals": {"aws:RequestedRegion": cloud.region}}, False),
        ({"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{cloud.account}:role/role-*"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{cloud.account}:user/*"}}, False),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2120-01-01T00:00:00Z"}}, False),
        ({"Bool": {"aws:ViaAWSService": "false"}}, True),
        ({"Bool": {"aws:ViaAWSService": "true"}}, False),
        ({"Null": {"aws:MultiFactorAuthAge": "true"}}, True),
        ({"StringEquals": {"aws:PrincipalTag/none": "x"}}, False),
        ({"StringEqualsIfExists": {"aws:PrincipalTag/none": "x"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": cloud.region, "aws:PrincipalTag/none": "x"}}, False),
    ):
        assert _as(cloud, url, allow("sqs:SendMessage", Condition=condition)) == expected, condition


@check("iam", "tags and policy variables stand for who asks")
def tagged(cloud):
    iam = cloud.client("iam")
    url, arn = _queue(cloud)
    role = cloud.role([allow("sqs:SendMessage", arn.rsplit(":", 1)[0] + ":${aws:PrincipalTag/queue}")])
    assert not _may(cloud, cloud.session(role), url)
    iam.tag_role(RoleName=role.split("/")[-1], Tags=[{"Key": "queue", "Value": arn.split(":")[-1]}])
    assert _may(cloud, cloud.session(role), url)
    name, keys = _user(cloud)
    condition = {"StringEquals": {"aws:username": name}}
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(allow("sqs:SendMessage", Condition=condition)))
    cloud._later(lambda: iam.delete_user_policy(UserName=name, PolicyName="own"))
    assert _may(cloud, keys, url)


@check("iam", "a user has the rights of attached policies and of groups, at once and no longer")
def users(cloud):
    iam, (url, arn), (name, keys), group = cloud.client("iam"), _queue(cloud), _user(cloud), cloud.name("group")
    policy = iam.create_policy(PolicyName=cloud.name("policy"), PolicyDocument=document(allow("sqs:SendMessage", arn)))["Policy"]["Arn"]
    cloud._later(lambda: iam.delete_policy(PolicyArn=policy))
    iam.create_group(GroupName=group)
    cloud._later(lambda: iam.delete_group(GroupName=group))
    iam.put_group_policy(GroupName=group, PolicyName="inline", PolicyDocument=document(allow("sqs:ReceiveMessage", arn)))
    cloud._later(lambda: iam.delete_group_policy(GroupName=group, PolicyName="inline"))
    assert (_may(cloud, keys, url), _may(cloud, keys, url, "receive")) == (False, False)
    iam.attach_user_policy(UserName=name, PolicyArn=policy)
    iam.add_user_to_group(GroupName=group, UserName=name)
    assert (_may(cloud, keys, url), _may(cloud, keys, url, "receive")) == (True, True)
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=document(allow("sqs:DeleteMessage", arn)), SetAsDefault=True)
    iam.remove_user_from_group(GroupName=group, UserName=name)
    assert (_may(cloud, keys, url), _may(cloud, keys, url, "receive")) == (False, False)
    iam.detach_user_policy(UserName=name, PolicyArn=policy)
    iam.delete_policy_version(PolicyArn=policy, VersionId="v1")


@check("iam", "a permissions boundary limits what a role may at most")
def boundary(cloud):
    iam, (url, arn), role = cloud.client("iam"), _queue(cloud), cloud.role([allow("sqs:*")])
    policy = iam.create_policy(PolicyName=cloud.name("policy"), PolicyDocument=document(allow(["sqs:ReceiveMessage", "s3:*"])))["Policy"]["Arn"]
    cloud._later(lambda: iam.delete_policy(PolicyArn=policy))
    name, keys = role.split("/")[-1], cloud.session(role)
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=policy)
    assert iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == policy
    assert (_may(cloud, keys, url), _may(cloud, keys, url, "receive")) == (False, True)
    with refused():
        cloud.client("s3", keys=keys).list_buckets()
    iam.delete_role_permissions_boundary(RoleName=name)
    assert _may(cloud, keys, url)


@check("iam", "a queue's policy lets a role in that has no right of its own")
def resource_policy(cloud):
    (url, arn), role = _queue(cloud), cloud.role()
    keys = cloud.session(role)
    assert not _may(cloud, keys, url)
    statement = {**allow("sqs:SendMessage", arn), "Principal": {"AWS": role}}
    cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(statement)})
    assert (_may(cloud, keys, url), _may(cloud, keys, url, "receive")) == (True, False)


@check("iam", "who hands a role to a service needs the right to pass it")
def passing(cloud):
    role = cloud.role()
    create = allow(["lambda:CreateFunction", "lambda:DeleteFunction"])
    name = cloud.name("function")
    code = {"ZipFile": archive({"index.py": "def handler(event, context):\n    pass"})}

    def make(*statements):
        lambdas = cloud.client("lambda", keys=cloud.session(cloud.role([create, *statements])))
        lambdas.create_function(FunctionName=name, Runtime="python3.12", Handler="index.handler", Role=role, Code=code)
        cloud._later(lambda: cloud.client("lambda").delete_function(FunctionName=name))

    passed = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    for statements in ((), (allow("iam:PassRole", role + "x"),), (allow("iam:PassRole", role, Condition=passed),)):
        with refused("AccessDeniedException", "AccessDenied") as denied:
            make(*statements)
        assert "iam:PassRole" in denied.message, denied.message
    passed["StringEquals"]["iam:PassedToService"] = "lambda.amazonaws.com"
    make(allow("iam:PassRole", role, Condition=passed))


@check("iam", "a simulation tells what a role and a policy would permit")
def simulation(cloud):
    iam, role = cloud.client("iam"), cloud.role([allow("s3:GetObject", "arn:aws:s3:::a/*"), {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/secret"}])
    asked = {"ActionNames": ["s3:GetObject", "s3:PutObject"], "ResourceArns": ["arn:aws:s3:::a/b"]}
    found = iam.simulate_principal_policy(PolicySourceArn=role, **asked)["EvaluationResults"]
    assert {one["EvalActionName"]: one["EvalDecision"] for one in found} == {"s3:GetObject": "allowed", "s3:PutObject": "implicitDeny"}, found
    found = iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=["s3:GetObject"], ResourceArns=["arn:aws:s3:::a/secret"])["EvaluationResults"]
    assert [one["EvalDecision"] for one in found] == ["explicitDeny"], found
    condition = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    context = {"ContextKeyName": "aws:RequestedRegion", "ContextKeyType": "string", "ContextKeyValues": ["eu-west-1"]}
    policies = [document(allow("sqs:SendMessage", Condition=condition))]
    for entries, decision in (([context], "allowed"), ([{**context, "ContextKeyValues": ["us-east-1"]}], "implicitDeny")):
        found = iam.simulate_custom_policy(PolicyInputList=policies, ActionNames=["sqs:SendMessage"], ContextEntries=entries)["EvaluationResults"]
        assert [one["EvalDecision"] for one in found] == [decision], found
