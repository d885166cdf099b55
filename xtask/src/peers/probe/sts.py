"""STS: who somebody is, temporary keys, and what narrows them."""

import datetime

import foreign_issuer
from harness import allow, check, document, refused


def _queue(cloud):
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=cloud.name("queue"))["QueueUrl"]
    cloud._later(lambda: sqs.delete_queue(QueueUrl=url))
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _trusted(cloud, statement, *statements):
    """ARN of a role with this trust policy and these rights."""
    iam, name = cloud.client("iam"), cloud.name("role")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document({"Effect": "Allow", **statement}))["Role"]["Arn"]
    cloud._later(lambda: iam.delete_role(RoleName=name))
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=document(*statements))
        cloud._later(lambda: iam.delete_role_policy(RoleName=name, PolicyName="rights"))
    return arn


def _user(cloud, *statements):
    """(ARN, keys) of a user with these rights."""
    iam, name = cloud.client("iam"), cloud.name("user")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    cloud._later(lambda: iam.delete_user(UserName=name))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    cloud._later(lambda: iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"]))
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=document(*statements))
        cloud._later(lambda: iam.delete_user_policy(UserName=name, PolicyName="rights"))
    return arn, {**key, "SessionToken": None}


def _root(cloud):
    return {"AWS": f"arn:aws:iam::{cloud.account}:root"}


@check("sts", "the administrator, a user and a role's session learn who they are")
def identity(cloud):
    told = cloud.client("sts").get_caller_identity()
    assert told["Account"] == cloud.account and told["Arn"].startswith(f"arn:aws:iam::{cloud.account}:"), told
    arn, keys = _user(cloud, {"Effect": "Deny", "Action": "*", "Resource": "*"})
    told = cloud.client("sts", keys=keys).get_caller_identity()
    assert told["Arn"] == arn and told["UserId"].startswith("AIDA"), told
    role = cloud.role()
    told = cloud.client("sts", keys=cloud.session(role, RoleSessionName="me@work")).get_caller_identity()
    assert told["Arn"] == f"arn:aws:sts::{cloud.account}:assumed-role/{role.split('/')[-1]}/me@work", told
    assert told["UserId"].startswith("AROA") and told["UserId"].endswith(":me@work"), told


