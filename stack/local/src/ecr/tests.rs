//! Repositories through their provider and the API.

use std::sync::Arc;

use serde_json::{Value, json};

use super::resources::{create_repository, delete_repository, read_repository, update_repository};
use crate::cloud::Cloud;
use crate::cloudformation::provider::{Live, Update};
use crate::testing::{REGION, cloud, context, drifted, read, request};

async fn call(cloud: &Arc<Cloud>, operation: &str, input: Value) -> (u16, Value) {
    let target = format!("AmazonEC2ContainerRegistry_V20150921.{operation}");
    let request = request("ecr", "POST", "/", &[("x-amz-target", &target)], &input.to_string());
    let (status, body) = read(super::api::handle(cloud, request).await).await;
    (status, serde_json::from_str(&body).unwrap())
}

/// What the construct's template renders.
fn declared() -> Value {
    let lifecycle = json!({"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10}, "action": {"type": "expire"}}]});
    json!({
        "RepositoryName": "attendance-web", "ImageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "ImageTagMutabilityExclusionFilters": [{"ImageTagMutabilityExclusionFilterType": "WILDCARD", "ImageTagMutabilityExclusionFilterValue": "latest"}],
        "ImageScanningConfiguration": {"ScanOnPush": true}, "EncryptionConfiguration": {"EncryptionType": "AES256"},
        "LifecyclePolicy": {"LifecyclePolicyText": lifecycle.to_string()},
    })
}

#[tokio::test]
async fn a_repository_follows_its_template_and_the_api() {
    let cloud = cloud();
    let context = context(&cloud);
    let before = declared();
    let made = create_repository(&context, &before).await.unwrap();
    assert_eq!(made.attributes["RepositoryUri"], format!("000000000000.dkr.ecr.{REGION}.amazonaws.com/attendance-web"));
    assert_eq!(create_repository(&context, &before).await.unwrap_err().code, "AlreadyExists");
    let live = || read_repository(&context, "attendance-web", &before);
    assert_eq!(drifted(&before, &live().await.unwrap()), Vec::<String>::new());
    let (_, described) = call(&cloud, "DescribeRepositories", json!({"repositoryNames": ["attendance-web"]})).await;
    assert_eq!(described["repositories"][0]["imageTagMutabilityExclusionFilters"][0]["filter"], "latest");
    assert_eq!(described["repositories"][0]["imageScanningConfiguration"]["scanOnPush"], true);
    call(
        &cloud,
        "PutImageScanningConfiguration",
        json!({"repositoryName": "attendance-web", "imageScanningConfiguration": {"scanOnPush": false}}),
    )
    .await;
    call(&cloud, "DeleteLifecyclePolicy", json!({"repositoryName": "attendance-web"})).await;
    assert_eq!(drifted(&before, &live().await.unwrap()), ["ImageScanningConfiguration", "LifecyclePolicy"]);
    assert_eq!(
        call(&cloud, "GetLifecyclePolicy", json!({"repositoryName": "attendance-web"})).await.1["__type"],
        "LifecyclePolicyNotFoundException"
    );
    assert!(matches!(
        update_repository(&context, "attendance-web", &before, &before).await.unwrap(),
        Update::InPlace(_)
    ));
    assert_eq!(drifted(&before, &live().await.unwrap()), Vec::<String>::new());
    delete_repository(&context, "attendance-web", &before).await.unwrap();
    assert_eq!(live().await.unwrap(), Live::Gone);
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_images_are_none() {
    let cloud = cloud();
    for name in ["A", "a", "-web", "web/", "we b"] {
        assert_eq!(
            call(&cloud, "CreateRepository", json!({"repositoryName": name})).await.1["__type"],
            "InvalidParameterException",
            "{name}"
        );
    }
    assert_eq!(call(&cloud, "CreateRepository", json!({"repositoryName": "team/web"})).await.0, 200);
    let (_, refused) = call(
        &cloud,
        "PutLifecyclePolicy",
        json!({"repositoryName": "team/web", "lifecyclePolicyText": "{\"rules\": []}"}),
    )
    .await;
    assert_eq!(refused["__type"], "InvalidParameterException");
    assert!(
        call(&cloud, "InitiateLayerUpload", json!({"repositoryName": "team/web"})).await.1["message"]
            .as_str()
            .unwrap()
            .contains("keeps no images")
    );
    assert_eq!(
        call(&cloud, "ListImages", json!({"repositoryName": "none"})).await.1["__type"],
        "RepositoryNotFoundException"
    );
}
