"""SNS over HTTP: confirmation, signatures, and delivery to functions."""

import base64
import hashlib
import http.server
import json
import queue
import ssl
import threading
import urllib.parse

from harness import check, refused

#: What stands before a digest in a signature of PKCS #1 (RFC 8017, section 9.2, note 1), by version of SNS's signature.
DIGESTS = {
    "1": (hashlib.sha1, "3021300906052b0e03021a05000414"),
    "2": (hashlib.sha256, "3031300d060960864801650304020105000420"),
}

#: How a certificate begins its RSA key: the algorithm's identifier without parameters.
RSA = bytes.fromhex("06092a864886f70d0101010500")


def _number(der, at):
    """(value, end) of what stands at `at` in DER, as a big-endian number."""
    length, at = der[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, at = int.from_bytes(der[at : at + count], "big"), at + count
    return int.from_bytes(der[at : at + length], "big"), at + length


def _key(certificate):
    """(modulus, exponent) of a certificate's RSA key."""
    der = ssl.PEM_cert_to_DER_cert(certificate)
    at = der.index(b"\x30\x82", der.index(RSA) + len(RSA)) + 4
    modulus, at = _number(der, at)
    return modulus, _number(der, at)[0]


def _verify(cloud, message):
    """Raises unless SNS signed this message with the key of its certificate."""
    names = ("Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type")
    text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    certificate = cloud.http("GET", message["SigningCertURL"])
    assert certificate.status == 200, certificate
    modulus, exponent = _key(certificate.text)
    digest, prefix = DIGESTS[message["SignatureVersion"]]
    tail = bytes.fromhex(prefix) + digest(text.encode()).digest()
    size = (modulus.bit_length() + 7) // 8
    expected = b"\0\1" + b"\xff" * (size - len(tail) - 3) + b"\0" + tail
    found = pow(int.from_bytes(base64.b64decode(message["Signature"]), "big"), exponent, modulus).to_bytes(size, "big")
    assert found == expected, f"the signature is not one of {message}"


class Endpoint:
    """A server that keeps what it is sent, as (headers, body)."""

    def __enter__(self):
        self.got = got = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                got.put((self.headers, body))

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def next(self):
        try:
            return self.got.get(timeout=10)
        except queue.Empty:
            raise AssertionError("nothing was delivered within 10 s") from None


def _topic(cloud, **attributes):
    sns = cloud.client("sns")
    topic = sns.create_topic(Name=cloud.name("topic"), Attributes=attributes)["TopicArn"]
    cloud._later(lambda: sns.delete_topic(TopicArn=topic))
    return sns, topic


@check("sns", "an HTTP endpoint is asked to confirm, and gets signed messages then")
def signed(cloud):
    for version in ("1", "2"):
        sns, topic = _topic(cloud, SignatureVersion=version)
        with Endpoint() as endpoint:
            sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint.url)
            headers, body = endpoint.next()
            asked = json.loads(body)
            assert headers["x-amz-sns-message-type"] == asked["Type"] == "SubscriptionConfirmation" and asked["TopicArn"] == topic, asked
            assert asked["SignatureVersion"] == version, asked
            _verify(cloud, asked)
            with refused("InvalidParameter"):
                sns.confirm_subscription(TopicArn=topic, Token="wrong")
            link = urllib.parse.urlsplit(asked["SubscribeURL"])
            assert cloud.http("GET", f"{link.path}?{link.query}").status == 200
            sns.publish(TopicArn=topic, Subject="Hello", Message="a message\nof two lines")
            headers, body = endpoint.next()
            message = json.loads(body)
            assert (message["Type"], message["Subject"], message["Message"]) == ("Notification", "Hello", "a message\nof two lines"), message
            assert headers["x-amz-sns-subscription-arn"].startswith(topic + ":") and message["UnsubscribeURL"], headers.items()
            _verify(cloud, message)
            message["Message"] += "!"
            try:
                _verify(cloud, message)
            except AssertionError:
                continue
            raise AssertionError("a message that was changed is verified, too")


@check("sns", "an HTTP endpoint is confirmed by token, and may want the bare message")
def raw(cloud):
    sns, topic = _topic(cloud)
    with Endpoint() as endpoint:
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint.url, Attributes={"RawMessageDelivery": "true"})
        asked = json.loads(endpoint.next()[1])
        arn = sns.confirm_subscription(TopicArn=topic, Token=asked["Token"])["SubscriptionArn"]
        sns.publish(TopicArn=topic, Message="bare")
        headers, body = endpoint.next()
        assert body == "bare" and headers["x-amz-sns-rawdelivery"] == "true", (body, headers.items())
        sns.unsubscribe(SubscriptionArn=arn)
        assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


@check("sns", "a topic calls a function that lets it in, with the attributes of the message")
def function(cloud):
    sns, topic = _topic(cloud)
    s3, bucket = cloud.client("s3"), cloud.name("bucket")
    s3.create_bucket(Bucket=bucket)
    write = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    text = f"import boto3, json\ndef handler(event, context):\n    boto3.client('s3').put_object(Bucket='{bucket}', Key='event', Body=json.dumps(event))"
    name = cloud.function(text, [write], Timeout=30, MemorySize=512)
    cloud.client("lambda").add_permission(FunctionName=name, StatementId="sns", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com", SourceArn=topic)
    arn = f"arn:aws:lambda:{cloud.region}:{cloud.account}:function:{name}"
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn, Attributes={"FilterPolicy": json.dumps({"kind": ["wanted"]})})
    for kind in ("other", "wanted"):
        sns.publish(TopicArn=topic, Subject=kind, Message="x", MessageAttributes={"kind": {"DataType": "String", "StringValue": kind}})
    (record,) = cloud.until(lambda: json.loads(s3.get_object(Bucket=bucket, Key="event")["Body"].read()), seconds=30)["Records"]
    assert record["EventSource"] == "aws:sns" and record["EventSubscriptionArn"].startswith(topic + ":"), record
    assert record["Sns"]["Subject"] == "wanted" and record["Sns"]["MessageAttributes"] == {"kind": {"Type": "String", "Value": "wanted"}}, record
