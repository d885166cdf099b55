"""S3: objects as clients write, read, list, copy and share them, and what a bucket tells of them."""

import datetime
import json
import urllib.parse

from harness import check, refused

MEGABYTE = 1024 * 1024


def _bucket(cloud, *objects):
    # The client's own choice for presigned addresses is the older signature.
    s3, bucket = cloud.client("s3", signature_version="s3v4"), cloud.name("bucket")
    s3.create_bucket(Bucket=bucket)
    for key in objects:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return s3, bucket


@check("s3", "an object comes back with its headers and metadata, and is gone when it is deleted")
def objects(cloud):
    s3, bucket = _bucket(cloud)
    put = s3.put_object(Bucket=bucket, Key="ä b/c+d", Body=b"hello", ContentType="text/x", CacheControl="no-cache", Metadata={"own": "yes"})
    assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"', put
    head = s3.head_object(Bucket=bucket, Key="ä b/c+d")
    assert (head["ContentLength"], head["ContentType"], head["CacheControl"], head["Metadata"]) == (5, "text/x", "no-cache", {"own": "yes"}), head
    assert s3.get_object(Bucket=bucket, Key="ä b/c+d")["Body"].read() == b"hello"
    s3.delete_object(Bucket=bucket, Key="ä b/c+d")
    with refused("NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="ä b/c+d")
    with refused("NoSuchBucket"):
        s3.list_objects_v2(Bucket=cloud.name("none"))
    with refused("BadDigest", "InvalidDigest"):
        s3.put_object(Bucket=bucket, Key="x", Body=b"hello", ContentMD5="XrY7u+Ae7tCTyyK7j1rNww==")


@check("s3", "ranges and conditions of reading are honored")
def ranges(cloud):
    s3, bucket = _bucket(cloud)
    tag = s3.put_object(Bucket=bucket, Key="a", Body=b"0123456789")["ETag"]
    for asked, content in (("bytes=2-4", b"234"), ("bytes=7-", b"789"), ("bytes=-3", b"789"), ("bytes=8-99", b"89")):
        got = s3.get_object(Bucket=bucket, Key="a", Range=asked)
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206 and got["Body"].read() == content, asked
    assert s3.get_object(Bucket=bucket, Key="a", Range="bytes=2-4")["ContentRange"] == "bytes 2-4/10"
    with refused("InvalidRange"):
        s3.get_object(Bucket=bucket, Key="a", Range="bytes=10-")
    with refused("304"):
        s3.get_object(Bucket=bucket, Key="a", IfNoneMatch=tag)
    with refused("PreconditionFailed"):
        s3.get_object(Bucket=bucket, Key="a", IfMatch='"other"')
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=-1)
    with refused("PreconditionFailed"):
        s3.get_object(Bucket=bucket, Key="a", IfUnmodifiedSince=later)


@check("s3", "an object is uploaded in parts")
def multipart(cloud):
    s3, bucket = _bucket(cloud)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big", ContentType="text/x")["UploadId"]
    place = {"Bucket": bucket, "Key": "big", "UploadId": upload}
    tags = [s3.upload_part(**place, PartNumber=number, Body=body)["ETag"] for number, body in ((1, b"a" * 5 * MEGABYTE), (2, b"b"))]
    assert [part["Size"] for part in s3.list_parts(**place)["Parts"]] == [5 * MEGABYTE, 1]
    assert [one["UploadId"] for one in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload]
    with refused("NoSuchKey", "404"):
        s3.get_object(Bucket=bucket, Key="big")
    parts = [{"PartNumber": number + 1, "ETag": tag} for number, tag in enumerate(tags)]
    with refused("InvalidPartOrder"):
        s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts[::-1]})
    done = s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    assert done["ETag"].endswith('-2"'), done
    got = s3.get_object(Bucket=bucket, Key="big", Range=f"bytes={5 * MEGABYTE - 1}-")
    assert (got["Body"].read(), got["ContentType"]) == (b"ab", "text/x"), got


