"""Cognito user pools: how users sign up, in and out."""

import base64
import hashlib
import hmac
import re

from cognito import attributes
from foreign_issuer import claims
from harness import check, refused
from secure_remote_password import Session

def _address(cloud):
    return f"{cloud.name('user')}@example.com"


def _email(address):
    return [{"Name": "email", "Value": address}]


def _codes(cloud, address, count=1):
    """The codes in the mails to an address, once there are so many."""
    return cloud.until(lambda: [found for found in [[re.search(r"\b\d{6}\b", mail["body"])[0] for mail in cloud.mails(address)]] if len(found) == count])[0]


@check("cognito", "whoever signs up is confirmed by the code in a mail")
def sign_up(cloud):
    address, (pool, web) = _address(cloud), cloud.user_pool(AutoVerifiedAttributes=["email"])
    cognito = cloud.client("cognito-idp", unsigned=True)
    made = cognito.sign_up(ClientId=web, Username="alice", Password="Secret-123456", UserAttributes=_email(address))
    assert not made["UserConfirmed"] and made["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL", made
    with refused("UsernameExistsException"):
        cognito.sign_up(ClientId=web, Username="alice", Password="Secret-123456", UserAttributes=_email(address))
    login = {"USERNAME": "alice", "PASSWORD": "Secret-123456"}
    with refused("UserNotConfirmedException"):
        cognito.initiate_auth(ClientId=web, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=login)
    (code,) = _codes(cloud, address)
    with refused("CodeMismatchException"):
        cognito.confirm_sign_up(ClientId=web, Username="alice", ConfirmationCode="000000" if code != "000000" else "000001")
    cognito.confirm_sign_up(ClientId=web, Username="alice", ConfirmationCode=code)
    cognito.initiate_auth(ClientId=web, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=login)
    told = cloud.client("cognito-idp").admin_get_user(UserPoolId=pool, Username="alice")
    assert told["UserStatus"] == "CONFIRMED" and attributes(told)["email_verified"] == "true", told


@check("cognito", "a code is sent again, and the older one is void")
def resent(cloud):
    address, (_, web) = _address(cloud), cloud.user_pool(AutoVerifiedAttributes=["email"])
    cognito = cloud.client("cognito-idp", unsigned=True)
    cognito.sign_up(ClientId=web, Username="alice", Password="Secret-123456", UserAttributes=_email(address))
    (first,) = _codes(cloud, address)
    cognito.resend_confirmation_code(ClientId=web, Username="alice")
    (second,) = set(_codes(cloud, address, 2)) - {first}
    with refused("CodeMismatchException"):
        cognito.confirm_sign_up(ClientId=web, Username="alice", ConfirmationCode=first)
    cognito.confirm_sign_up(ClientId=web, Username="alice", ConfirmationCode=second)


@check("cognito", "who was signed up is confirmed by an administrator, and weak passwords are refused")
def confirmed(cloud):
    pool, web = cloud.user_pool()
    cognito = cloud.client("cognito-idp", unsigned=True)
    for weak in ("Short-1", "secret-123456", "SECRET-123456", "Secret-secret", "Secret123456"):
        with refused("InvalidPasswordException"):
            cognito.sign_up(ClientId=web, Username="alice", Password=weak)
    cognito.sign_up(ClientId=web, Username="alice", Password="Secret-123456")
    admin = cloud.client("cognito-idp")
    assert admin.admin_get_user(UserPoolId=pool, Username="alice")["UserStatus"] == "UNCONFIRMED"
    admin.admin_confirm_sign_up(UserPoolId=pool, Username="alice")
    assert admin.admin_get_user(UserPoolId=pool, Username="alice")["UserStatus"] == "CONFIRMED"
    admin.update_user_pool(UserPoolId=pool, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    with refused("NotAuthorizedException"):
        cognito.sign_up(ClientId=web, Username="bob", Password="Secret-123456")


@check("cognito", "who is invited gets a password by mail and must choose another")
def invited(cloud):
    address, (pool, web) = _address(cloud), cloud.user_pool()
    invitation = {"EmailSubject": "Welcome", "EmailMessage": "user {username} password <{####}>"}
    cloud.client("cognito-idp").update_user_pool(UserPoolId=pool, AdminCreateUserConfig={"InviteMessageTemplate": invitation})
    cloud.client("cognito-idp").admin_create_user(UserPoolId=pool, Username="alice", UserAttributes=_email(address), DesiredDeliveryMediums=["EMAIL"])
    (mail,) = cloud.until(lambda: cloud.mails(address))
    assert mail["subject"] == "Welcome", mail
    password = re.search(r"user alice password (?:<|&lt;)(.+?)(?:>|&gt;)", mail["body"])[1]
    cognito = cloud.client("cognito-idp", unsigned=True)
    asked = cognito.initiate_auth(ClientId=web, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": "alice", "PASSWORD": password})
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED" and "AuthenticationResult" not in asked, asked
    answer = {"USERNAME": "alice", "NEW_PASSWORD": "Secret-123456"}
    signed_in = cognito.respond_to_auth_challenge(ClientId=web, ChallengeName=asked["ChallengeName"], Session=asked["Session"], ChallengeResponses=answer)
    assert claims(signed_in["AuthenticationResult"]["AccessToken"])["username"] == "alice", signed_in
    cloud.tokens(pool, web)


@check("cognito", "a wrong password, an unknown user and a closed flow are refused")
def refusals(cloud):
    pool, web = cloud.user_pool(flows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    cloud.user(pool)
    cognito = cloud.client("cognito-idp", unsigned=True)

    def enter(name, password):
        cognito.initiate_auth(ClientId=web, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": name, "PASSWORD": password})

    with refused("NotAuthorizedException") as denied:
        enter("alice", "Secret-654321")
    assert denied.message == "Incorrect username or password.", denied.message
    with refused("UserNotFoundException"):
        enter("nobody", "Secret-123456")
    cloud.client("cognito-idp").update_user_pool_client(
        UserPoolId=pool, ClientId=web, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"], PreventUserExistenceErrors="ENABLED"
    )
    with refused("NotAuthorizedException") as denied:
        enter("nobody", "Secret-123456")
    assert denied.message == "Incorrect username or password.", denied.message
    with refused("InvalidParameterException"):
        cloud.tokens(pool, web)
    with refused("ResourceNotFoundException"):
        cognito.initiate_auth(ClientId="0" * 26, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": "alice", "PASSWORD": "x"})


@check("cognito", "a client with a secret proves it in each call")
def secret(cloud):
    pool, _ = cloud.user_pool()
    cloud.user(pool)
    made = cloud.client("cognito-idp").create_user_pool_client(UserPoolId=pool, ClientName="server", GenerateSecret=True, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])["UserPoolClient"]
    digest = hmac.new(made["ClientSecret"].encode(), f"alice{made['ClientId']}".encode(), hashlib.sha256).digest()
    login = {"USERNAME": "alice", "PASSWORD": "Secret-123456"}
    cognito = cloud.client("cognito-idp", unsigned=True)
    for wrong in ({}, {"SECRET_HASH": base64.b64encode(b"x" * 32).decode()}):
        with refused("NotAuthorizedException"):
            cognito.initiate_auth(ClientId=made["ClientId"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters={**login, **wrong})
    proven = {**login, "SECRET_HASH": base64.b64encode(digest).decode()}
    assert cognito.initiate_auth(ClientId=made["ClientId"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=proven)["AuthenticationResult"]


@check("cognito", "the Secure Remote Password protocol proves a password without telling it")
def remote_password(cloud):
    pool, web = cloud.user_pool(flows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    cloud.user(pool)
    cognito = cloud.client("cognito-idp", unsigned=True)
    for password, is_right in (("Secret-123456", True), ("Secret-654321", False)):
        session = Session(pool)
        asked = cognito.initiate_auth(ClientId=web, AuthFlow="USER_SRP_AUTH", AuthParameters={"USERNAME": "alice", "SRP_A": session.public})
        assert asked["ChallengeName"] == "PASSWORD_VERIFIER", asked
        answer = session.answer(asked["ChallengeParameters"], password)

        settings = {"Session": asked["Session"]} if "Session" in asked else {}

        def prove():
            return cognito.respond_to_auth_challenge(ClientId=web, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=answer, **settings)

        if is_right:
            assert claims(prove()["AuthenticationResult"]["IdToken"])["cognito:username"] == "alice"
        else:
            with refused("NotAuthorizedException"):
                prove()


@check("cognito", "a refresh token gives new tokens until it is revoked")
def refresh(cloud):
    pool, web = cloud.user_pool()
    cloud.user(pool)
    first, cognito = cloud.tokens(pool, web), cloud.client("cognito-idp", unsigned=True)

    def again():
        return cognito.initiate_auth(ClientId=web, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": first["RefreshToken"]})["AuthenticationResult"]

    second = again()
    assert second["AccessToken"] != first["AccessToken"] and "RefreshToken" not in second, second
    assert claims(second["AccessToken"])["auth_time"] == claims(first["AccessToken"])["auth_time"]
    with refused("NotAuthorizedException"):
        cognito.initiate_auth(ClientId=web, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": "nonsense"})
    cognito.revoke_token(Token=first["RefreshToken"], ClientId=web)
    with refused("NotAuthorizedException"):
        again()
    with refused("NotAuthorizedException"):
        cognito.get_user(AccessToken=second["AccessToken"])


@check("cognito", "users see, change and delete their own account, and sign out everywhere")
def own(cloud):
    pool, web = cloud.user_pool()
    cloud.user(pool, UserAttributes=[{"Name": "email", "Value": "alice@example.com"}, {"Name": "email_verified", "Value": "true"}])
    cognito, tokens = cloud.client("cognito-idp", unsigned=True), cloud.tokens(pool, web)
    told = cognito.get_user(AccessToken=tokens["AccessToken"])
    assert told["Username"] == "alice" and attributes(told)["email"] == "alice@example.com", told
    with refused("NotAuthorizedException"):
        cognito.get_user(AccessToken=tokens["IdToken"])
    cognito.update_user_attributes(AccessToken=tokens["AccessToken"], UserAttributes=[{"Name": "name", "Value": "Alice"}])
    assert attributes(cognito.get_user(AccessToken=tokens["AccessToken"]))["name"] == "Alice"
    with refused("NotAuthorizedException"):
        cognito.change_password(AccessToken=tokens["AccessToken"], PreviousPassword="Wrong-123456", ProposedPassword="Secret-654321")
    cognito.change_password(AccessToken=tokens["AccessToken"], PreviousPassword="Secret-123456", ProposedPassword="Secret-654321")
    cloud.tokens(pool, web, password="Secret-654321")
    cognito.global_sign_out(AccessToken=tokens["AccessToken"])
    with refused("NotAuthorizedException"):
        cognito.get_user(AccessToken=tokens["AccessToken"])
    cognito.delete_user(AccessToken=cloud.tokens(pool, web, password="Secret-654321")["AccessToken"])
    with refused("UserNotFoundException"):
        cloud.client("cognito-idp").admin_get_user(UserPoolId=pool, Username="alice")


@check("cognito", "a forgotten password is replaced with a code from the mail")
def forgotten(cloud):
    address, (pool, web) = _address(cloud), cloud.user_pool()
    cloud.user(pool, UserAttributes=[*_email(address), {"Name": "email_verified", "Value": "true"}])
    cognito = cloud.client("cognito-idp", unsigned=True)
    sent = cognito.forgot_password(ClientId=web, Username="alice")["CodeDeliveryDetails"]
    assert sent["DeliveryMedium"] == "EMAIL" and sent["Destination"] != address, sent
    (code,) = _codes(cloud, address)
    with refused("CodeMismatchException"):
        cognito.confirm_forgot_password(ClientId=web, Username="alice", ConfirmationCode="000000" if code != "000000" else "000001", Password="Secret-654321")
    cognito.confirm_forgot_password(ClientId=web, Username="alice", ConfirmationCode=code, Password="Secret-654321")
    cloud.tokens(pool, web, password="Secret-654321")
    with refused("NotAuthorizedException"):
        cloud.tokens(pool, web)
