#!/usr/bin/env python3
"""Brings an image library to what a git repository holds.

Every image that differs between two commits is sent to the library's API: those that are there now by PUT, those that are gone by
DELETE, under their path in the repository, byte by byte. Images above 4 MiB go through the library's incoming bucket. Requests
are signed (AWS Signature Version 4); a request that fails for good fails the run, after all others were tried. A run may be
repeated: what is there already stays as it is.

Needs git and Python 3.8 or newer, nothing else. Environment:

  API_URL                 address of the API with its stage (output ApiUrl of the stack)
  API_KEY                 a key of its usage plan
  INCOMING_BUCKET         bucket for large images (output IncomingBucket)
  AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
  BEFORE                  commit that the library is at; empty, zeros or unknown: nothing is there yet
  AFTER                   commit that it is to be at (default HEAD)
  IMAGE_FOLDER            only files below this folder count, and each must be an image (default: images anywhere)
  AWS_ENDPOINT_URL_S3     address of S3, where it is not AWS's own
  WAIT_FACTOR             seconds before the second attempt of a request (default 1); each later wait is twice as long
"""

import concurrent.futures
import datetime
import hashlib
import hmac
import http.client
import os
import re
import subprocess
import sys
import time
import urllib.parse

CONTENT_TYPES = {
    "bmp": "image/bmp",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}

# A function gets at most 6 MB, of which base64 takes a quarter.
LARGEST_REQUEST = 4 << 20

ATTEMPTS = 5
PARALLEL = 8


class Failure(Exception):
    """What a person should read."""