@check("s3", "parts that are too small are refused, and an upload is aborted")
def small_parts(cloud):
    s3, bucket = _bucket(cloud)
    place = {"Bucket": bucket, "Key": "big", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]}
    parts = [{"PartNumber": number, "ETag": s3.upload_part(**place, PartNumber=number, Body=b"x")["ETag"]} for number in (1, 2)]
    with refused("EntityTooSmall"):
        s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    with refused("InvalidPart"):
        s3.complete_multipart_upload(**place, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": '"other"'}]})
    s3.abort_multipart_upload(**place)
    with refused("NoSuchUpload"):
        s3.list_parts(**place)


@check("s3", "objects are listed by prefix and delimiter, in pages")
def listing(cloud):
    s3, bucket = _bucket(cloud, "a/1", "a/2", "b", "c/1", "d e")
    found = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [one["Key"] for one in found["Contents"]] == ["b", "d e"] and [one["Prefix"] for one in found["CommonPrefixes"]] == ["a/", "c/"], found
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix="a/", StartAfter="a/1")["Contents"]] == ["a/2"]
    page = s3.list_objects_v2(Bucket=bucket, MaxKeys=2)
    assert page["IsTruncated"] and page["KeyCount"] == 2, page
    rest = s3.list_objects_v2(Bucket=bucket, ContinuationToken=page["NextContinuationToken"])
    assert [one["Key"] for one in rest["Contents"]] == ["b", "c/1", "d e"] and not rest["IsTruncated"], rest
    old = s3.list_objects(Bucket=bucket, MaxKeys=2, Delimiter="/")
    assert old["IsTruncated"] and old["NextMarker"] == "b", old
    assert [one["Key"] for one in s3.list_objects(Bucket=bucket, Marker="c/1")["Contents"]] == ["d e"]


@check("s3", "a copy keeps the metadata or replaces it")
def copy(cloud):
    s3, bucket = _bucket(cloud)
    s3.put_object(Bucket=bucket, Key="a b", Body=b"x", ContentType="text/x", Metadata={"own": "1"})
    source = {"Bucket": bucket, "Key": "a b"}
    s3.copy_object(Bucket=bucket, Key="kept", CopySource=source)
    kept = s3.head_object(Bucket=bucket, Key="kept")
    assert (kept["ContentType"], kept["Metadata"]) == ("text/x", {"own": "1"}), kept
    s3.copy_object(Bucket=bucket, Key="new", CopySource=source, MetadataDirective="REPLACE", ContentType="text/y", Metadata={"own": "2"})
    new = s3.head_object(Bucket=bucket, Key="new")
    assert (new["ContentType"], new["Metadata"]) == ("text/y", {"own": "2"}), new
    with refused("InvalidRequest"):
        s3.copy_object(Bucket=bucket, Key="a b", CopySource=source)
    with refused("PreconditionFailed"):
        s3.copy_object(Bucket=bucket, Key="x", CopySource=source, CopySourceIfMatch='"other"')


@check("s3", "presigned addresses read and write what they were made for")
def presigned(cloud):
    s3, bucket = _bucket(cloud, "a")
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a", "ResponseContentType": "text/own"})
    got = cloud.http("GET", url)
    assert (got.status, got.text, got.headers["Content-Type"]) == (200, "a", "text/own"), got
    assert cloud.http("GET", url.replace("/a?", "/b?")).status == 403
    assert cloud.http("DELETE", url).status == 403
    put = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "new", "ContentType": "text/x"})
    assert cloud.http("PUT", put, b"hello", {"Content-Type": "text/y"}).status == 403
    assert cloud.http("PUT", put, b"hello", {"Content-Type": "text/x"}).status == 200
    assert s3.get_object(Bucket=bucket, Key="new")["Body"].read() == b"hello"
    short = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a"}, ExpiresIn=1)
    expired = cloud.until(lambda: [got for got in [cloud.http("GET", short)] if got.status == 403])[0]
    assert "Request has expired" in expired.text, expired


