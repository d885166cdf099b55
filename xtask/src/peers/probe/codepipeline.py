"""CodePipeline, CodeBuild and CodeConnections."""

from harness import check


def action(name, category, provider, configuration):
    return {"name": name, "configuration": configuration,
            "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"}}


@check("codepipeline", "a pipeline is kept with its stages and tells its state")
def pipeline(cloud):
    client, name = cloud.client("codepipeline"), cloud.name("pipeline")
    source = action("source", "Source", "S3", {"S3Bucket": "sources", "S3ObjectKey": "source.zip"})
    source["outputArtifacts"] = [{"name": "source"}]
    build = action("build", "Build", "CodeBuild", {"ProjectName": "build"})
    build["inputArtifacts"] = [{"name": "source"}]
    client.create_pipeline(pipeline={
        "name": name, "roleArn": f"arn:aws:iam::{cloud.account}:role/pipeline",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "stages": [{"name": "source", "actions": [source]}, {"name": "build", "actions": [build]}]})
    got = client.get_pipeline(name=name)["pipeline"]
    assert got["stages"][0]["actions"][0]["configuration"]["S3ObjectKey"] == "source.zip", got
    state = client.get_pipeline_state(name=name)
    assert [stage["stageName"] for stage in state["stageStates"]] == ["source", "build"], state


@check("codebuild", "a project is kept as it was made")
def project(cloud):
    client, name = cloud.client("codebuild"), cloud.name("build")
    client.create_project(
        name=name, source={"type": "NO_SOURCE", "buildspec": "version: 0.2"}, artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=f"arn:aws:iam::{cloud.account}:role/build")
    got = client.batch_get_projects(names=[name])["projects"][0]
    assert got["source"]["buildspec"] == "version: 0.2", got
    assert name in client.list_projects()["projects"]


@check("codeconnections", "a connection waits for somebody to complete it")
def connection(cloud):
    client = cloud.client("codeconnections")
    arn = client.create_connection(ConnectionName=cloud.name("c")[:32], ProviderType="GitHub")["ConnectionArn"]
    assert client.get_connection(ConnectionArn=arn)["Connection"]["ConnectionStatus"] == "PENDING"