@check("sts", "keys of a role are temporary ones, with a duration within limits")
def duration(cloud):
    sts, role = cloud.client("sts"), cloud.role()
    keys = sts.assume_role(RoleArn=role, RoleSessionName="probe", DurationSeconds=900)["Credentials"]
    assert keys["AccessKeyId"].startswith("ASIA") and keys["SessionToken"], keys
    left = keys["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert 800 < left.total_seconds() <= 901, left
    # Roles have a limit of one hour unless they are given another.
    for seconds in (3601, 43201):
        with refused("ValidationError"):
            sts.assume_role(RoleArn=role, RoleSessionName="probe", DurationSeconds=seconds)
    with refused("ValidationError"):
        sts.assume_role(RoleArn=role, RoleSessionName="no spaces")
    cloud.client("iam").update_role(RoleName=role.split("/")[-1], MaxSessionDuration=7200)
    sts.assume_role(RoleArn=role, RoleSessionName="probe", DurationSeconds=7200)


@check("sts", "a role is entered by whom its trust policy names")
def trust(cloud):
    arn, keys = _user(cloud)
    _, other = _user(cloud)
    role = _trusted(cloud, {"Principal": {"AWS": arn}, "Action": "sts:AssumeRole"})
    cloud.client("sts", keys=keys).assume_role(RoleArn=role, RoleSessionName="probe")
    with refused("AccessDenied") as denied:
        cloud.client("sts", keys=other).assume_role(RoleArn=role, RoleSessionName="probe")
    assert f"is not authorized to perform: sts:AssumeRole on resource: {role}" in denied.message, denied.message
    with refused("AccessDenied"):
        cloud.client("sts", keys=keys).assume_role(RoleArn=role + "x", RoleSessionName="probe")
    service = _trusted(cloud, {"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
    with refused("AccessDenied"):
        cloud.client("sts", keys=keys).assume_role(RoleArn=service, RoleSessionName="probe")


@check("sts", "where the account is trusted, a user needs the right to enter, too")
def account(cloud):
    role = _trusted(cloud, {"Principal": _root(cloud), "Action": "sts:AssumeRole"})
    _, keys = _user(cloud)
    with refused("AccessDenied"):
        cloud.client("sts", keys=keys).assume_role(RoleArn=role, RoleSessionName="probe")
    _, keys = _user(cloud, allow("sts:AssumeRole", role))
    cloud.client("sts", keys=keys).assume_role(RoleArn=role, RoleSessionName="probe")


@check("sts", "an external id is asked for where the trust policy wants it")
def external_id(cloud):
    condition = {"StringEquals": {"sts:ExternalId": "42"}}
    role = _trusted(cloud, {"Principal": _root(cloud), "Action": "sts:AssumeRole", "Condition": condition})
    _, keys = _user(cloud, allow("sts:AssumeRole", role))
    sts = cloud.client("sts", keys=keys)
    for settings in ({}, {"ExternalId": "43"}):
        with refused("AccessDenied"):
            sts.assume_role(RoleArn=role, RoleSessionName="probe", **settings)
    sts.assume_role(RoleArn=role, RoleSessionName="probe", ExternalId="42")


@check("sts", "a session policy narrows a session, and gives nothing")
def session_policy(cloud):
    url, arn = _queue(cloud)
    role = cloud.role([allow(["sqs:SendMessage", "sqs:ReceiveMessage"], arn)])
    narrow = cloud.client("sqs", keys=cloud.session(role, Policy=document(allow(["sqs:SendMessage", "sqs:PurgeQueue"]))))
    narrow.send_message(QueueUrl=url, MessageBody="x")
    for call in (narrow.receive_message, narrow.purge_queue):
        with refused("AccessDenied", "AccessDeniedException"):
            call(QueueUrl=url)
    wide = cloud.client("sqs", keys=cloud.session(role))
    wide.receive_message(QueueUrl=url)
    with refused("MalformedPolicyDocument"):
        cloud.session(role, Policy="{}")


@check("sts", "tags of a session are keys of conditions, for whom may set them")
def session_tags(cloud):
    url, _ = _queue(cloud)
    right = allow("sqs:SendMessage", Condition={"StringEquals": {"aws:PrincipalTag/team": "photos"}})
    role = _trusted(cloud, {"Principal": _root(cloud), "Action": ["sts:AssumeRole", "sts:TagSession"]}, right)
    for value, may in (("photos", True), ("films", False)):
        keys = cloud.session(role, Tags=[{"Key": "team", "Value": value}])
        sqs = cloud.client("sqs", keys=keys)
        if may:
            sqs.send_message(QueueUrl=url, MessageBody="x")
        else:
            with refused("AccessDenied", "AccessDeniedException"):
                sqs.send_message(QueueUrl=url, MessageBody="x")
    closed = _trusted(cloud, {"Principal": _root(cloud), "Action": "sts:AssumeRole"})
    _, keys = _user(cloud, allow("sts:AssumeRole"))
    sts = cloud.client("sts", keys=keys)
    sts.assume_role(RoleArn=closed, RoleSessionName="probe")
    with refused("AccessDenied") as denied:
        sts.assume_role(RoleArn=closed, RoleSessionName="probe", Tags=[{"Key": "team", "Value": "photos"}])
    assert "sts:TagSession" in denied.message, denied.message


@check("sts", "a session of a role enters another one for an hour at most")
def chained(cloud):
    role = cloud.role([allow("sts:AssumeRole")])
    cloud.client("iam").update_role(RoleName=role.split("/")[-1], MaxSessionDuration=7200)
    sts = cloud.client("sts", keys=cloud.session(role))
    sts.assume_role(RoleArn=role, RoleSessionName="second", DurationSeconds=3600)
    with refused("ValidationError"):
        sts.assume_role(RoleArn=role, RoleSessionName="second", DurationSeconds=3601)


@check("sts", "a user's temporary keys have the user's rights, a role's session gets none")
def session_token(cloud):
    url, arn = _queue(cloud)
    name, keys = _user(cloud, allow("sqs:SendMessage", arn))
    temporary = cloud.client("sts", keys=keys).get_session_token(DurationSeconds=900)["Credentials"]
    assert temporary["AccessKeyId"].startswith("ASIA") and temporary["SessionToken"], temporary
    assert cloud.client("sts", keys=temporary).get_caller_identity()["Arn"] == name
    sqs = cloud.client("sqs", keys=temporary)
    sqs.send_message(QueueUrl=url, MessageBody="x")
    with refused("AccessDenied", "AccessDeniedException"):
        sqs.receive_message(QueueUrl=url)
    with refused("AccessDenied"):
        cloud.client("sts", keys=cloud.session(cloud.role([allow("*")]))).get_session_token()


@check("sts", "a key tells the account that it belongs to")
def key_info(cloud):
    keys = cloud.session(cloud.role())
    assert cloud.client("sts").get_access_key_info(AccessKeyId=keys["AccessKeyId"])["Account"] == cloud.account


@check("sts", "a token of an identity provider enters the role that trusts it")
def web_identity(cloud):
    iam = cloud.client("iam")
    with foreign_issuer.Issuer() as issuer:
        provider = iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40])["OpenIDConnectProviderArn"]
        cloud._later(lambda: iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider))
        host = issuer.url.split("://")[1]
        condition = {"StringEquals": {f"{host}:aud": "sts.amazonaws.com"}, "StringLike": {f"{host}:sub": "repo:me/*"}}
        trust = {"Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}
        role = _trusted(cloud, trust, allow("s3:ListAllMyBuckets"))
        claims = {"sub": "repo:me/site", "aud": "sts.amazonaws.com"}

        def enter(token):
            # Who comes with a token has no keys yet.
            return cloud.client("sts", unsigned=True).assume_role_with_web_identity(RoleArn=role, RoleSessionName="ci", WebIdentityToken=token)

        entered = enter(issuer.token(claims))
        assert (entered["SubjectFromWebIdentityToken"], entered["Audience"]) == ("repo:me/site", "sts.amazonaws.com"), entered
        cloud.client("s3", keys=entered["Credentials"]).list_buckets()
        arn = cloud.client("sts", keys=entered["Credentials"]).get_caller_identity()["Arn"]
        assert arn == f"arn:aws:sts::{cloud.account}:assumed-role/{role.split('/')[-1]}/ci", arn
        for token, code in (
            (issuer.token({**claims, "sub": "repo:you/site"}), "AccessDenied"),
            (issuer.token({**claims, "aud": "somebody"}), "InvalidIdentityToken"),
            (issuer.token({**claims, "iss": "http://127.0.0.1:1"}), "InvalidIdentityToken"),
            (issuer.token(claims, life=-60), "ExpiredTokenException"),
            (issuer.token(claims)[:-8] + "AAAAAAAA", "InvalidIdentityToken"),
            ("no token", "InvalidIdentityToken"),
        ):
            with refused(code):
                enter(token)
