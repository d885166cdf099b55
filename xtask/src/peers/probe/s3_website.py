"""Buckets as websites."""

import json

from harness import check


def _site(cloud, website=None, files=(), public=True):
    s3, bucket = cloud.client("s3"), cloud.name("site")
    s3.create_bucket(Bucket=bucket)
    s3.delete_public_access_block(Bucket=bucket)
    if public:
        statement = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": f"arn:aws:s3:::{bucket}/*"}
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    website = website or {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=website)
    for key in files:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode(), ContentType="text/html")
    return s3, bucket


def _get(cloud, bucket, path, method="GET"):
    return cloud.http(method, path, host=f"{bucket}.s3-website-{cloud.region}.amazonaws.com")


@check("s3-website", "a site has index documents in every directory")
def index(cloud):
    _, bucket = _site(cloud, files=("index.html", "docs/index.html"))
    for path, body in (("/", "index.html"), ("/index.html", "index.html"), ("/docs/", "docs/index.html")):
        answer = _get(cloud, bucket, path)
        assert (answer.status, answer.text) == (200, body), (path, answer)
    answer = _get(cloud, bucket, "/docs")
    assert answer.status == 302 and answer.headers["Location"].endswith("/docs/"), answer


@check("s3-website", "what is missing is answered with the error document")
def error(cloud):
    _, bucket = _site(cloud, files=("error.html",))
    answer = _get(cloud, bucket, "/none")
    # Nobody may list the bucket, so nobody is told whether the key exists.
    assert (answer.status, answer.text) == (403, "error.html"), answer


@check("s3-website", "only what the policy opens is shown")
def private(cloud):
    _, bucket = _site(cloud, files=("index.html",), public=False)
    answer = _get(cloud, bucket, "/")
    assert answer.status == 403 and "AccessDenied" in answer.text, answer


@check("s3-website", "everything is redirected to another host")
def redirect_all(cloud):
    _, bucket = _site(cloud, {"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}})
    answer = _get(cloud, bucket, "/a/b")
    assert answer.status == 301 and answer.headers["Location"] == "https://example.com/a/b", answer


@check("s3-website", "routing rules redirect prefixes and errors")
def rules(cloud):
    website = {
        "IndexDocument": {"Suffix": "index.html"},
        "RoutingRules": [
            {"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "new/"}},
            {"Condition": {"HttpErrorCodeReturnedEquals": "403"}, "Redirect": {"ReplaceKeyWith": "sorry.html", "HttpRedirectCode": "302"}},
        ],
    }
    _, bucket = _site(cloud, website, files=("index.html",))
    answer = _get(cloud, bucket, "/old/x")
    assert answer.status == 301 and answer.headers["Location"].endswith("/new/x"), answer
    answer = _get(cloud, bucket, "/none")
    assert answer.status == 302 and answer.headers["Location"].endswith("/sorry.html"), answer


@check("s3-website", "an object redirects to where it says")
def object_redirect(cloud):
    s3, bucket = _site(cloud)
    s3.put_object(Bucket=bucket, Key="moved", Body=b"", WebsiteRedirectLocation="/there")
    answer = _get(cloud, bucket, "/moved")
    assert answer.status == 301 and answer.headers["Location"] == "/there", answer


@check("s3-website", "a bucket that is no site has no website")
def no_site(cloud):
    s3, bucket = cloud.client("s3"), cloud.name("bucket")
    s3.create_bucket(Bucket=bucket)
    answer = _get(cloud, bucket, "/")
    assert answer.status == 404 and "NoSuchWebsiteConfiguration" in answer.text, answer
    _, site = _site(cloud, files=("index.html",))
    assert _get(cloud, site, "/", "PUT").status == 405


@check("s3-website", "a site is reached by path, too")
def by_path(cloud):
    _, bucket = _site(cloud, files=("index.html",))
    answer = cloud.http("GET", f"/_stack/s3-website/{bucket}/")
    assert (answer.status, answer.text) == (200, "index.html"), answer


@check("s3-website", "a template makes a site")
def template(cloud):
    bucket = cloud.name("site")
    resources = {
        "Site": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": bucket,
                "WebsiteConfiguration": {"IndexDocument": "index.html"},
                "PublicAccessBlockConfiguration": {"BlockPublicPolicy": False, "RestrictPublicBuckets": False},
            },
        },
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Site"},
                "PolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}]},
            },
        },
    }
    _, outputs = cloud.stack({"Resources": resources, "Outputs": {"Url": {"Value": {"Fn::GetAtt": ["Site", "WebsiteURL"]}}}})
    cloud.client("s3").put_object(Bucket=bucket, Key="index.html", Body=b"home")
    assert cloud.http("GET", outputs["Url"] + "/").text == "home"
    cloud.client("s3").delete_object(Bucket=bucket, Key="index.html")
