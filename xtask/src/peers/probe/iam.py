"""IAM: the account's roles, users, groups, policies and providers as its API tells them. What they permit: iam_decisions.py."""

import json

from harness import allow, check, document, refused

READ = allow("s3:GetObject", "arn:aws:s3:::photos/*")

TRUST = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})


def _tags(tagged):
    return {tag["Key"]: tag["Value"] for tag in tagged}


def _role(cloud, **settings):
    iam, name = cloud.client("iam"), cloud.name("role")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **settings)["Role"]
    cloud._later(lambda: iam.delete_role(RoleName=name))
    return iam, name, made


def _user(cloud, **settings):
    iam, name = cloud.client("iam"), cloud.name("user")
    made = iam.create_user(UserName=name, **settings)["User"]
    cloud._later(lambda: iam.delete_user(UserName=name))
    return iam, name, made


def _policy(cloud, *statements, **settings):
    iam = cloud.client("iam")
    arn = iam.create_policy(PolicyName=cloud.name("policy"), PolicyDocument=document(*statements), **settings)["Policy"]["Arn"]
    cloud._later(lambda: iam.delete_policy(PolicyArn=arn))
    return iam, arn


@check("iam", "a role is made, told, changed and deleted")
def role(cloud):
    iam, name, made = _role(cloud, Path="/team/", Description="first", Tags=[{"Key": "team", "Value": "photos"}])
    assert made["Arn"] == f"arn:aws:iam::{cloud.account}:role/team/{name}" and made["RoleId"].startswith("AROA"), made
    with refused("EntityAlreadyExists"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    iam.update_role(RoleName=name, Description="second", MaxSessionDuration=7200)
    told = iam.get_role(RoleName=name)["Role"]
    assert (told["Description"], told["MaxSessionDuration"], _tags(told["Tags"])) == ("second", 7200, {"team": "photos"}), told
    assert told["AssumeRolePolicyDocument"] == json.loads(TRUST), told
    assert [one["RoleName"] for one in iam.list_roles(PathPrefix="/team/")["Roles"] if one["RoleName"] == name] == [name]
    assert name not in [one["RoleName"] for one in iam.list_roles(PathPrefix="/other/")["Roles"]]
    iam.delete_role(RoleName=name)
    with refused("NoSuchEntity"):
        iam.get_role(RoleName=name)


@check("iam", "a role with policies is not deleted")
def conflict(cloud):
    iam, name, _ = _role(cloud)
    _, arn = _policy(cloud, READ)
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document(READ))
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    with refused("DeleteConflict"):
        iam.delete_role(RoleName=name)
    with refused("DeleteConflict"):
        iam.delete_policy(PolicyArn=arn)
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["inline"]
    assert iam.get_role_policy(RoleName=name, PolicyName="inline")["PolicyDocument"] == json.loads(document(READ))
    assert [one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]] == [arn]
    assert [one["RoleName"] for one in iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]] == [name]
    iam.delete_role_policy(RoleName=name, PolicyName="inline")
    iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    with refused("NoSuchEntity"):
        iam.get_role_policy(RoleName=name, PolicyName="inline")
    iam.delete_role(RoleName=name)


@check("iam", "documents that are no policy are refused")
def malformed(cloud):
    iam, name, _ = _role(cloud)
    for wrong in ("{", "{}", document({"Effect": "Perhaps", "Action": "*", "Resource": "*"}), document({"Effect": "Allow", "Resource": "*"}), document({"Effect": "Allow", "Action": "s3:*"})):
        with refused("MalformedPolicyDocument"):
            iam.put_role_policy(RoleName=name, PolicyName="wrong", PolicyDocument=wrong)
    with refused("MalformedPolicyDocument"):
        iam.create_role(RoleName=cloud.name("role"), AssumeRolePolicyDocument=document(allow("sts:AssumeRole")))
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == []


@check("iam", "a managed policy has up to five versions, one of which counts")
def versions(cloud):
    iam, arn = _policy(cloud, READ, Description="reads")
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow("s3:PutObject")), SetAsDefault=True)["PolicyVersion"]
    assert (made["VersionId"], made["IsDefaultVersion"]) == ("v2", True), made
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == json.loads(document(READ))
    with refused("DeleteConflict"):
        iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    for _ in range(3):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(READ))
    with refused("LimitExceeded"):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(READ))
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    for version in ("v2", "v3", "v4", "v5"):
        iam.delete_policy_version(PolicyArn=arn, VersionId=version)
    left = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [(one["VersionId"], one["IsDefaultVersion"]) for one in left] == [("v1", True)], left
    assert arn in [one["Arn"] for one in iam.list_policies(Scope="Local")["Policies"]]


@check("iam", "a user has two keys at most, which work while they are active")
def keys(cloud):
    iam, name, made = _user(cloud)
    assert made["Arn"] == f"arn:aws:iam::{cloud.account}:user/{name}" and made["UserId"].startswith("AIDA"), made
    first = iam.create_access_key(UserName=name)["AccessKey"]
    second = iam.create_access_key(UserName=name)["AccessKey"]
    with refused("LimitExceeded"):
        iam.create_access_key(UserName=name)
    signer = {**first, "SessionToken": None}
    assert cloud.client("sts", keys=signer).get_caller_identity()["Arn"] == made["Arn"]
    iam.update_access_key(UserName=name, AccessKeyId=first["AccessKeyId"], Status="Inactive")
    states = {key["AccessKeyId"]: key["Status"] for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]}
    assert states == {first["AccessKeyId"]: "Inactive", second["AccessKeyId"]: "Active"}, states
    with refused("InvalidClientTokenId"):
        cloud.client("sts", keys=signer).get_caller_identity()
    with refused("DeleteConflict"):
        iam.delete_user(UserName=name)
    for key in states:
        iam.delete_access_key(UserName=name, AccessKeyId=key)
    iam.delete_user(UserName=name)


