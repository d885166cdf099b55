//! Services of Express Mode through their provider and the API.

use std::sync::Arc;

use serde_json::{Value, json};

use super::resources::{cluster, express};
use crate::cloud::Cloud;
use crate::cloudformation::provider::Live;
use crate::testing::{cloud, context, drifted, read, request};

async fn call(cloud: &Arc<Cloud>, operation: &str, input: Value) -> (u16, Value) {
    let target = format!("AmazonEC2ContainerServiceV20141113.{operation}");
    let request = request("ecs", "POST", "/", &[("x-amz-target", &target)], &input.to_string());
    let (status, body) = read(super::api::handle(cloud, request).await).await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn a_service_is_recorded_and_says_that_it_does_not_run() {
    let cloud = cloud();
    let context = context(&cloud);
    let declared = json!({
        "ServiceName": "web", "ExecutionRoleArn": "arn:aws:iam::000000000000:role/e", "InfrastructureRoleArn": "arn:aws:iam::000000000000:role/i",
        "Cpu": "256", "Memory": "512", "HealthCheckPath": "/upload", "PrimaryContainer": {"Image": "web:1", "ContainerPort": 8000},
        "ScalingTarget": {"MinTaskCount": 1, "MaxTaskCount": 2, "AutoScalingMetric": "AVERAGE_CPU", "AutoScalingTargetValue": 60},
    });
    let made = express::create(&context, &declared).await.unwrap();
    assert!(made.attributes["Endpoint"].as_str().unwrap().starts_with("https://"), "{made:?}");
    assert_eq!(express::create(&context, &declared).await.unwrap_err().code, "AlreadyExists");
    let live = || express::read(&context, &made.physical_id, &declared);
    assert_eq!(drifted(&declared, &live().await.unwrap()), Vec::<String>::new());
    let arn = json!({"serviceArn": made.physical_id});
    let (_, described) = call(&cloud, "DescribeExpressGatewayService", arn.clone()).await;
    assert!(described["service"]["status"]["statusReason"].as_str().unwrap().contains("no containers"), "{described}");
    assert_eq!(described["service"]["activeConfigurations"][0]["primaryContainer"]["containerPort"], 8000);
    call(&cloud, "UpdateExpressGatewayService", json!({"serviceArn": made.physical_id, "cpu": "1024"})).await;
    assert_eq!(drifted(&declared, &live().await.unwrap()), ["Cpu"]);
    express::delete(&context, &made.physical_id, &declared).await.unwrap();
    assert_eq!(live().await.unwrap(), Live::Gone);
    assert_eq!(call(&cloud, "DescribeExpressGatewayService", arn).await.1["__type"], "ServiceNotFoundException");
    assert!(call(&cloud, "RunTask", json!({})).await.1["message"].as_str().unwrap().contains("runs no containers"));
}

#[tokio::test]
async fn a_cluster_with_services_stays() {
    let cloud = cloud();
    let context = context(&cloud);
    let made = cluster::create(&context, &json!({"ClusterName": "c"})).await.unwrap();
    let declared = json!({"Cluster": made.physical_id, "ExecutionRoleArn": "e", "InfrastructureRoleArn": "i", "PrimaryContainer": {"Image": "web:1"}});
    let service = express::create(&context, &declared).await.unwrap().physical_id;
    assert!(cluster::delete(&context, "c", &json!({})).await.unwrap_err().message.contains("Services are active"));
    express::delete(&context, &service, &declared).await.unwrap();
    cluster::delete(&context, "c", &json!({})).await.unwrap();
    let mut lost = declared.clone();
    lost["Cluster"] = json!("gone");
    assert_eq!(express::create(&context, &lost).await.unwrap_err().code, "NotFound");
}
