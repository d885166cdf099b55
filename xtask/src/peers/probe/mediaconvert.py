"""MediaConvert: jobs with their role."""

import pathlib
import shutil
import subprocess
import tempfile

from harness import allow, check

SETTINGS = {
    "Inputs": [{"VideoSelector": {}, "AudioSelectors": {"Audio Selector 1": {"DefaultSelection": "DEFAULT"}}}],
    "OutputGroups": [{
        "OutputGroupSettings": {"Type": "FILE_GROUP_SETTINGS", "FileGroupSettings": {"Destination": "s3://none/out/"}},
        "Outputs": [{
            "ContainerSettings": {"Container": "MP4", "Mp4Settings": {}},
            "VideoDescription": {"Width": 1280, "Height": 720, "CodecSettings": {"Codec": "H_264", "H264Settings": {
                "RateControlMode": "QVBR", "MaxBitrate": 6000000, "QvbrSettings": {"QvbrQualityLevel": 8}}}},
            "AudioDescriptions": [{"CodecSettings": {"Codec": "AAC", "AacSettings": {
                "Bitrate": 96000, "CodingMode": "CODING_MODE_2_0", "SampleRate": 48000}}}],
        }],
    }],
}


@check("mediaconvert", "queues and job templates are kept as they were made")
def templates(cloud):
    client, name = cloud.client("mediaconvert"), cloud.name("web")
    queue = client.create_queue(Name=name)["Queue"]["Arn"]
    client.create_job_template(Name=name, Queue=queue, Settings=SETTINGS)
    got = client.get_job_template(Name=name)["JobTemplate"]
    assert got["Queue"] == queue, got
    assert got["Settings"]["Inputs"][0]["AudioSelectors"]["Audio Selector 1"]["DefaultSelection"] == "DEFAULT", got


@check("mediaconvert", "a job whose role may not read its input ends in ERROR")
def denied(cloud):
    client, s3, name = cloud.client("mediaconvert"), cloud.client("s3"), cloud.name("web")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="clip.webm", Body=b"no film")
    client.create_job_template(Name=name, Settings=SETTINGS)
    role = cloud.role([], service="mediaconvert.amazonaws.com")
    job = client.create_job(JobTemplate=name, Role=role, Settings={"Inputs": [{"FileInput": f"s3://{name}/clip.webm"}]})["Job"]
    cloud.until(lambda: client.get_job(Id=job["Id"])["Job"]["Status"] == "ERROR")
    assert client.get_job(Id=job["Id"])["Job"]["ErrorMessage"]


@check("mediaconvert", "a request token makes one job")
def token(cloud):
    client, name = cloud.client("mediaconvert"), cloud.name("web")
    client.create_job_template(Name=name, Settings=SETTINGS)
    request = {"JobTemplate": name, "Role": f"arn:aws:iam::{cloud.account}:role/none", "ClientRequestToken": name,
               "Settings": {"Inputs": [{"FileInput": "s3://none/clip.webm"}]}}
    assert client.create_job(**request)["Job"]["Id"] == client.create_job(**request)["Job"]["Id"]


def _clip():
    """One second of a moving picture with sound, as WebM."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/clip.webm"
        sources = ["-f", "lavfi", "-i", "testsrc=duration=1:size=160x120:rate=10", "-f", "lavfi", "-i", "sine=duration=1"]
        subprocess.run(["ffmpeg", "-v", "error", *sources, "-c:v", "libvpx", "-c:a", "libopus", path], check=True, stdin=subprocess.DEVNULL)
        return pathlib.Path(path).read_bytes()


if shutil.which("ffmpeg"):

    @check("mediaconvert", "a job makes another format of its input")
    def complete(cloud):
        client, s3, name = cloud.client("mediaconvert"), cloud.client("s3"), cloud.name("web")
        s3.create_bucket(Bucket=name)
        s3.put_object(Bucket=name, Key="in/clip.webm", Body=_clip())
        arn = f"arn:aws:s3:::{name}"
        rights = [allow("s3:GetObject", f"{arn}/in/*"), allow("s3:PutObject", f"{arn}/out/*")]
        role = cloud.role(rights, service="mediaconvert.amazonaws.com")
        video = {"CodecSettings": {"Codec": "H_264", "H264Settings": {"RateControlMode": "QVBR", "MaxBitrate": 1_000_000}}}
        audio = {"AudioSourceName": "Audio Selector 1", "CodecSettings": {"Codec": "AAC", "AacSettings": {"Bitrate": 96000, "CodingMode": "CODING_MODE_2_0", "SampleRate": 48000}}}
        output = {"ContainerSettings": {"Container": "MP4"}, "VideoDescription": video, "AudioDescriptions": [audio], "NameModifier": "-web"}
        group = {"OutputGroupSettings": {"Type": "FILE_GROUP_SETTINGS", "FileGroupSettings": {"Destination": f"s3://{name}/out/"}}, "Outputs": [output]}
        source = {"FileInput": f"s3://{name}/in/clip.webm", "AudioSelectors": {"Audio Selector 1": {"DefaultSelection": "DEFAULT"}}}
        job = client.create_job(Role=role, Settings={"Inputs": [source], "OutputGroups": [group]})["Job"]["Id"]
        cloud.until(lambda: client.get_job(Id=job)["Job"]["Status"] in ("COMPLETE", "ERROR"), seconds=120)
        ended = client.get_job(Id=job)["Job"]
        assert ended["Status"] == "COMPLETE", ended
        made = s3.get_object(Bucket=name, Key="out/clip-web.mp4")["Body"].read()
        assert made[4:8] == b"ftyp" and b"moov" in made, made[:32]
