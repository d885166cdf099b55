# Makes a bucket and prints presigned URLs for one object in it: PUT, then GET. Arguments: endpoint, bucket, key.
import sys

import boto3
from botocore.config import Config

endpoint, bucket, key = sys.argv[1:]
config = Config(signature_version="s3v4", s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
s3 = boto3.client(
    "s3",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
    config=config,
)
if bucket not in [found["Name"] for found in s3.list_buckets()["Buckets"]]:
    s3.create_bucket(Bucket=bucket)
for operation in ("put_object", "get_object"):
    print(s3.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": key}, ExpiresIn=3600))
