"""KMS: keys that encrypt, aliases, deletion, access."""

import json

from harness import check, refused


def key(cloud, **settings):
    kms = cloud.client("kms")
    made = kms.create_key(**settings)["KeyMetadata"]
    cloud._later(lambda: kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=7))
    return kms, made


@check("kms", "what a key encrypts is decrypted, under the same context only")
def encryption(cloud):
    kms, made = key(cloud)
    context = {"purpose": "probe"}
    blob = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"plain", EncryptionContext=context)["CiphertextBlob"]
    assert b"plain" not in blob
    opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
    assert (opened["Plaintext"], opened["KeyId"]) == (b"plain", made["Arn"])
    with refused("InvalidCiphertextException"):
        kms.decrypt(CiphertextBlob=blob)
    with refused("InvalidCiphertextException"):
        kms.decrypt(CiphertextBlob=blob[:-1] + bytes([blob[-1] ^ 1]), EncryptionContext=context)


@check("kms", "data keys come plain and encrypted")
def data_key(cloud):
    kms, made = key(cloud)
    drawn = kms.generate_data_key(KeyId=made["KeyId"], KeySpec="AES_256")
    assert len(drawn["Plaintext"]) == 32
    assert kms.decrypt(CiphertextBlob=drawn["CiphertextBlob"])["Plaintext"] == drawn["Plaintext"]
    assert "Plaintext" not in kms.generate_data_key_without_plaintext(KeyId=made["KeyId"], KeySpec="AES_256")


@check("kms", "a ciphertext is encrypted anew under another key")
def re_encryption(cloud):
    kms, made = key(cloud)
    _, other = key(cloud)
    blob = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"plain")["CiphertextBlob"]
    again = kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=other["KeyId"])
    assert again["SourceKeyId"] == made["Arn"]
    assert kms.decrypt(CiphertextBlob=again["CiphertextBlob"])["KeyId"] == other["Arn"]


@check("kms", "an alias names a key and can be given to another")
def alias(cloud):
    kms, made = key(cloud)
    _, other = key(cloud)
    name = f"alias/{cloud.name('probe')}"
    kms.create_alias(AliasName=name, TargetKeyId=made["KeyId"])
    assert kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"] == made["KeyId"]
    kms.update_alias(AliasName=name, TargetKeyId=other["KeyId"])
    assert kms.list_aliases(KeyId=other["KeyId"])["Aliases"][0]["AliasName"] == name
    kms.delete_alias(AliasName=name)
    with refused("NotFoundException"):
        kms.describe_key(KeyId=name)


@check("kms", "services have keys of their own")
def of_services(cloud):
    kms = cloud.client("kms")
    names = {one["AliasName"] for page in kms.get_paginator("list_aliases").paginate() for one in page["Aliases"]}
    assert {"alias/aws/s3", "alias/aws/sqs"} <= names, names
    assert kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["KeyManager"] == "AWS"


@check("kms", "a key is disabled, and its deletion is scheduled and taken back")
def states(cloud):
    kms, made = key(cloud)
    kms.disable_key(KeyId=made["KeyId"])
    with refused("DisabledException"):
        kms.encrypt(KeyId=made["KeyId"], Plaintext=b"x")
    kms.enable_key(KeyId=made["KeyId"])
    kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=7)
    with refused("KMSInvalidStateException"):
        kms.encrypt(KeyId=made["KeyId"], Plaintext=b"x")
    kms.cancel_key_deletion(KeyId=made["KeyId"])
    assert kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]["KeyState"] == "Disabled"


@check("kms", "policy, rotation and tags of a key are set and told")
def settings(cloud):
    kms, made = key(cloud, Description="d", Tags=[{"TagKey": "team", "TagValue": "photos"}])
    kms.enable_key_rotation(KeyId=made["KeyId"])
    assert kms.get_key_rotation_status(KeyId=made["KeyId"])["KeyRotationEnabled"]
    policy = json.loads(kms.get_key_policy(KeyId=made["KeyId"])["Policy"])
    policy["Id"] = "changed"
    kms.put_key_policy(KeyId=made["KeyId"], PolicyName="default", Policy=json.dumps(policy))
    assert json.loads(kms.get_key_policy(KeyId=made["KeyId"])["Policy"])["Id"] == "changed"
    assert kms.list_resource_tags(KeyId=made["KeyId"])["Tags"] == [{"TagKey": "team", "TagValue": "photos"}]


@check("kms", "a role uses the keys that its policy names")
def role(cloud):
    kms, made = key(cloud)
    role_arn = cloud.role([{"Effect": "Allow", "Action": "kms:Encrypt", "Resource": made["Arn"]}])
    keys = cloud.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="probe")["Credentials"]
    limited = cloud.client("kms", keys=keys)
    blob = limited.encrypt(KeyId=made["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    with refused("AccessDeniedException"):
        limited.decrypt(CiphertextBlob=blob)


@check("kms", "a template makes a key and an alias")
def template(cloud):
    name = f"alias/{cloud.name('probe')}"
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    resources = {
        "Key": {
            "Type": "AWS::KMS::Key",
            "Properties": {"Description": "d", "EnableKeyRotation": True, "KeyPolicy": {"Version": "2012-10-17", "Statement": [statement]}},
        },
        "Alias": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": name, "TargetKeyId": {"Ref": "Key"}}},
    }
    _, outputs = cloud.stack({"Resources": resources, "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}}}})
    kms = cloud.client("kms")
    assert kms.describe_key(KeyId=name)["KeyMetadata"]["Arn"] == outputs["Arn"]
    assert kms.get_key_rotation_status(KeyId=outputs["Arn"])["KeyRotationEnabled"]
