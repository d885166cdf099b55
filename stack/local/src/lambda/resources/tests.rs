//! The providers as the engine calls them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::cloud::Cloud;
use crate::cloudformation::provider::Live;
use crate::settings::Settings;

fn context() -> ResourceContext {
    let cloud = Arc::new(Cloud::open(&Settings::default(), "http://127.0.0.1:4566".to_owned()).unwrap());
    ResourceContext {
        account: cloud.account.clone(),
        region: cloud.region.clone(),
        stack_name: "s".to_owned(),
        logical_id: "Thing".to_owned(),
        tags: std::collections::BTreeMap::from([("stack".to_owned(), "s".to_owned())]),
        cloud,
    }
}

fn function() -> Value {
    json!({
        "FunctionName": "f",
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Code": {"ZipFile": "def handler(event, context): return 1"},
        "Timeout": 5,
        "Tags": [{"Key": "own", "Value": "yes"}],
    })
}

/// Makes the function, or says that the machine has no Python.
async fn made(context: &ResourceContext) -> bool {
    match create_function(context, &function()).await {
        Ok(made) => {
            assert_eq!(made.attributes["Arn"], "arn:aws:lambda:us-east-1:000000000000:function:f");
            true
        }
        Err(error) => {
            assert!(error.message.contains("install it"), "{}", error.message);
            false
        }
    }
}

