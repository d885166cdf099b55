//! Projects, pipelines and connections through their providers and the APIs.

use std::sync::Arc;

use serde_json::{Value, json};

use super::resources::{connection, pipeline, project};
use crate::cloud::Cloud;
use crate::testing::{cloud, context, drifted, read, request};

async fn call(cloud: &Arc<Cloud>, target: &str, input: Value) -> (u16, Value) {
    let request = request("code", "POST", "/", &[("x-amz-target", target)], &input.to_string());
    let response = match target.split('_').next().unwrap() {
        "CodeBuild" => super::build::handle(cloud, request).await,
        "CodePipeline" => super::pipeline::handle(cloud, request).await,
        _ => super::connections::handle(cloud, request).await,
    };
    let (status, body) = read(response).await;
    (status, serde_json::from_str(&body).unwrap())
}

fn project_of_construct() -> Value {
    json!({
        "Name": "web-build", "ServiceRole": "arn:aws:iam::000000000000:role/build",
        "Source": {"Type": "CODEPIPELINE", "BuildSpec": "buildspec.yml"}, "Artifacts": {"Type": "CODEPIPELINE"},
        "Environment": {"Type": "LINUX_CONTAINER", "ComputeType": "BUILD_GENERAL1_SMALL", "Image": "aws/codebuild/standard:7.0",
            "PrivilegedMode": true, "EnvironmentVariables": [{"Name": "REPOSITORY", "Type": "PLAINTEXT", "Value": "uri"}]},
        "TimeoutInMinutes": 30,
    })
}

fn pipeline_of_construct(connection: &str) -> Value {
    let action = |name: &str, category: &str, provider: &str, configuration: Value| json!({"Name": name, "ActionTypeId": {"Category": category, "Owner": "AWS", "Provider": provider, "Version": "1"}, "Configuration": configuration});
    let source = action(
        "source",
        "Source",
        "CodeStarSourceConnection",
        json!({"ConnectionArn": connection, "FullRepositoryId": "o/r", "BranchName": "main"}),
    );
    let build = action("build", "Build", "CodeBuild", json!({"ProjectName": "web-build"}));
    json!({
        "Name": "web", "PipelineType": "V2", "ExecutionMode": "QUEUED", "RoleArn": "arn:aws:iam::000000000000:role/pipeline",
        "ArtifactStore": {"Type": "S3", "Location": "artifacts"},
        "Stages": [{"Name": "source", "Actions": [source]}, {"Name": "build", "Actions": [build]}],
    })
}

#[tokio::test]
async fn a_pipeline_is_recorded_with_its_parts() {
    let cloud = cloud();
    let context = context(&cloud);
    let declared = json!({"ConnectionName": "github", "ProviderType": "GitHub"});
    let link = connection::create(&context, &declared).await.unwrap();
    assert_eq!(link.attributes["ConnectionStatus"], "PENDING");
    assert_eq!(
        drifted(&declared, &connection::read(&context, &link.physical_id, &declared).await.unwrap()),
        Vec::<String>::new()
    );
    let (_, got) =
        call(&cloud, "CodeConnections_20231201.GetConnection", json!({"ConnectionArn": link.physical_id})).await;
    assert_eq!(got["Connection"]["ConnectionStatus"], "PENDING");

    let declared = project_of_construct();
    let made = project::create(&context, &declared).await.unwrap();
    assert_eq!(made.physical_id, "web-build");
    assert_eq!(
        drifted(&declared, &project::read(&context, "web-build", &declared).await.unwrap()),
        Vec::<String>::new()
    );
    let (_, got) = call(&cloud, "CodeBuild_20161006.BatchGetProjects", json!({"names": ["web-build", "none"]})).await;
    assert_eq!(got["projects"][0]["source"], json!({"type": "CODEPIPELINE", "buildspec": "buildspec.yml"}));
    assert_eq!(got["projectsNotFound"], json!(["none"]));
    let (status, refused) = call(&cloud, "CodeBuild_20161006.StartBuild", json!({"projectName": "web-build"})).await;
    assert_eq!(status, 400);
    assert!(refused["message"].as_str().unwrap().contains("does not run builds"), "{refused}");
    let update = json!({"name": "web-build", "source": {"type": "CODEPIPELINE", "buildspec": "other.yml"}});
    assert_eq!(call(&cloud, "CodeBuild_20161006.UpdateProject", update).await.0, 200);
    assert_eq!(drifted(&declared, &project::read(&context, "web-build", &declared).await.unwrap()), ["Source"]);

    let declared = pipeline_of_construct(&link.physical_id);
    pipeline::create(&context, &declared).await.unwrap();
    assert_eq!(pipeline::create(&context, &declared).await.unwrap_err().code, "AlreadyExists");
    assert_eq!(drifted(&declared, &pipeline::read(&context, "web", &declared).await.unwrap()), Vec::<String>::new());
    let (_, got) = call(&cloud, "CodePipeline_20150709.GetPipeline", json!({"name": "web"})).await;
    let configuration = &got["pipeline"]["stages"][0]["actions"][0]["configuration"];
    assert_eq!(configuration["FullRepositoryId"], "o/r", "{got}");
    let (_, state) = call(&cloud, "CodePipeline_20150709.GetPipelineState", json!({"name": "web"})).await;
    assert_eq!(state["stageStates"][1]["stageName"], "build");
    assert_eq!(call(&cloud, "CodePipeline_20150709.StartPipelineExecution", json!({"name": "web"})).await.0, 400);
    // What the API reads it writes back.
    let update = json!({"pipeline": got["pipeline"]});
    assert_eq!(call(&cloud, "CodePipeline_20150709.UpdatePipeline", update).await.1["pipeline"]["version"], 2);
    assert_eq!(drifted(&declared, &pipeline::read(&context, "web", &declared).await.unwrap()), Vec::<String>::new());
    pipeline::delete(&context, "web", &declared).await.unwrap();
    assert_eq!(
        call(&cloud, "CodePipeline_20150709.GetPipeline", json!({"name": "web"})).await.1["__type"],
        "PipelineNotFoundException"
    );
}

#[tokio::test]
async fn what_is_no_pipeline_is_refused() {
    let cloud = cloud();
    let context = context(&cloud);
    let whole = pipeline_of_construct("arn");
    let mut short = whole.clone();
    short["Stages"].as_array_mut().unwrap().pop();
    let mut backward = whole.clone();
    backward["Stages"].as_array_mut().unwrap().reverse();
    let mut twice = whole.clone();
    twice["Stages"][1]["Name"] = json!("source");
    for (wrong, expected) in
        [(short, "fewer than 2 stages"), (backward, "source actions only"), (twice, "must be unique")]
    {
        let refused = pipeline::create(&context, &wrong).await.unwrap_err();
        assert!(refused.message.contains(expected), "{refused:?}");
    }
    let foreign = json!({"ConnectionName": "c", "ProviderType": "SourceForge"});
    assert!(connection::create(&context, &foreign).await.unwrap_err().message.contains("no provider"));
}