def git(*arguments, check=True):
    """Output of a git command, as bytes."""
    done = subprocess.run(["git", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if check and done.returncode != 0:
        raise Failure(f"git {' '.join(arguments)}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout if done.returncode == 0 else None


def base_of(before):
    """The tree to compare with: that of a commit, or the empty one."""
    empty = git("hash-object", "-t", "tree", os.devnull).decode().strip()
    if not before.strip("0"):
        return empty
    if git("cat-file", "-e", f"{before}^{{commit}}", check=False) is None:
        # Gone from every branch after a forced push, but perhaps still to be had.
        git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", before, check=False)
    if git("cat-file", "-e", f"{before}^{{commit}}", check=False) is None:
        say(f"commit {before} is not to be had: every image is sent, and those that are gone since then stay in the library")
        return empty
    return before


def changes(before, after):
    """Paths that are files now, and paths that were and are no more; renames are one of each."""
    fields = git("diff", "--raw", "-z", "--no-renames", "--no-abbrev", base_of(before), after).split(b"\0")
    here, gone = [], []
    # `:100644 100755 <old> <new> M`, then the path. Modes tell files from links and submodules.
    for about, path in zip(fields[0::2], fields[1::2]):
        old_mode, new_mode = about[1:].split(b" ")[:2]
        if new_mode.startswith(b"100"):
            here.append(path)
        elif old_mode.startswith(b"100"):
            gone.append(path)
    return here, gone


def extension_of(path):
    """What follows the last dot of a file's name, in lower case."""
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[1].lower() if "." in name else ""


def images(paths, folder, must_be_images):
    """The names of images among paths, and of other files that should be images."""
    names, others = [], []
    for path in paths:
        try:
            name = path.decode("utf-8")
        except UnicodeDecodeError:
            others.append(ascii(path))
            continue
        if folder and not name.startswith(folder):
            continue
        if extension_of(name) in CONTENT_TYPES:
            names.append(name)
        elif folder and must_be_images:
            others.append(name)
    return names, others


def signed(service, method, url, headers, body):
    """The headers of a request with its signature (Signature Version 4)."""
    parts = urllib.parse.urlsplit(url)
    region = os.environ["AWS_REGION"]
    moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    headers = {name.lower(): value for name, value in headers.items()}
    headers.update({"host": parts.netloc, "x-amz-date": moment, "x-amz-content-sha256": digest})
    if os.environ.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = os.environ["AWS_SESSION_TOKEN"]
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    # Every service but S3 encodes the path that was sent once more.
    path = parts.path if service == "s3" else urllib.parse.quote(parts.path, safe="/-_.~")
    request = "\n".join([method, path, "", lines, names, digest])
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for step in (moment[:8], region, service, "aws4_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return headers


def send(service, method, url, headers, body=b""):
    """Sends a request until it is answered for good; raises Failure for an answer that is no success."""
    parts = urllib.parse.urlsplit(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    told = ""
    for attempt in range(ATTEMPTS):
        wait = 2**attempt
        try:
            connection = connect(parts.netloc, timeout=60)
            connection.request(method, parts.path, body, signed(service, method, url, headers, body))
            answer = connection.getresponse()
            text = answer.read(4096).decode(errors="replace").strip()
            connection.close()
            if 200 <= answer.status < 300:
                return
            told = f"HTTP {answer.status}: {text}"
            # Throttled (or the day's quota is used up), or a fault that may pass.
            if answer.status != 429 and answer.status < 500:
                break
            asked = answer.getheader("retry-after") or ""
            wait = min(int(asked), 30) if asked.isdigit() else wait
        except (OSError, http.client.HTTPException) as error:
            told = f"no answer: {error}"
        if attempt + 1 < ATTEMPTS:
            time.sleep(wait * float(os.environ.get("WAIT_FACTOR", "1")))
    raise Failure(told)


def put(name, after):
    """Sends an image as git would check it out (files of Git LFS too)."""
    body = git("cat-file", "--filters", f"{after}:{name}")
    path = urllib.parse.quote(name, safe="/-_.~")
    headers = {"Content-Type": CONTENT_TYPES[extension_of(name)]}
    if len(body) <= LARGEST_REQUEST:
        send("execute-api", "PUT", f"{api()}/images/raw/{path}", {**headers, "x-api-key": os.environ["API_KEY"]}, body)
        return
    bucket, region = os.environ["INCOMING_BUCKET"], os.environ["AWS_REGION"]
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3")
    base = f"{endpoint.rstrip('/')}/{bucket}" if endpoint else f"https://{bucket}.s3.{region}.amazonaws.com"
    send("s3", "PUT", f"{base}/images/{path}", headers, body)


def delete(name):
    """Makes the library forget an image."""
    path = urllib.parse.quote(name, safe="/-_.~")
    send("execute-api", "DELETE", f"{api()}/images/raw/{path}", {"x-api-key": os.environ["API_KEY"]})


def api():
    """Address of the API without a slash at its end."""
    return os.environ["API_URL"].rstrip("/")


def say(line):
    """A line of the run's log."""
    print(line, flush=True)


def carry_out(verb, action, names):
    """Does something with every name, several at a time; returns how many failed."""
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        tasks = [(name, pool.submit(action, name)) for name in names]
        for name, task in tasks:
            try:
                task.result()
                say(f"{verb} {name}")
            except Failure as failure:
                failed += 1
                say(f"{verb} {name} failed: {failure}")
    return failed


def main():
    required = ["API_URL", "API_KEY", "INCOMING_BUCKET", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
    missing = [name for name in required if not os.environ.get(name)]
    if missing:
        raise Failure(f"missing in the environment: {', '.join(missing)}")
    after = git("rev-parse", "--verify", f"{os.environ.get('AFTER') or 'HEAD'}^{{commit}}").decode().strip()
    before = os.environ.get("BEFORE", "").strip()
    if not re.fullmatch("[0-9a-f]*", before):
        raise Failure(f"BEFORE is `{before}`, and must be the id of a commit")
    folder = os.environ.get("IMAGE_FOLDER", "").strip("/")
    folder = f"{folder}/" if folder else ""
    here, gone = changes(before, after)
    here, others = images(here, folder, must_be_images=True)
    gone, _ = images(gone, folder, must_be_images=False)
    for name in others:
        say(f"{name} is no image that the library keeps ({', '.join(sorted(CONTENT_TYPES))})")
    # First what is there, then what is gone: a renamed image never loses its last name on the way.
    failed = len(others) + carry_out("PUT", lambda name: put(name, after), here)
    if failed and gone:
        say("nothing is deleted, because something failed: run this again")
    elif gone:
        failed += carry_out("DELETE", delete, gone)
    if failed:
        raise Failure(f"{failed} of {len(here) + len(gone) + len(others)} changes failed")
    say(f"{len(here)} images sent, {len(gone)} deleted")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"error: {failure}")
