"""S3: who may do what, forms, conditions, versions, lifecycle."""

import json
import urllib.parse
import uuid

from harness import check, refused


def _bucket(cloud):
    s3, bucket = cloud.client("s3"), cloud.name("bucket")
    s3.create_bucket(Bucket=bucket)
    return s3, bucket


def _limited(cloud, *statements):
    role = cloud.role([])
    name = role.rsplit("/", 1)[1]
    cloud.client("iam").put_role_policy(RoleName=name, PolicyName="probe", PolicyDocument=json.dumps({"Statement": list(statements)}))
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
    return cloud.client("s3", keys=keys)


def _allow(action, resource, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _post(cloud, form, fields, body=b"hello", bucket=None):
    boundary = uuid.uuid4().hex
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'.encode())
    parts += [body, f"\r\n--{boundary}--\r\n".encode()]
    path = urllib.parse.urlsplit(form["url"]).path or f"/{bucket}"
    return cloud.http("POST", path, b"".join(parts), {"Content-Type": f"multipart/form-data; boundary={boundary}"})


@check("s3", "a role reads and writes only what its policy names")
def authorization(cloud):
    s3, bucket = _bucket(cloud)
    s3.put_object(Bucket=bucket, Key="in/a", Body=b"x")
    s3.put_object(Bucket=bucket, Key="out/a", Body=b"x")
    limited = _limited(cloud, _allow("s3:GetObject", f"arn:aws:s3:::{bucket}/in/*"))
    assert limited.get_object(Bucket=bucket, Key="in/a")["Body"].read() == b"x"
    for action in (
        lambda: limited.get_object(Bucket=bucket, Key="out/a"),
        lambda: limited.put_object(Bucket=bucket, Key="in/a", Body=b"y"),
        lambda: limited.delete_object(Bucket=bucket, Key="in/a"),
        lambda: limited.list_objects_v2(Bucket=bucket),
        lambda: limited.get_bucket_policy(Bucket=bucket),
        limited.list_buckets,
    ):
        with refused("AccessDenied"):
            action()


@check("s3", "who may not list a bucket does not learn which keys it has")
def hidden_keys(cloud):
    _, bucket = _bucket(cloud)
    arn = f"arn:aws:s3:::{bucket}"
    with refused("AccessDenied"):
        _limited(cloud, _allow("s3:GetObject", f"{arn}/*")).get_object(Bucket=bucket, Key="none")
    with refused("NoSuchKey"):
        _limited(cloud, _allow("s3:GetObject", f"{arn}/*"), _allow("s3:ListBucket", arn)).get_object(Bucket=bucket, Key="none")


@check("s3", "a copy needs the right to read its source")
def copies(cloud):
    s3, bucket = _bucket(cloud)
    s3.put_object(Bucket=bucket, Key="secret/a", Body=b"x")
    limited = _limited(cloud, _allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/open/*"))
    with refused("AccessDenied"):
        limited.copy_object(Bucket=bucket, Key="open/a", CopySource=f"{bucket}/secret/a")


@check("s3", "of several keys, those are deleted that the caller may delete")
def deletions(cloud):
    s3, bucket = _bucket(cloud)
    for key in ("mine/a", "yours/a"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    limited = _limited(cloud, _allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/mine/*"))
    answer = limited.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "mine/a"}, {"Key": "yours/a"}]})
    assert [one["Key"] for one in answer["Deleted"]] == ["mine/a"], answer
    assert [(one["Key"], one["Code"]) for one in answer["Errors"]] == [("yours/a", "AccessDenied")], answer


@check("s3", "conditions on the prefix of a listing are held")
def prefixes(cloud):
    _, bucket = _bucket(cloud)
    condition = {"StringLike": {"s3:prefix": "home/*"}}
    limited = _limited(cloud, _allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition=condition))
    limited.list_objects_v2(Bucket=bucket, Prefix="home/ada")
    with refused("AccessDenied"):
        limited.list_objects_v2(Bucket=bucket)


@check("s3", "a bucket policy lets a role in, and denies the owner")
def bucket_policy(cloud):
    s3, bucket = _bucket(cloud)
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    role = cloud.role([])
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
    limited = cloud.client("s3", keys=keys)
    with refused("AccessDenied"):
        limited.get_object(Bucket=bucket, Key="a")
    allow = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/locked/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]}))
    assert limited.get_object(Bucket=bucket, Key="a")["Body"].read() == b"x"
    with refused("AccessDenied"):
        s3.put_object(Bucket=bucket, Key="locked/a", Body=b"x")


@check("s3", "temporary keys without their token are refused")
def tokens(cloud):
    _, bucket = _bucket(cloud)
    role = cloud.role([_allow("s3:*", "*")])
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
    cloud.client("s3", keys=keys).list_objects_v2(Bucket=bucket)
    with refused("InvalidToken", "InvalidAccessKeyId", "403"):
        cloud.client("s3", keys={**keys, "SessionToken": None}).list_objects_v2(Bucket=bucket)


@check("s3", "another owner than expected is refused")
def owner(cloud):
    s3, bucket = _bucket(cloud)
    s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner=cloud.account)
    with refused("AccessDenied"):
        s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner="111111111111")


@check("s3", "a form is posted within the conditions of its policy")
def forms(cloud):
    s3, bucket = _bucket(cloud)
    conditions = [["content-length-range", 1, 10], ["starts-with", "$key", "up/"], {"success_action_status": "201"}]
    form = s3.generate_presigned_post(bucket, "up/a.txt", {"success_action_status": "201"}, conditions, 300)
    answer = _post(cloud, form, form["fields"], bucket=bucket)
    assert answer.status == 201 and "<Key>up/a.txt</Key>" in answer.text, answer
    assert s3.get_object(Bucket=bucket, Key="up/a.txt")["Body"].read() == b"hello"
    assert _post(cloud, form, form["fields"], b"x" * 11, bucket).status == 400
    assert _post(cloud, form, {**form["fields"], "key": "other/a.txt"}, bucket=bucket).status == 403


@check("s3", "a form's success redirects")
def form_redirect(cloud):
    s3, bucket = _bucket(cloud)
    url = "http://example.com/done"
    form = s3.generate_presigned_post(bucket, "a", {"success_action_redirect": url}, [{"success_action_redirect": url}], 300)
    answer = _post(cloud, form, form["fields"], bucket=bucket)
    assert answer.status == 303 and answer.headers["Location"].startswith(url), answer


@check("s3", "a role without the right cannot post a form")
def form_authorization(cloud):
    _, bucket = _bucket(cloud)
    limited = _limited(cloud, _allow("s3:PutObject", f"arn:aws:s3:::{bucket}/up/*"))
    for key, status in (("up/a", 204), ("other/a", 403)):
        form = limited.generate_presigned_post(bucket, key)
        assert _post(cloud, form, form["fields"], bucket=bucket).status == status, key


@check("s3", "writes are conditional")
def conditions(cloud):
    s3, bucket = _bucket(cloud)
    tag = s3.put_object(Bucket=bucket, Key="a", Body=b"1", IfNoneMatch="*")["ETag"]
    with refused("PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="a", Body=b"2", IfNoneMatch="*")
    s3.put_object(Bucket=bucket, Key="a", Body=b"2", IfMatch=tag)
    with refused("PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="a", Body=b"3", IfMatch=tag)


@check("s3", "versions are kept, read and brought back")
def versions(cloud):
    s3, bucket = _bucket(cloud)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="a", Body=b"1")["VersionId"]
    s3.put_object(Bucket=bucket, Key="a", Body=b"2")
    marker = s3.delete_object(Bucket=bucket, Key="a")["VersionId"]
    with refused("NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="a")
    assert s3.get_object(Bucket=bucket, Key="a", VersionId=first)["Body"].read() == b"1"
    s3.delete_object(Bucket=bucket, Key="a", VersionId=marker)
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"2"


@check("s3", "a lifecycle configuration is given back, and acts on what has expired")
def lifecycle(cloud):
    s3, bucket = _bucket(cloud)
    rules = [
        {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Date": "2020-01-01T00:00:00Z"}},
        {"ID": "parts", "Status": "Enabled", "Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
    ]
    for key in ("tmp/a", "kept/a"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    kept = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert [rule["ID"] for rule in kept] == ["old", "parts"], kept
    cloud.until(lambda: [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["kept/a"])


@check("s3", "objects and buckets have tags")
def tags(cloud):
    s3, bucket = _bucket(cloud)
    s3.put_object(Bucket=bucket, Key="a", Body=b"x", Tagging="k=v")
    assert s3.get_object_tagging(Bucket=bucket, Key="a")["TagSet"] == [{"Key": "k", "Value": "v"}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "b", "Value": "1"}]})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "b", "Value": "1"}]


@check("s3", "public policies are refused where the bucket blocks them")
def public_access(cloud):
    s3, bucket = _bucket(cloud)
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    with refused("AccessDenied"):
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


@check("s3", "a bucket sends events to a queue")
def queue_events(cloud):
    s3, bucket = _bucket(cloud)
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=cloud.name("queue"))["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    entry = {"QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}
    with refused("InvalidArgument"):
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [entry]})
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [statement]})})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [entry]})
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")

    def look():
        messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
        return any("ObjectCreated:Put" in message["Body"] for message in messages)

    cloud.until(look)
