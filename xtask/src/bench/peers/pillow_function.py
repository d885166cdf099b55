# A function like process-image, with Pillow: S3 event in, 512x512 avatar out. Plain HTTP, no AWS SDK, so that nothing but
# the runtime and the image library is measured.
import http.client
import io
import json
import os

from PIL import Image, ImageOps

runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
s3 = http.client.HTTPConnection(os.environ["AWS_ENDPOINT_URL"].removeprefix("http://"))


def call(connection, method, path, body=None):
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer, answer.read()


while True:
    next, body = call(runtime, "GET", "/2018-06-01/runtime/invocation/next")
    record = json.loads(body)["Records"][0]["s3"]
    key = record["object"]["key"]
    _, photo = call(s3, "GET", f"/{record['bucket']['name']}/{key}")
    image = Image.open(io.BytesIO(photo))
    image.draft("RGB", (1024, 1024))
    image = ImageOps.fit(ImageOps.exif_transpose(image), (512, 512), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    image.convert("RGB").save(target, "JPEG", quality=80)
    call(s3, "PUT", f"/{os.environ['DEST_BUCKET']}/avatars/{key}", target.getvalue())
    id = next.headers["lambda-runtime-aws-request-id"]
    call(runtime, "POST", f"/2018-06-01/runtime/invocation/{id}/response", b"{}")