@check("iam", "roles, users and policies have tags")
def tags(cloud):
    iam, role, _ = _role(cloud)
    _, user, _ = _user(cloud)
    _, policy = _policy(cloud, READ)
    for kind, target in (("role", {"RoleName": role}), ("user", {"UserName": user}), ("policy", {"PolicyArn": policy})):
        getattr(iam, f"tag_{kind}")(**target, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        getattr(iam, f"untag_{kind}")(**target, TagKeys=["a"])
        found = getattr(iam, f"list_{kind}_tags")(**target)["Tags"]
        assert _tags(found) == {"b": "2"}, (kind, found)


@check("iam", "a group has members and policies")
def group(cloud):
    iam, user, _ = _user(cloud)
    name = cloud.name("group")
    made = iam.create_group(GroupName=name)["Group"]
    cloud._later(lambda: iam.delete_group(GroupName=name))
    assert made["Arn"] == f"arn:aws:iam::{cloud.account}:group/{name}", made
    iam.add_user_to_group(GroupName=name, UserName=user)
    assert [one["UserName"] for one in iam.get_group(GroupName=name)["Users"]] == [user]
    assert [one["GroupName"] for one in iam.list_groups_for_user(UserName=user)["Groups"]] == [name]
    with refused("DeleteConflict"):
        iam.delete_group(GroupName=name)
    iam.put_group_policy(GroupName=name, PolicyName="inline", PolicyDocument=document(READ))
    assert iam.list_group_policies(GroupName=name)["PolicyNames"] == ["inline"]
    iam.delete_group_policy(GroupName=name, PolicyName="inline")
    iam.remove_user_from_group(GroupName=name, UserName=user)
    iam.delete_group(GroupName=name)
    with refused("NoSuchEntity"):
        iam.get_group(GroupName=name)


@check("iam", "an instance profile holds one role")
def instance_profile(cloud):
    iam, role, made = _role(cloud)
    _, other, _ = _role(cloud)
    name = cloud.name("profile")
    iam.create_instance_profile(InstanceProfileName=name)
    cloud._later(lambda: iam.delete_instance_profile(InstanceProfileName=name))
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    cloud._later(lambda: iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role))
    with refused("LimitExceeded"):
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=other)
    profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    assert [one["Arn"] for one in profile["Roles"]] == [made["Arn"]], profile
    assert [one["InstanceProfileName"] for one in iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"]] == [name]
    with refused("DeleteConflict"):
        iam.delete_instance_profile(InstanceProfileName=name)


@check("iam", "an OpenID Connect provider is kept with its audiences")
def provider(cloud):
    iam, host = cloud.client("iam"), cloud.name("issuer") + ".example.com"
    arn = iam.create_open_id_connect_provider(Url=f"https://{host}", ClientIDList=["one"], ThumbprintList=["a" * 40])["OpenIDConnectProviderArn"]
    cloud._later(lambda: iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn))
    assert arn == f"arn:aws:iam::{cloud.account}:oidc-provider/{host}", arn
    with refused("EntityAlreadyExists"):
        iam.create_open_id_connect_provider(Url=f"https://{host}", ClientIDList=["one"], ThumbprintList=["a" * 40])
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="one")
    told = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (told["ClientIDList"], told["Url"]) == (["two"], host), told
    assert arn in [one["Arn"] for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with refused("NoSuchEntity"):
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)


@check("iam", "the whole account is told in one answer")
def details(cloud):
    iam, role, _ = _role(cloud)
    _, user, _ = _user(cloud)
    _, policy = _policy(cloud, READ)
    iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=document(READ))
    cloud._later(lambda: iam.delete_role_policy(RoleName=role, PolicyName="inline"))
    pages = list(iam.get_paginator("get_account_authorization_details").paginate(Filter=["Role", "User", "LocalManagedPolicy"]))
    found = {one["RoleName"]: one for page in pages for one in page["RoleDetailList"]}
    assert found[role]["RolePolicyList"] == [{"PolicyName": "inline", "PolicyDocument": json.loads(document(READ))}], found[role]
    assert user in [one["UserName"] for page in pages for one in page["UserDetailList"]]
    assert policy in [one["Arn"] for page in pages for one in page["Policies"]]


@check("iam", "a template makes a role, a policy and a user with a key that works")
def template(cloud):
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": json.loads(TRUST), "Policies": [{"PolicyName": "inline", "PolicyDocument": json.loads(document(READ))}]}},
        "Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": json.loads(document(READ)), "Roles": [{"Ref": "Role"}]}},
        "User": {"Type": "AWS::IAM::User", "Properties": {"ManagedPolicyArns": [{"Ref": "Policy"}]}},
        "Key": {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "User"}}},
    }
    values = {"Role": {"Ref": "Role"}, "Policy": {"Ref": "Policy"}, "User": {"Fn::GetAtt": ["User", "Arn"]}, "Key": {"Ref": "Key"}, "Secret": {"Fn::GetAtt": ["Key", "SecretAccessKey"]}}
    _, outputs = cloud.stack({"Resources": resources, "Outputs": {name: {"Value": value} for name, value in values.items()}})
    iam = cloud.client("iam")
    assert iam.list_role_policies(RoleName=outputs["Role"])["PolicyNames"] == ["inline"]
    assert [one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName=outputs["Role"])["AttachedPolicies"]] == [outputs["Policy"]]
    signer = {"AccessKeyId": outputs["Key"], "SecretAccessKey": outputs["Secret"], "SessionToken": None}
    assert cloud.client("sts", keys=signer).get_caller_identity()["Arn"] == outputs["User"]
