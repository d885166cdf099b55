"""MediaConvert: jobs with their role."""

from harness import check

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
