//! Versions, aliases, policies, concurrency, and the rest of what clients ask.

use std::collections::BTreeSet;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::types::{AliasRoutingConfiguration, RecursiveLoop};

use super::{cloud, create, invoke, python_is_missing, script};

fn says(word: &str) -> aws_sdk_lambda::primitives::Blob {
    script(&format!(
        "def handle(event, headers): return ['{word}', headers['Lambda-Runtime-Invoked-Function-Arn'].split(':function:')[1], \
         os.environ['AWS_LAMBDA_FUNCTION_VERSION'], os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']]\nrun(handle)"
    ))
}

async fn publish(client: &Client, name: &str) -> String {
    client.publish_version().function_name(name).send().await.unwrap().version().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_stay_and_aliases_move() {
    if python_is_missing() {
        return;
    }
    let (cloud, client) = cloud().await;
    create(&client, "app", says("one")).await;
    assert_eq!(publish(&client, "app").await, "1");
    assert_eq!(publish(&client, "app").await, "1", "nothing is new");
    client.update_function_code().function_name("app").zip_file(says("two")).send().await.unwrap();
    assert_eq!(publish(&client, "app").await, "2");
    client.create_alias().function_name("app").name("live").function_version("1").send().await.unwrap();
    for (name, expected) in [
        ("app", ["two", "app", "$LATEST", "on-demand"]),
        ("app:1", ["one", "app:1", "1", "on-demand"]),
        ("app:live", ["one", "app:live", "1", "on-demand"]),
    ] {
        assert_eq!(invoke(&client, name, "{}").await.payload, serde_json::json!(expected));
    }
    let version = client.delete_function().function_name("app").qualifier("1").send().await.unwrap_err();
    assert!(version.message().unwrap().contains("aliases reference it: [live]"), "{version:?}");
    let weights = AliasRoutingConfiguration::builder().additional_version_weights("2", 0.5).build();
    client.update_alias().function_name("app").name("live").routing_config(weights).send().await.unwrap();
    let mut words = BTreeSet::new();
    for _ in 0..64 {
        words.insert(invoke(&client, "app:live", "{}").await.payload[0].as_str().unwrap().to_owned());
    }
    assert_eq!(words.into_iter().collect::<Vec<_>>(), ["one", "two"], "both versions get calls");
    let all = AliasRoutingConfiguration::builder().build();
    let moved = client.update_alias().function_name("app").name("live").function_version("2").routing_config(all);
    moved.send().await.unwrap();
    assert_eq!(invoke(&client, "app:live", "{}").await.payload[0], "two");
    let listed = client.list_versions_by_function().function_name("app").max_items(2).send().await.unwrap();
    assert_eq!(listed.versions().len(), 2);
    let rest = client.list_versions_by_function().function_name("app").marker(listed.next_marker().unwrap());
    assert_eq!(rest.send().await.unwrap().versions()[0].version(), Some("2"));
    for (alias, version, code) in [
        ("live", "2", "ResourceConflictException"),
        ("new", "9", "ResourceNotFoundException"),
        ("7", "1", "ValidationException"),
    ] {
        let refused = client.create_alias().function_name("app").name(alias).function_version(version).send().await;
        assert_eq!(refused.unwrap_err().code(), Some(code), "{alias}");
    }
    let missing = client.invoke().function_name("app:gone").send().await.unwrap_err();
    assert_eq!(missing.message(), Some("Function not found: arn:aws:lambda:us-east-1:000000000000:function:app:gone"));
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_belong_to_a_qualifier() {
    if python_is_missing() {
        return;
    }
    let (cloud, client) = cloud().await;
    create(&client, "app", says("one")).await;
    publish(&client, "app").await;
    let add = |qualifier: Option<&str>, revision: Option<&str>| {
        client
            .add_permission()
            .function_name("app")
            .set_qualifier(qualifier.map(str::to_owned))
            .set_revision_id(revision.map(str::to_owned))
            .statement_id("s3")
            .action("lambda:InvokeFunction")
            .principal("s3.amazonaws.com")
            .send()
    };
    add(None, None).await.unwrap();
    add(Some("1"), None).await.unwrap();
    assert_eq!(add(None, None).await.unwrap_err().code(), Some("ResourceConflictException"));
    assert_eq!(add(Some("no"), None).await.unwrap_err().code(), Some("ResourceNotFoundException"));
    assert_eq!(add(Some("1"), Some("stale")).await.unwrap_err().code(), Some("PreconditionFailedException"));
    let policy = client.get_policy().function_name("app").qualifier("1").send().await.unwrap();
    assert!(policy.policy().unwrap().contains("function:app:1\""), "{policy:?}");
    let remove = client.remove_permission().function_name("app").statement_id("s3").qualifier("1");
    remove.revision_id(policy.revision_id().unwrap()).send().await.unwrap();
    let gone = client.get_policy().function_name("app").qualifier("1").send().await.unwrap_err();
    assert_eq!(gone.code(), Some("ResourceNotFoundException"));
    assert!(client.get_policy().function_name("app").send().await.is_ok());
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn provisioned_instances_are_there_before_a_call() {
    if python_is_missing() {
        return;
    }
    let (cloud, client) = cloud().await;
    create(&client, "app", says("one")).await;
    publish(&client, "app").await;
    let put = client.put_provisioned_concurrency_config().function_name("app").qualifier("1");
    put.provisioned_concurrent_executions(2).send().await.unwrap();
    let mut ready = 0;
    for _ in 0..200 {
        let told =
            client.get_provisioned_concurrency_config().function_name("app").qualifier("1").send().await.unwrap();
        ready = told.available_provisioned_concurrent_executions().unwrap();
        if ready == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(ready, 2);
    let answer = invoke(&client, "app:1", "{}").await;
    assert_eq!(answer.payload[3], "provisioned-concurrency");
    let latest = client.put_provisioned_concurrency_config().function_name("app").qualifier("$LATEST");
    let refused = latest.provisioned_concurrent_executions(1).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidParameterValueException"));
    let too_few = client.put_function_concurrency().function_name("app").reserved_concurrent_executions(1).send().await;
    assert_eq!(too_few.unwrap_err().code(), Some("InvalidParameterValueException"));
    client.delete_provisioned_concurrency_config().function_name("app").qualifier("1").send().await.unwrap();
    let none =
        client.get_provisioned_concurrency_config().function_name("app").qualifier("1").send().await.unwrap_err();
    assert_eq!(none.code(), Some("ProvisionedConcurrencyConfigNotFoundException"));
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_package_can_be_fetched_where_get_function_says() {
    if python_is_missing() {
        return;
    }
    let (cloud, client) = cloud().await;
    create(&client, "app", says("one")).await;
    let got = client.get_function().function_name("app").send().await.unwrap();
    let location = got.code().unwrap().location().unwrap().to_owned();
    let (head, body) = super::urls::get(&location, &[]).await;
    assert!(head.starts_with("HTTP/1.1 200") && body.starts_with(b"PK"), "{head}");
    let (head, _) = super::urls::get(&location.replace("signature=", "signature=00"), &[]).await;
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    let dry =
        client.update_function_code().function_name("app").zip_file(says("two")).dry_run(true).send().await.unwrap();
    assert_ne!(dry.code_sha256(), got.configuration().unwrap().code_sha256());
    assert_eq!(invoke(&client, "app", "{}").await.payload[0], "one", "a dry run changes nothing");
    let settings = client.get_account_settings().send().await.unwrap();
    assert_eq!(settings.account_usage().unwrap().function_count(), 1);
    client
        .put_function_recursion_config()
        .function_name("app")
        .recursive_loop(RecursiveLoop::Allow)
        .send()
        .await
        .unwrap();
    let told = client.get_function_recursion_config().function_name("app").send().await.unwrap();
    assert_eq!(told.recursive_loop(), Some(&RecursiveLoop::Allow));
    cloud.stop().await;
}
