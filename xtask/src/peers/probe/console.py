"""What an emulator tells people and programs of itself."""

import json

from harness import allow, check


@check("console", "says that it is up, which version it is and what it serves, as JSON")
def health(cloud):
    answers = [cloud.http("GET", path) for path in ("/_stack/health", "/_ministack/health", "/_localstack/health")]
    told = next(answer.json for answer in answers if answer.status == 200)
    assert told["version"] and {"s3", "lambda", "dynamodb"} <= set(told["services"]), told


@check("console", "has a page at its address that loads nothing from elsewhere")
def page(cloud):
    got = cloud.http("GET", "/", headers={"Accept": "text/html"})
    assert got.status == 200 and got.headers["Content-Type"].startswith("text/html"), got
    assert "<title>" in got.text and "http://" not in got.text and "https://" not in got.text, got


@check("console", "keeps the mail that subscriptions get, where people and programs read it")
def mailbox(cloud):
    sns, address = cloud.client("sns"), f"{cloud.name('someone')}@example.com"
    topic = sns.create_topic(Name=cloud.name("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    mail = cloud.until(lambda: cloud.mails(address))[0]
    assert mail["confirmUrl"] and topic in json.dumps(mail), mail


@check("console", "records which actions a role really used, and which it lacked")
def used(cloud):
    s3, bucket = cloud.client("s3"), cloud.name("bucket")
    s3.create_bucket(Bucket=bucket)
    role = cloud.role([allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*")])
    session = cloud.client("s3", keys=cloud.session(role))
    session.put_object(Bucket=bucket, Key="a", Body=b"x")
    try:
        session.get_object(Bucket=bucket, Key="a")
    except session.exceptions.ClientError:
        pass
    report = cloud.http("GET", "/_stack/access.json").json
    entry = next(entry for entry in report["identities"] if entry["arn"] == role)
    assert [use["action"] for use in entry["used"]] == ["s3:PutObject"], entry
    assert [lack["action"] for lack in entry["denied"]] == ["s3:GetObject"], entry
