"""CloudFront: the cache, invalidations, errors, origins."""

import gzip
import json
import uuid

from harness import check, refused

OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


def _distribution(cloud, policy=OPTIMIZED, behaviors=(), origins=(), **config):
    bucket = cloud.name("origin")
    default = {"TargetOriginId": "bucket", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": policy, "Compress": True}
    origin = {
        "Id": "bucket",
        "DomainName": f"{bucket}.s3.{cloud.region}.amazonaws.com",
        "OriginAccessControlId": {"Fn::GetAtt": ["Control", "Id"]},
        "S3OriginConfig": {},
    }
    control = {"Name": bucket, "OriginAccessControlOriginType": "s3", "SigningBehavior": "always", "SigningProtocol": "sigv4"}
    source = {"Fn::Sub": "arn:aws:cloudfront::${AWS::AccountId}:distribution/${Distribution}"}
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": source}},
    }
    distribution = {"Enabled": True, "Origins": [origin, *origins], "DefaultCacheBehavior": default, "CacheBehaviors": list(behaviors), **config}
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {"BucketName": bucket}},
        "Control": {"Type": "AWS::CloudFront::OriginAccessControl", "Properties": {"OriginAccessControlConfig": control}},
        "Distribution": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": distribution}},
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}},
        },
    }
    outputs = {"Id": {"Value": {"Ref": "Distribution"}}, "Domain": {"Value": {"Fn::GetAtt": ["Distribution", "DomainName"]}}}
    _, values = cloud.stack({"Resources": resources, "Outputs": outputs})

    def get(path, headers=None, method="GET"):
        return cloud.http(method, path, headers=headers, host=values["Domain"])

    return cloud.client("s3"), bucket, values["Id"], get


@check("cloudfront", "an answer is kept as long as it may be")
def cache(cloud):
    s3, bucket, _, get = _distribution(cloud)
    s3.put_object(Bucket=bucket, Key="a.txt", Body=b"one", ContentType="text/plain")
    first = get("/a.txt")
    assert (first.status, first.text, first.headers["X-Cache"]) == (200, "one", "Miss from cloudfront"), first.headers
    s3.put_object(Bucket=bucket, Key="a.txt", Body=b"two")
    second = get("/a.txt")
    assert (second.text, second.headers["X-Cache"]) == ("one", "Hit from cloudfront"), second.headers
    assert int(second.headers["Age"]) >= 0
    tag = first.headers["ETag"]
    assert get("/a.txt", {"If-None-Match": tag}).status == 304


@check("cloudfront", "an invalidation drops what it names")
def invalidation(cloud):
    s3, bucket, identifier, get = _distribution(cloud)
    for key in ("x/a", "x/b", "y"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"one")
        get(f"/{key}")
        s3.put_object(Bucket=bucket, Key=key, Body=b"two")
    batch = {"Paths": {"Quantity": 1, "Items": ["/x/*"]}, "CallerReference": str(uuid.uuid4())}
    cloudfront = cloud.client("cloudfront")
    made = cloudfront.create_invalidation(DistributionId=identifier, InvalidationBatch=batch)["Invalidation"]
    cloud.until(lambda: cloudfront.get_invalidation(DistributionId=identifier, Id=made["Id"])["Invalidation"]["Status"] == "Completed")
    assert [get(f"/{key}").text for key in ("x/a", "x/b", "y")] == ["two", "two", "one"]


@check("cloudfront", "nothing is kept where caching is off, or the origin forbids it")
def uncached(cloud):
    s3, bucket, _, get = _distribution(cloud, DISABLED)
    s3.put_object(Bucket=bucket, Key="a", Body=b"one")
    get("/a")
    s3.put_object(Bucket=bucket, Key="a", Body=b"two")
    assert get("/a").text == "two"


@check("cloudfront", "a default root object and custom errors are shown")
def errors(cloud):
    custom = [{"ErrorCode": 403, "ResponsePagePath": "/404.html", "ResponseCode": 404}]
    s3, bucket, _, get = _distribution(cloud, DefaultRootObject="index.html", CustomErrorResponses=custom)
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"home")
    s3.put_object(Bucket=bucket, Key="404.html", Body=b"not here")
    assert get("/").text == "home"
    answer = get("/none")
    assert (answer.status, answer.text) == (404, "not here"), answer


@check("cloudfront", "texts are compressed for who wants that")
def compression(cloud):
    s3, bucket, _, get = _distribution(cloud)
    s3.put_object(Bucket=bucket, Key="a.html", Body=b"x" * 5000, ContentType="text/html")
    answer = get("/a.html", {"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip" and gzip.decompress(answer.body) == b"x" * 5000, answer.headers
    assert get("/a.html").body == b"x" * 5000


@check("cloudfront", "the query is part of the key only where the policy says so")
def query(cloud):
    s3, bucket, _, get = _distribution(cloud)
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    get("/a?v=1")
    assert get("/a?v=2").headers["X-Cache"] == "Hit from cloudfront"


@check("cloudfront", "a behavior takes its answers from another origin over HTTP")
def custom_origin(cloud):
    site = cloud.name("site")
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=site)
    s3.delete_public_access_block(Bucket=site)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{site}/*"}
    s3.put_bucket_policy(Bucket=site, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    s3.put_bucket_website(Bucket=site, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.put_object(Bucket=site, Key="site/index.html", Body=b"from the site")
    origin = {
        "Id": "site",
        "DomainName": f"{site}.s3-website-{cloud.region}.amazonaws.com",
        "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"},
    }
    behavior = {"PathPattern": "/site/*", "TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": DISABLED}
    _, _, _, get = _distribution(cloud, origins=[origin], behaviors=[behavior])
    answer = get("/site/")
    assert (answer.status, answer.text) == (200, "from the site"), answer


@check("cloudfront", "a distribution answers for its aliases")
def aliases(cloud):
    alias = f"{cloud.name('cdn')}.localhost"
    s3, bucket, _, _ = _distribution(
        cloud, Aliases=[alias], ViewerCertificate={"AcmCertificateArn": f"arn:aws:acm:us-east-1:{cloud.account}:certificate/x", "SslSupportMethod": "sni-only"}
    )
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    assert cloud.http("GET", "/a", host=alias).text == "x"


@check("cloudfront", "a role invalidates only the distribution that its policy names")
def authorization(cloud):
    _, _, identifier, _ = _distribution(cloud)
    arn = f"arn:aws:cloudfront::{cloud.account}:distribution/{identifier}"
    role = cloud.role([{"Effect": "Allow", "Action": "cloudfront:CreateInvalidation", "Resource": arn}])
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
    limited = cloud.client("cloudfront", keys=keys)
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(uuid.uuid4())}
    limited.create_invalidation(DistributionId=identifier, InvalidationBatch=batch)
    with refused("AccessDenied"):
        limited.list_distributions()


@check("cloudfront", "a bucket that nobody may read is read through the distribution that its policy names")
def access_control(cloud):
    s3, bucket, _, get = _distribution(cloud)
    s3.put_object(Bucket=bucket, Key="a.txt", Body=b"one")
    assert cloud.http("GET", "/a.txt", host=f"{bucket}.s3.{cloud.region}.amazonaws.com").status == 403
    assert (get("/a.txt").status, get("/a.txt").text) == (200, "one")
    s3.delete_bucket_policy(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="b.txt", Body=b"two")
    assert get("/b.txt").status == 403
