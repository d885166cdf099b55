//! Least privilege, asked from inside: a function of each example makes every call that its project could know of. Those that
//! its links declare are allowed, all others are denied.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::stub::{Deployed, json_call};

/// A call and how the links of the test name it: `read bucket.videos/videos/a`.
struct Probe {
    name: String,
    call: Value,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn functions_of_attendance_reach_what_they_link_to() {
    let Some(deployed) = Deployed::start("attendance", &[]).await else { return };
    let videos = ["read bucket.videos/videos/a", "write bucket.videos/videos/a", "delete bucket.videos/videos/a"];
    let table = ["read", "write", "delete"].map(|verb| format!("{verb} table.submissions"));
    let mut actions: Vec<&str> = videos.to_vec();
    actions.extend(table.iter().map(String::as_str));
    // Whoever reads a table may query it.
    actions.extend(["query table.submissions", "query table.submissions/index/by-date", "read secret.shared"]);
    check(&deployed, "videos/a", &[("attendance", &actions), ("attendance-web", &["read secret.shared"])]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn functions_of_avatars_reach_what_they_link_to() {
    let Some(deployed) = Deployed::start("avatars", &[]).await else { return };
    let may = [
        "list bucket.uploads",
        "read bucket.uploads/a",
        "read bucket.uploads/avatars/a",
        "write bucket.assets/avatars/a",
        // An avatar is looked at before it is replaced, and one that is not there is told from one that is denied.
        "read bucket.assets/avatars/a",
        "list bucket.assets",
    ];
    check(&deployed, "avatars/a", &[("process-image", &may)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn functions_of_image_library_reach_what_they_link_to() {
    let Some(deployed) = Deployed::start("image-library", &[]).await else { return };
    // Whoever reads a table may query it and its indexes.
    let table = [
        "read table.images",
        "query table.images",
        "query table.images/index/by-file",
        "query table.images/index/by-key",
        "write table.images",
        "delete table.images",
    ];
    let delete = [&table[..], &["delete bucket.images/a", "delete bucket.images/images/a"]].concat();
    let insert = [&delete[..], &["write bucket.images/a", "write bucket.images/images/a"]].concat();
    // Of the incoming bucket single versions are read and deleted, and a version that is gone is told from one that is denied.
    let ingest = [&insert[..], &["list bucket.incoming"]].concat();
    check(&deployed, "images/a", &[("image-insert", &insert), ("image-delete", &delete), ("image-ingest", &ingest)])
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn functions_of_photo_catalog_reach_what_they_link_to() {
    if !database_server_is_there() {
        test_support::skipped("there is no mariadbd or mysqld for the database of photo-catalog");
        return;
    }
    let Some(deployed) = Deployed::start("photo-catalog", &[]).await else { return };
    let connect = "read secret.catalog-database";
    let thumbnail = [
        "list bucket.input",
        "read bucket.input/a",
        "read bucket.input/thumbnails/a",
        "write bucket.website/thumbnails/a",
        "list bucket.website",
        "read bucket.logs/a",
        "read bucket.logs/thumbnails/a",
        "write bucket.logs/a",
        "write bucket.logs/thumbnails/a",
        "list bucket.logs",
        // Where an event goes that was given up.
        "send queue.failed",
        connect,
    ];
    // The website is there for everybody.
    let public = ["read bucket.website/a", "read bucket.website/thumbnails/a"];
    let thumbnail = [&thumbnail[..], &public].concat();
    let database = [&[connect][..], &public].concat();
    let files = ["list bucket.migrations", "read bucket.migrations/a", "read bucket.migrations/thumbnails/a"];
    let migrate = [&database[..], &files].concat();
    check(
        &deployed,
        "thumbnails/a",
        &[("photo-thumbnail", &thumbnail), ("photo-query", &database), ("migrate", &migrate)],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn functions_of_video_responses_reach_what_they_link_to() {
    let Some(deployed) = Deployed::start("video-responses", &[]).await else { return };
    let api = [
        "write table.responses",
        "query table.responses",
        "query table.responses/index/by-mail",
        "write bucket.videos/a",
        "write bucket.videos/output/web/a",
    ];
    let transcode = ["query table.responses", "write table.responses", "transcode transcoder.web", "send queue.failed"];
    check(
        &deployed,
        "output/web/a",
        &[
            ("video-api", &api),
            ("basic-authorizer", &["read secret.credentials"]),
            ("transcode-video", &transcode),
            ("transcode-status", &["write table.responses", "send queue.failed"]),
        ],
    )
    .await;
}

/// Makes every call of the project from every function. `key` is the object that is asked for beside `a`.
async fn check(deployed: &Deployed, key: &str, links: &[(&str, &[&str])]) {
    let probes = probes(deployed, key).await;
    let names: BTreeSet<&str> = probes.iter().map(|probe| probe.name.as_str()).collect();
    let calls: Vec<Value> = probes.iter().map(|probe| probe.call.clone()).collect();
    let functions = deployed.resources("AWS::Lambda::Function").len();
    assert_eq!(functions, links.len(), "every function is asked");
    let mut surprises = Vec::new();
    for (function, may) in links {
        let unknown: Vec<_> = may.iter().filter(|name| !names.contains(*name)).collect();
        assert!(unknown.is_empty(), "no call is named {unknown:?}; there are {names:#?}");
        // What one function deletes, the next is to find again.
        for object in objects(deployed, key) {
            deployed.put(&object.0, &object.1).await;
        }
        for (probe, answer) in probes.iter().zip(deployed.calls(function, &calls).await) {
            let status = answer["status"].as_u64().unwrap();
            let text = answer["text"].as_str().unwrap();
            let denied = status == 403 || text.contains("AccessDenied");
            let expected = may.contains(&probe.name.as_str());
            let as_expected = if expected { (200..300).contains(&status) } else { denied };
            if !as_expected {
                let wanted = if expected { "allowed" } else { "denied" };
                surprises.push(format!("{function}: {} should be {wanted}, and got {status} {text}", probe.name));
            }
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    test_support::say(&format!("{} calls from each of {functions} functions", probes.len()));
}

/// Construct and key of every object that is asked for.
fn objects(deployed: &Deployed, key: &str) -> Vec<(String, String)> {
    let buckets = named(deployed, "AWS::S3::Bucket", "BucketName");
    let buckets = buckets.iter().map(|name| name.strip_suffix(&format!("-{}", deployed.place())).unwrap());
    buckets.flat_map(|bucket| ["a", key].map(|key| (bucket.to_owned(), key.to_owned()))).collect()
}

async fn probes(deployed: &Deployed, key: &str) -> Vec<Probe> {
    let mut probes = Vec::new();
    let mut add = |name: String, call: Value| probes.push(Probe { name, call });
    let arn = |service: &str, name: &str| format!("arn:aws:{service}:{}:000000000000:{name}", deployed.region);

    for (bucket, key) in objects(deployed, key) {
        let url = format!("/{}/{key}", deployed.bucket(&bucket));
        let s3 = |method: &str, body: &str| json!({ "service": "s3", "method": method, "url": url, "body": body });
        add(format!("read bucket.{bucket}/{key}"), s3("GET", ""));
        add(format!("write bucket.{bucket}/{key}"), s3("PUT", "content"));
        add(format!("delete bucket.{bucket}/{key}"), s3("DELETE", ""));
        if key == "a" {
            let url = format!("/{}?list-type=2", deployed.bucket(&bucket));
            add(format!("list bucket.{bucket}"), json!({ "service": "s3", "method": "GET", "url": url }));
        }
    }
    for (_, table) in deployed.resources("AWS::DynamoDB::Table") {
        table_probes(deployed, &table["Properties"], &mut add);
    }
    for name in named(deployed, "AWS::SecretsManager::Secret", "Name") {
        let id = json!({ "SecretId": format!("{}-{name}", deployed.stack) });
        let secret = |verb: &str| json_call("secretsmanager", &format!("secretsmanager.{verb}SecretValue"), &id);
        add(format!("read secret.{name}"), secret("Get"));
    }
    for name in named(deployed, "AWS::SQS::Queue", "QueueName") {
        let url = format!("http://sqs/000000000000/{}-{name}", deployed.stack);
        let send = json_call("sqs", "AmazonSQS.SendMessage", &json!({ "QueueUrl": url, "MessageBody": "probe" }));
        add(format!("send queue.{name}"), send);
        let purge = json_call("sqs", "AmazonSQS.PurgeQueue", &json!({ "QueueUrl": url }));
        add(format!("purge queue.{name}"), purge);
    }
    for name in named(deployed, "AWS::SNS::Topic", "TopicName") {
        let body = format!(
            "Action=Publish&Version=2010-03-31&Message=probe&TopicArn={}",
            arn("sns", &format!("{}-{name}", deployed.stack))
        );
        let headers = json!({ "content-type": "application/x-www-form-urlencoded" });
        let call = json!({ "service": "sns", "method": "POST", "url": "/", "headers": headers, "body": body });
        add(format!("publish topic.{name}"), call);
    }
    for name in named(deployed, "AWS::Lambda::Function", "FunctionName") {
        let url = format!("/2015-03-31/functions/{}-{name}/invocations", deployed.stack);
        add(
            format!("invoke function.{name}"),
            json!({ "service": "lambda", "method": "POST", "url": url, "body": "{\"calls\":[]}" }),
        );
    }
    if let [(_, queue)] = deployed.resources("AWS::MediaConvert::Queue")[..] {
        let ids = deployed.physical_ids().await;
        let template = deployed.resources("AWS::MediaConvert::JobTemplate")[0].1["Properties"]["Name"].clone();
        let input = format!("s3://{}/a", deployed.bucket("videos"));
        let job = json!({
            "queue": arn("mediaconvert", &format!("queues/{}", queue["Properties"]["Name"].as_str().unwrap())),
            "jobTemplate": template,
            "role": format!("arn:aws:iam::000000000000:role/{}", ids["WebTranscoderRole"]),
            "settings": { "inputs": [{ "fileInput": input }] },
        });
        let headers = json!({ "content-type": "application/json" });
        let call = json!({
            "service": "mediaconvert", "method": "POST", "url": "/2017-08-29/jobs", "headers": headers, "body": job.to_string(),
        });
        add("transcode transcoder.web".to_owned(), call);
    }
    // What no project may do for its functions.
    let body = "Action=CreateUser&Version=2010-05-08&UserName=intruder";
    let headers = json!({ "content-type": "application/x-www-form-urlencoded" });
    add(
        "create a user".to_owned(),
        json!({ "service": "iam", "method": "POST", "url": "/", "headers": headers, "body": body }),
    );
    probes
}

fn table_probes(deployed: &Deployed, table: &Value, add: &mut impl FnMut(String, Value)) {
    let physical = table["TableName"].as_str().unwrap();
    let name = physical.strip_prefix(&format!("{}-", deployed.stack)).unwrap();
    let kind = |attribute: &Value| {
        let definitions = table["AttributeDefinitions"].as_array().unwrap();
        let definition = definitions.iter().find(|definition| definition["AttributeName"] == *attribute).unwrap();
        definition["AttributeType"].as_str().unwrap().to_owned()
    };
    let value = |element: &Value| json!({ kind(&element["AttributeName"]): "1" });
    let schema = table["KeySchema"].as_array().unwrap();
    let key: serde_json::Map<_, _> =
        schema.iter().map(|part| (part["AttributeName"].as_str().unwrap().to_owned(), value(part))).collect();
    let call = |operation: &str, body: &Value| {
        let mut body = body.clone();
        body["TableName"] = json!(physical);
        json_call("dynamodb", &format!("DynamoDB_20120810.{operation}"), &body)
    };
    add(format!("read table.{name}"), call("GetItem", &json!({ "Key": key })));
    add(format!("write table.{name}"), call("PutItem", &json!({ "Item": key })));
    add(format!("delete table.{name}"), call("DeleteItem", &json!({ "Key": key })));
    add(format!("scan table.{name}"), call("Scan", &json!({})));
    let query = |schema: &Value, index: Option<&str>| {
        let mut body = json!({
            "KeyConditionExpression": "#h = :h",
            "ExpressionAttributeNames": { "#h": schema[0]["AttributeName"] },
            "ExpressionAttributeValues": { ":h": value(&schema[0]) },
        });
        if let Some(index) = index {
            body["IndexName"] = json!(index);
        }
        call("Query", &body)
    };
    add(format!("query table.{name}"), query(&table["KeySchema"], None));
    for index in table["GlobalSecondaryIndexes"].as_array().into_iter().flatten() {
        let index_name = index["IndexName"].as_str().unwrap();
        add(format!("query table.{name}/index/{index_name}"), query(&index["KeySchema"], Some(index_name)));
    }
}

/// Names of the resources of a type, without the stack's own name in front.
fn named(deployed: &Deployed, kind: &str, property: &str) -> Vec<String> {
    let prefix = format!("{}-", deployed.stack);
    let names = deployed.resources(kind).into_iter().map(|(id, resource)| {
        let name = resource["Properties"][property].as_str().unwrap_or_else(|| panic!("{id} has no {property}"));
        name.strip_prefix(&prefix).unwrap_or_else(|| panic!("{name} of {id}")).to_owned()
    });
    names.collect()
}

/// A server that can be the database of `photo-catalog`.
pub(crate) fn database_server_is_there() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<_> = std::env::split_paths(&path).collect();
    directories.push("/usr/sbin".into());
    directories.iter().any(|directory| ["mariadbd", "mysqld"].iter().any(|name| directory.join(name).is_file()))
}