fn properties(live: Live) -> Value {
    match live {
        Live::Properties(properties) => properties,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn inline_code_becomes_a_package_and_drift_is_seen() {
    let context = context();
    if !made(&context).await {
        return;
    }
    let live = properties(read_function(&context, "f", &function()).await.unwrap());
    assert_eq!((&live["Timeout"], &live["Tags"]), (&json!(5), &json!([{"Key": "own", "Value": "yes"}])));
    let lambda = &context.cloud.lambda;
    lambda.update_configuration(&context.cloud, "f", &json!({"Timeout": 6})).await.unwrap();
    let live = properties(read_function(&context, "f", &function()).await.unwrap());
    assert_eq!(live["Timeout"], 6);

    let code = |context: &ResourceContext| context.cloud.lambda.configuration("f", None).unwrap().code;
    let before = code(&context);
    let mut changed = function();
    changed["Code"]["ZipFile"] = json!("def handler(event, context): return 2");
    update_function(&context, "f", &function(), &changed).await.unwrap();
    assert_ne!(code(&context), before);
    assert_eq!(properties(read_function(&context, "f", &changed).await.unwrap())["Timeout"], 5);
    delete_function(&context, "f", &changed).await.unwrap();
    assert_eq!(read_function(&context, "f", &changed).await.unwrap(), Live::Gone);
}

#[tokio::test]
async fn inline_code_of_a_custom_runtime_is_refused() {
    let mut wrong = function();
    wrong["Runtime"] = json!("provided.al2023");
    let refusal = create_function(&context(), &wrong).await.unwrap_err();
    assert!(refusal.message.starts_with("ZipFile can only be used"), "{}", refusal.message);
}

#[tokio::test]
async fn versions_and_aliases_are_made_moved_and_read() {
    let context = context();
    if !made(&context).await {
        return;
    }
    let version = json!({"FunctionName": "f", "Description": "first"});
    let one = create_version(&context, &version).await.unwrap();
    assert_eq!(one.physical_id, "arn:aws:lambda:us-east-1:000000000000:function:f:1");
    assert_eq!(one.attributes["Version"], "1");
    let again = create_version(&context, &version).await.unwrap_err();
    assert!(again.message.contains("exists ( 1 )"), "{}", again.message);
    assert_eq!(
        properties(read_version(&context, &one.physical_id, &version).await.unwrap()),
        json!({"FunctionName": "f", "Description": "first"})
    );
    let lambda = &context.cloud.lambda;
    lambda.update_configuration(&context.cloud, "f", &json!({"Timeout": 9})).await.unwrap();
    let two = create_version(&context, &version).await.unwrap();

    let alias = json!({"FunctionName": one.physical_id.trim_end_matches(":1"), "Name": "live", "FunctionVersion": "1"});
    let made = create_alias(&context, &alias).await.unwrap();
    assert_eq!(made.physical_id, "arn:aws:lambda:us-east-1:000000000000:function:f:live");
    let mut divided = alias.clone();
    divided["RoutingConfig"] = json!({"AdditionalVersionWeights": [{"FunctionVersion": "2", "FunctionWeight": 0.5}]});
    update_alias(&context, &made.physical_id, &alias, &divided).await.unwrap();
    let live = properties(read_alias(&context, &made.physical_id, &divided).await.unwrap());
    assert_eq!(live["RoutingConfig"], divided["RoutingConfig"]);
    assert!(delete_version(&context, &two.physical_id, &version).await.is_err(), "the alias needs it");
    update_alias(&context, &made.physical_id, &divided, &alias).await.unwrap();
    delete_version(&context, &two.physical_id, &version).await.unwrap();
    assert_eq!(read_version(&context, &two.physical_id, &version).await.unwrap(), Live::Gone);
    delete_alias(&context, &made.physical_id, &alias).await.unwrap();
    assert_eq!(read_alias(&context, &made.physical_id, &alias).await.unwrap(), Live::Gone);
}

#[tokio::test]
async fn an_address_and_its_permissions_are_made_changed_and_read() {
    let context = context();
    if !made(&context).await {
        return;
    }
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
    let url = json!({"TargetFunctionArn": arn, "AuthType": "NONE", "Cors": {"AllowOrigins": ["*"], "MaxAge": "5"}});
    let made = create_url(&context, &url).await.unwrap();
    assert_eq!(made.physical_id, arn);
    let address = made.attributes["FunctionUrl"].as_str().unwrap();
    assert!(address.ends_with(".lambda-url.us-east-1.localhost:4566/"), "{address}");
    let live = properties(read_url(&context, arn, &url).await.unwrap());
    assert_eq!((&live["Cors"]["MaxAge"], &live["InvokeMode"]), (&json!(5), &json!("BUFFERED")));
    let closed = json!({"TargetFunctionArn": arn, "AuthType": "AWS_IAM"});
    let Update::InPlace(changed) = update_url(&context, arn, &url, &closed).await.unwrap() else { panic!() };
    assert_eq!(changed.attributes["FunctionUrl"], *address, "the address stays");
    assert_eq!(properties(read_url(&context, arn, &closed).await.unwrap()).get("Cors"), None);

    let permission = json!({"FunctionName": arn, "Action": "lambda:InvokeFunction", "Principal": "*", "InvokedViaFunctionUrl": true});
    let id = create_permission(&context, &permission).await.unwrap().physical_id;
    assert_eq!(properties(read_permission(&context, &id, &permission).await.unwrap()), permission);
    delete_permission(&context, &id, &permission).await.unwrap();
    assert_eq!(read_permission(&context, &id, &permission).await.unwrap(), Live::Gone);
    delete_url(&context, arn, &closed).await.unwrap();
    assert_eq!(read_url(&context, arn, &closed).await.unwrap(), Live::Gone);
}

#[tokio::test]
async fn layers_are_published_used_and_shared() {
    let context = context();
    let zip = inline_zip(Runtime::Python, "WORD = 1").unwrap().unwrap();
    let layer = json!({"LayerName": "words", "Content": {"ZipFile": STANDARD.encode(zip)}, "CompatibleRuntimes": ["python3.12"]});
    let made = create_layer_version(&context, &layer).await.unwrap();
    assert_eq!(made.physical_id, "arn:aws:lambda:us-east-1:000000000000:layer:words:1");
    let live = properties(read_layer_version(&context, &made.physical_id, &layer).await.unwrap());
    assert_eq!(live["CompatibleRuntimes"], layer["CompatibleRuntimes"]);
    let uses = context.cloud.lambda.layer_uses(&json!({"Layers": [made.physical_id]})).unwrap().unwrap();
    assert_eq!(uses[0].arn, made.physical_id);
    for (layers, part) in [
        (json!(["arn:aws:lambda:us-east-1:000000000000:layer:words:9"]), "does not exist"),
        (json!([made.physical_id, made.physical_id]), "Two different versions of the same layer"),
        (json!(["words"]), "Value '[words]' at 'layers'"),
        (json!(vec!["x"; 6]), "more than 5 layers"),
    ] {
        let refusal = context.cloud.lambda.layer_uses(&json!({ "Layers": layers })).unwrap_err();
        assert!(refusal.message.contains(part), "{}", refusal.message);
    }
    let permission = json!({"LayerVersionArn": made.physical_id, "Action": "lambda:GetLayerVersion", "Principal": "*"});
    let shared = create_layer_permission(&context, &permission).await.unwrap().physical_id;
    delete_layer_permission(&context, &shared, &permission).await.unwrap();
    assert_eq!(read_layer_permission(&context, &shared, &permission).await.unwrap(), Live::Gone);
    delete_layer_version(&context, &made.physical_id, &layer).await.unwrap();
    assert_eq!(read_layer_version(&context, &made.physical_id, &layer).await.unwrap(), Live::Gone);
}
