"""What no request may do to an emulator, whoever sends it."""

import http.client
import socket
import urllib.parse

from harness import check


def _target(cloud):
    parts = urllib.parse.urlsplit(cloud.endpoint)
    return parts.hostname, parts.port


def _lives(cloud):
    assert cloud.client("sts").get_caller_identity()["Account"]


@check("safety", "a page of another site cannot reach it through a name that leads to loopback")
def rebinding(cloud):
    s3, bucket = cloud.client("s3", signature_version="s3v4"), cloud.name("bucket")
    s3.create_bucket(Bucket=bucket)
    url = s3.generate_presigned_url("list_objects_v2", {"Bucket": bucket})
    opened = cloud.http("GET", url)
    assert opened.status == 200, opened
    anonymous = cloud.http("GET", "/", host="attacker.example:4566")
    assert anonymous.status in (400, 403, 421), anonymous
    preflight = {"Origin": "http://attacker.example:4566", "Access-Control-Request-Method": "PUT"}
    got = cloud.http("OPTIONS", f"/{bucket}", headers=preflight, host="attacker.example:4566")
    assert got.status in (400, 403, 421), got


@check("safety", "requests that are broken are refused, and not by failing")
def broken(cloud):
    form = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0"}
    target = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.PutItem"}
    for method, path, body, headers in (
        ("POST", "/", b"Action=%zz&Version", form),
        ("POST", "/", b"{" * 10_000, target),
        ("POST", "/", b"\xff\xfe", {**target, "X-Amz-Target": "Nothing.At.All"}),
        ("GET", "/%00%ff/..%2f..%2fetc%2fpasswd", None, {}),
        ("PUT", "/bucket/key?partNumber=x&uploadId=%00", b"", {}),
        ("GET", "/?X-Amz-Signature=&X-Amz-Date=never&X-Amz-Expires=-1&X-Amz-Credential=/////", None, {}),
        ("POST", "/2015-03-31/functions/%2e%2e/invocations", b"{}", {"Authorization": "AWS4-HMAC-SHA256 nonsense"}),
    ):
        got = cloud.http(method, path, body, headers)
        assert 400 <= got.status < 500 or got.status == 501, (method, path, got)
    _lives(cloud)


@check("safety", "keys that look like paths are names and no more")
def paths(cloud):
    s3, bucket = cloud.client("s3"), cloud.name("bucket")
    s3.create_bucket(Bucket=bucket)
    host, port = _target(cloud)
    for key in ("../../../../tmp/probe", "/etc/passwd", "a//b", "./c", "%2e%2e/d", "x" * 1024):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode(), key
    assert len(s3.list_objects_v2(Bucket=bucket)["Contents"]) == 6
    raw = http.client.HTTPConnection(host, port, timeout=10)
    raw.request("GET", "/../../../../etc/passwd")
    answer = raw.getresponse()
    assert 400 <= answer.status < 500 and b"root:" not in answer.read(), answer.status


@check("safety", "what is no HTTP, and heads without end, do not hold it up")
def garbage(cloud):
    for sent in (b"\x16\x03\x01\x02\x00" * 20, b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 300_000 + b"\r\n\r\n", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n"):
        with socket.create_connection(_target(cloud), timeout=10) as connection:
            try:
                connection.sendall(sent)
                first = connection.recv(64)
            except ConnectionError:
                first = b""
        assert not first or first.split(b" ")[1:2] < [b"500"], first
    _lives(cloud)


@check("safety", "a connection that stops in the middle keeps nobody else waiting")
def slow(cloud):
    waiting = [socket.create_connection(_target(cloud), timeout=10) for _ in range(50)]
    for connection in waiting:
        connection.sendall(b"PUT /bucket/key HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
    try:
        _lives(cloud)
    finally:
        for connection in waiting:
            connection.close()
