"""Cognito user pools: pools, clients, users and groups as an administrator sees them. How users sign in: cognito_sign_in.py."""

import time

from foreign_issuer import claims, decode, encode, verified
from harness import check, refused


def attributes(user, name="UserAttributes"):
    return {attribute["Name"]: attribute["Value"] for attribute in user[name]}


@check("cognito", "a pool is made, told, changed and deleted")
def pool(cloud):
    cognito = cloud.client("cognito-idp")
    policy = {"PasswordPolicy": {"MinimumLength": 10, "RequireSymbols": True}}
    id, _ = cloud.user_pool(Policies=policy, AutoVerifiedAttributes=["email"], UserPoolTags={"team": "photos"})
    assert id.startswith(cloud.region + "_"), id
    told = cognito.describe_user_pool(UserPoolId=id)["UserPool"]
    assert told["Arn"] == f"arn:aws:cognito-idp:{cloud.region}:{cloud.account}:userpool/{id}", told
    assert told["Policies"]["PasswordPolicy"]["MinimumLength"] == 10 and told["UserPoolTags"] == {"team": "photos"}, told
    assert {"sub", "email", "phone_number"} <= {attribute["Name"] for attribute in told["SchemaAttributes"]}, told
    assert id in [one["Id"] for one in cognito.list_user_pools(MaxResults=60)["UserPools"]]
    cognito.update_user_pool(UserPoolId=id, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    told = cognito.describe_user_pool(UserPoolId=id)["UserPool"]
    assert told["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"], told
    # What an update does not name goes back to its default.
    assert told["Policies"]["PasswordPolicy"]["MinimumLength"] == 8, told
    cognito.delete_user_pool(UserPoolId=id)
    with refused("ResourceNotFoundException"):
        cognito.describe_user_pool(UserPoolId=id)


@check("cognito", "a client has a secret where it is asked for, and is changed and deleted")
def client(cloud):
    cognito, (id, web) = cloud.client("cognito-idp"), cloud.user_pool()
    made = cognito.create_user_pool_client(UserPoolId=id, ClientName="server", GenerateSecret=True, IdTokenValidity=5, TokenValidityUnits={"IdToken": "minutes"})["UserPoolClient"]
    assert len(made["ClientSecret"]) > 40, made
    assert "ClientSecret" not in cognito.describe_user_pool_client(UserPoolId=id, ClientId=web)["UserPoolClient"]
    assert {one["ClientName"] for one in cognito.list_user_pool_clients(UserPoolId=id, MaxResults=60)["UserPoolClients"]} == {"web", "server"}
    changed = cognito.update_user_pool_client(UserPoolId=id, ClientId=made["ClientId"], ClientName="other")["UserPoolClient"]
    assert changed["ClientName"] == "other" and changed["ClientSecret"] == made["ClientSecret"], changed
    cognito.delete_user_pool_client(UserPoolId=id, ClientId=made["ClientId"])
    with refused("ResourceNotFoundException"):
        cognito.describe_user_pool_client(UserPoolId=id, ClientId=made["ClientId"])


@check("cognito", "a domain belongs to one pool")
def domain(cloud):
    cognito, (one, _), (two, _), name = cloud.client("cognito-idp"), cloud.user_pool(), cloud.user_pool(), cloud.name("login")
    cognito.create_user_pool_domain(UserPoolId=one, Domain=name)
    cloud._later(lambda: cognito.delete_user_pool_domain(UserPoolId=one, Domain=name))
    with refused("InvalidParameterException"):
        cognito.create_user_pool_domain(UserPoolId=two, Domain=name)
    told = cognito.describe_user_pool_domain(Domain=name)["DomainDescription"]
    assert (told["UserPoolId"], told["Status"]) == (one, "ACTIVE"), told
    with refused("InvalidParameterException"):
        cognito.delete_user_pool(UserPoolId=one)
    cognito.delete_user_pool_domain(UserPoolId=one, Domain=name)
    assert not cognito.describe_user_pool_domain(Domain=name)["DomainDescription"].get("UserPoolId")


@check("cognito", "an administrator makes, changes, disables and deletes a user")
def user(cloud):
    cognito, (id, web) = cloud.client("cognito-idp"), cloud.user_pool()
    made = cognito.admin_create_user(UserPoolId=id, Username="alice", MessageAction="SUPPRESS", UserAttributes=[{"Name": "email", "Value": "alice@example.com"}])["User"]
    assert made["UserStatus"] == "FORCE_CHANGE_PASSWORD" and attributes(made, "Attributes")["sub"], made
    with refused("UsernameExistsException"):
        cognito.admin_create_user(UserPoolId=id, Username="alice", MessageAction="SUPPRESS")
    with refused("InvalidPasswordException"):
        cognito.admin_set_user_password(UserPoolId=id, Username="alice", Password="short", Permanent=True)
    cognito.admin_set_user_password(UserPoolId=id, Username="alice", Password="Secret-123456", Permanent=True)
    cognito.admin_update_user_attributes(UserPoolId=id, Username="alice", UserAttributes=[{"Name": "name", "Value": "Alice"}, {"Name": "email_verified", "Value": "true"}])
    told = cognito.admin_get_user(UserPoolId=id, Username="alice")
    assert told["UserStatus"] == "CONFIRMED" and told["Enabled"], told
    assert (attributes(told)["name"], attributes(told)["email_verified"]) == ("Alice", "true"), told
    cognito.admin_disable_user(UserPoolId=id, Username="alice")
    with refused("NotAuthorizedException"):
        cloud.tokens(id, web)
    cognito.admin_enable_user(UserPoolId=id, Username="alice")
    cloud.tokens(id, web)
    cognito.admin_delete_user(UserPoolId=id, Username="alice")
    with refused("UserNotFoundException"):
        cognito.admin_get_user(UserPoolId=id, Username="alice")


@check("cognito", "users are listed by filters, in pages")
def listing(cloud):
    cognito, (id, _) = cloud.client("cognito-idp"), cloud.user_pool()
    for name in ("alice", "albert", "bob"):
        cloud.user(id, name, UserAttributes=[{"Name": "email", "Value": f"{name}@example.com"}])

    def names(**settings):
        pages = cognito.get_paginator("list_users").paginate(UserPoolId=id, **settings)
        return sorted(user["Username"] for page in pages for user in page["Users"])

    assert names(Limit=2) == ["albert", "alice", "bob"]
    assert len(cognito.list_users(UserPoolId=id, Limit=2)["Users"]) == 2
    assert names(Filter='email = "bob@example.com"') == ["bob"]
    assert names(Filter='username ^= "al"') == ["albert", "alice"]
    assert names(Filter='cognito:user_status = "UNCONFIRMED"') == []


@check("cognito", "groups of a user stand in the user's tokens, the first one first")
def groups(cloud):
    cognito, (id, web) = cloud.client("cognito-idp"), cloud.user_pool()
    cloud.user(id)
    role = cloud.role()
    cognito.create_group(UserPoolId=id, GroupName="readers", Precedence=5)
    cognito.create_group(UserPoolId=id, GroupName="admins", Precedence=1, RoleArn=role)
    with refused("GroupExistsException"):
        cognito.create_group(UserPoolId=id, GroupName="admins")
    for group in ("readers", "admins"):
        cognito.admin_add_user_to_group(UserPoolId=id, Username="alice", GroupName=group)
    told = cognito.admin_list_groups_for_user(UserPoolId=id, Username="alice")["Groups"]
    assert {group["GroupName"] for group in told} == {"readers", "admins"}, told
    assert [user["Username"] for user in cognito.list_users_in_group(UserPoolId=id, GroupName="readers")["Users"]] == ["alice"]
    tokens = cloud.tokens(id, web)
    said = claims(tokens["IdToken"])
    assert sorted(said["cognito:groups"]) == ["admins", "readers"] and said["cognito:preferred_role"] == role, said
    assert sorted(claims(tokens["AccessToken"])["cognito:groups"]) == ["admins", "readers"]
    cognito.admin_remove_user_from_group(UserPoolId=id, Username="alice", GroupName="admins")
    cognito.delete_group(UserPoolId=id, GroupName="readers")
    assert "cognito:groups" not in claims(cloud.tokens(id, web)["IdToken"])


@check("cognito", "tokens are verified with the published keys, and say what they should")
def tokens(cloud):
    id, web = cloud.user_pool()
    cloud.user(id, UserAttributes=[{"Name": "email", "Value": "alice@example.com"}])
    signed_in = cloud.tokens(id, web)
    assert (signed_in["TokenType"], signed_in["ExpiresIn"]) == ("Bearer", 3600), signed_in
    discovery = cloud.http("GET", f"/{id}/.well-known/openid-configuration").json
    keys = cloud.http("GET", f"/{id}/.well-known/jwks.json").json
    access, identity = (verified(signed_in[name], keys) for name in ("AccessToken", "IdToken"))
    issuer = discovery["issuer"]
    assert issuer.endswith(f"/{id}") and discovery["jwks_uri"].endswith(f"/{id}/.well-known/jwks.json"), discovery
    assert (access["iss"], access["token_use"], access["client_id"], access["username"]) == (issuer, "access", web, "alice"), access
    assert access["scope"] == "aws.cognito.signin.user.admin" and "aud" not in access, access
    assert (identity["iss"], identity["token_use"], identity["aud"], identity["cognito:username"]) == (issuer, "id", web, "alice"), identity
    assert identity["email"] == "alice@example.com" and identity["sub"] == access["sub"], identity
    assert 3500 < access["exp"] - time.time() <= 3601 and access["auth_time"] <= access["iat"] + 1, access
    head, body, signature = signed_in["AccessToken"].split(".")
    other = encode(decode(body).replace(b"alice", b"clara"))
    try:
        verified(f"{head}.{other}.{signature}", keys)
    except AssertionError:
        return
    raise AssertionError("a token that was changed is verified, too")


@check("cognito", "a role may do with a pool what its policy says")
def authorization(cloud):
    (one, _), (two, _) = cloud.user_pool(), cloud.user_pool()
    arn = f"arn:aws:cognito-idp:{cloud.region}:{cloud.account}:userpool/{one}"
    role = cloud.role([{"Effect": "Allow", "Action": "cognito-idp:ListUsers", "Resource": arn}])
    cognito = cloud.client("cognito-idp", keys=cloud.session(role))
    cognito.list_users(UserPoolId=one)
    with refused("AccessDeniedException") as denied:
        cognito.list_users(UserPoolId=two)
    assert "is not authorized to perform: cognito-idp:ListUsers" in denied.message, denied.message
    with refused("AccessDeniedException"):
        cognito.admin_create_user(UserPoolId=one, Username="alice")


@check("cognito", "a template makes a pool with client, domain and group")
def template(cloud):
    pool, name = {"Ref": "Pool"}, cloud.name("login")
    resources = {
        "Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {"UserPoolName": cloud.name("pool"), "UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}},
        "Client": {"Type": "AWS::Cognito::UserPoolClient", "Properties": {"UserPoolId": pool, "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}},
        "Domain": {"Type": "AWS::Cognito::UserPoolDomain", "Properties": {"UserPoolId": pool, "Domain": name}},
        "Group": {"Type": "AWS::Cognito::UserPoolGroup", "Properties": {"UserPoolId": pool, "GroupName": "admins"}},
    }
    values = {"Pool": pool, "Client": {"Ref": "Client"}, "Arn": {"Fn::GetAtt": ["Pool", "Arn"]}, "Url": {"Fn::GetAtt": ["Pool", "ProviderURL"]}}
    _, outputs = cloud.stack({"Resources": resources, "Outputs": {key: {"Value": value} for key, value in values.items()}})
    id, cognito = outputs["Pool"], cloud.client("cognito-idp")
    assert outputs["Arn"].endswith(f":userpool/{id}") and outputs["Url"].endswith(f"/{id}"), outputs
    assert cognito.describe_user_pool_domain(Domain=name)["DomainDescription"]["UserPoolId"] == id
    cloud.user(id, "alice@example.com")
    cognito.admin_add_user_to_group(UserPoolId=id, Username="alice@example.com", GroupName="admins")
    said = claims(cloud.tokens(id, outputs["Client"], "alice@example.com")["IdToken"])
    assert (said["cognito:groups"], said["iss"]) == (["admins"], outputs["Url"]), said