@check("s3", "browsers of other origins get what the bucket's rules allow")
def cors(cloud):
    s3, bucket = _bucket(cloud, "a")
    rule = {"AllowedOrigins": ["https://*.example"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["x-*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})

    def ask(origin="https://app.example", method="PUT", names="x-own"):
        headers = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": names}
        return cloud.http("OPTIONS", f"/{bucket}/a", headers=headers)

    got = ask()
    assert got.status == 200 and got.headers["Access-Control-Allow-Origin"] == "https://app.example", (got, got.headers.items())
    assert got.headers["Access-Control-Max-Age"] == "60" and "x-own" in got.headers["Access-Control-Allow-Headers"], got.headers.items()
    assert [ask(**wrong).status for wrong in ({"origin": "https://evil.test"}, {"method": "DELETE"}, {"names": "own"})] == [403] * 3
    put = cloud.http("PUT", s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "b", "ContentType": "text/x"}), b"x", {"Origin": "https://app.example", "Content-Type": "text/x"})
    assert put.status == 200 and put.headers["Access-Control-Expose-Headers"] == "ETag", (put, put.headers.items())
    s3.delete_bucket_cors(Bucket=bucket)
    with refused("NoSuchCORSConfiguration"):
        s3.get_bucket_cors(Bucket=bucket)


@check("s3", "a bucket with a public object is reached by its own host")
def virtual_host(cloud):
    s3, bucket = _bucket(cloud, "a")
    s3.delete_public_access_block(Bucket=bucket)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    for host in (f"{bucket}.s3.{cloud.region}.amazonaws.com", f"{bucket}.s3.amazonaws.com", f"{bucket}.s3.localhost"):
        got = cloud.http("GET", "/a", host=host)
        assert (got.status, got.text) == (200, "a"), (host, got)
    assert cloud.http("PUT", f"/{bucket}/b", b"x").status == 403


@check("s3", "a bucket calls a function and tells a topic, with encoded keys and a sequence")
def notifications(cloud):
    s3, bucket = _bucket(cloud)
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    queue = sqs.create_queue(QueueName=cloud.name("queue"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=cloud.name("topic"))["TopicArn"]
    cloud._later(lambda: (sns.delete_topic(TopicArn=topic), sqs.delete_queue(QueueUrl=queue)))
    source = {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}}
    allow = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic, "Condition": source}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    allow = {**allow, "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    write = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/seen/*"}
    text = f"import boto3, json\ndef handler(event, context):\n    boto3.client('s3').put_object(Bucket='{bucket}', Key='seen/event', Body=json.dumps(event))"
    name = cloud.function(text, [write], Timeout=30, MemorySize=512)
    function = f"arn:aws:lambda:{cloud.region}:{cloud.account}:function:{name}"
    cloud.client("lambda").add_permission(FunctionName=name, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com", SourceArn=f"arn:aws:s3:::{bucket}")
    suffix = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".txt"}]}}
    settings = {
        "LambdaFunctionConfigurations": [{"Id": "f", "LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"], "Filter": suffix}],
        "TopicConfigurations": [{"Id": "t", "TopicArn": topic, "Events": ["s3:ObjectRemoved:*"]}],
    }
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=settings)
    s3.put_object(Bucket=bucket, Key="in/ä b+c.txt", Body=b"x")
    (record,) = cloud.until(lambda: json.loads(s3.get_object(Bucket=bucket, Key="seen/event")["Body"].read()), seconds=30)["Records"]
    assert record["eventVersion"].startswith("2.") and record["eventName"] == "ObjectCreated:Put" and record["s3"]["configurationId"] == "f", record
    assert record["s3"]["object"]["key"] == "in/%C3%A4+b%2Bc.txt" and int(record["s3"]["object"]["sequencer"], 16), record
    s3.delete_object(Bucket=bucket, Key="in/ä b+c.txt")

    def removed():
        bodies = [json.loads(message["Body"]) for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])]
        return [one for body in bodies for one in body.get("Records", []) if one["eventName"] == "ObjectRemoved:Delete"]

    (record,) = cloud.until(removed)
    assert urllib.parse.unquote_plus(record["s3"]["object"]["key"]) == "in/ä b+c.txt", record
