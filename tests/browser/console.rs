//! The console page over things that clients of AWS made: architecture with live states, tables, queues, requests, links.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use test_support::webdriver::Browser;
use test_support::{Run, RunningCloud, TestProject, eventually, http, tools};

use crate::{STACK, shows};

/// Special keys as the protocol writes them.
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// The boxes of the drawing by name: state in words, and where it leads.
const NODES: &str = "return Object.fromEntries([...document.querySelectorAll('a.node')].map((node) => \
                     [node.dataset.node, [node.querySelector('.state').textContent, node.getAttribute('href')]]))";

/// Resources that wait for a signal, so that every state stays for as long as somebody looks. `ORIGIN` is the cloud's address.
const TEMPLATE: &str = r#"
Resources:
  Handle: { Type: "AWS::CloudFormation::WaitConditionHandle" }
  Gate: { Type: "AWS::CloudFormation::WaitCondition", Properties: { Handle: !Ref Handle, Timeout: "600" } }
  Failed: { Type: "AWS::SQS::Queue", Properties: { QueueName: console-failed } }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: console-jobs
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Failed.Arn, maxReceiveCount: 3 }
  Pictures:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: console-pictures
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }, { AttributeName: owner, AttributeType: S }]
      GlobalSecondaryIndexes:
      - IndexName: by-owner
        KeySchema: [{ AttributeName: owner, KeyType: HASH }]
        Projection: { ProjectionType: ALL }
  Site:
    Type: AWS::S3::Bucket
    DependsOn: Gate
    Properties:
      BucketName: console-site
      WebsiteConfiguration: { IndexDocument: index.html }
      PublicAccessBlockConfiguration: { BlockPublicPolicy: false, RestrictPublicBuckets: false }
  SitePolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Site
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: !Sub "${Site.Arn}/*" }]
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: console-api, ProtocolType: HTTP, Target: "ORIGIN/_stack/s3-website/console-site/" }
  Users: { Type: "AWS::Cognito::UserPool", Properties: { UserPoolName: console-users } }
  App:
    Type: AWS::Cognito::UserPoolClient
    Properties: { UserPoolId: !Ref Users, ClientName: console-app, CallbackURLs: ["http://localhost:8080/"] }
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_architecture_is_drawn_with_the_states_that_it_is_in() {
    let Some((chromium, driver)) = tools::browser() else { return };
    let project = TestProject::empty(STACK);
    let cloud = RunningCloud::start(&project);
    create(&cloud).await;
    let browser = Browser::start(&chromium, &driver).await;
    browser.open(&format!("{}/#/stacks/console", cloud.url())).await;

    // Made, being made, and not begun: in words, and without a reload.
    state(&browser, "Pictures", "create complete").await;
    state(&browser, "Jobs", "create complete").await;
    state(&browser, "Gate", "create in progress").await;
    state(&browser, "Site", "waiting").await;
    let nodes = browser.run(NODES).await;
    assert_eq!(nodes["Pictures"][1], "#/tables/console-pictures");
    assert_eq!(nodes["Jobs"][1], "#/queues/console-jobs");
    assert_eq!(nodes["Site"][1], "#/resources/console/Site", "there is no bucket yet");
    // What belongs to another thing has no box of its own.
    assert_eq!((&nodes["SitePolicy"], &nodes["App"]), (&Value::Null, &Value::Null));
    let label = "return document.querySelector('[data-node=Jobs]').getAttribute('aria-label')";
    assert_eq!(browser.run(label).await, "SQS Queue Jobs: create complete. Links: on failure → Failed");
    // The table says the same.
    let rows = "return [...document.querySelectorAll('tr')].map((row) => row.innerText.replaceAll(/\\s+/g, ' '))";
    let rows = browser.run(rows).await;
    for (start, parts) in [
        ("Jobs ", ["console-jobs", "create complete", "on failure → Failed"]),
        ("Site ", ["waiting", "S3 Bucket", "after → Gate"]),
        ("SitePolicy ", ["waiting", "part of", "Site"]),
    ] {
        let row = rows.as_array().unwrap().iter().filter_map(Value::as_str).find(|row| row.starts_with(start));
        let row = row.unwrap_or_else(|| panic!("no row {start}: {rows}"));
        assert!(parts.iter().all(|part| row.contains(part)), "{row}");
    }

    // The Tab key goes from the drawing to its boxes; Enter opens one.
    browser.run("document.querySelector('.graph').focus()").await;
    browser.press(TAB).await;
    assert_eq!(browser.run("return document.activeElement.classList.contains('node')").await, true);
    browser.run("document.querySelector('[data-node=Jobs]').focus()").await;
    signal(&cloud).await;
    state(&browser, "Site", "create complete").await;
    state(&browser, "Gate", "create complete").await;
    assert_eq!(browser.run(NODES).await["Site"][1], "#/buckets/console-site");
    assert_eq!(browser.run("return document.activeElement.dataset.node").await, "Jobs", "the focus stays where it was");
    shows_in(&browser, "#news", "console: create complete").await;
    browser.press(ENTER).await;
    heading(&browser, "console-jobs").await;
    shows(&browser, "after 3 failed receives, to console-failed").await;
    shows(&browser, "Resource Jobs of stack console").await;

    // A stack that goes is told as well.
    browser.open(&format!("{}/#/stacks/console", cloud.url())).await;
    state(&browser, "Jobs", "create complete").await;
    cloud.clients().cloudformation.delete_stack().stack_name("console").send().await.unwrap();
    shows(&browser, "This does not exist").await;
    assert_eq!(browser.severe_log().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_that_a_browser_can_open_is_linked_and_answers() {
    let Some((chromium, driver)) = tools::browser() else { return };
    let project = TestProject::empty(STACK);
    let cloud = RunningCloud::start(&project);
    create(&cloud).await;
    signal(&cloud).await;
    let overview = format!("{}/_stack/api/overview", cloud.url());
    eventually("the stack is made", async || {
        let stacks = http::get(&overview).await.json();
        (stacks["stacks"][0]["status"] == "CREATE_COMPLETE").then_some(())
    })
    .await;
    let s3 = cloud.clients().s3;
    let page = b"<!doctype html><title>Site</title><p>Hello from the site".to_vec();
    let put = s3.put_object().bucket("console-site").key("index.html").content_type("text/html");
    put.body(page.into()).send().await.unwrap();

    let browser = Browser::start(&chromium, &driver).await;
    browser.open(&format!("{}/", cloud.url())).await;
    shows(&browser, "console-users, client console-app").await;
    let links = "return [...document.querySelectorAll('a.site')].map((site) => \
                 [site.querySelector('.card-kind').textContent, site.href])";
    let links = browser.run(links).await;
    let links = links.as_array().unwrap();
    let kinds: Vec<&Value> = links.iter().map(|link| &link[0]).collect();
    assert_eq!(kinds, ["Website", "HTTP API", "Sign-in page"]);
    for (link, text) in links.iter().zip(["Hello from the site", "Hello from the site", "Sign in"]) {
        browser.open(link[1].as_str().unwrap()).await;
        shows(&browser, text).await;
    }
    for site in http::get(&overview).await.json()["sites"].as_array().unwrap() {
        let answer = http::get(site["path"].as_str().unwrap()).await;
        assert_eq!(answer.status, 200, "{site}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_items_of_a_table_are_shown_page_by_page() {
    let Some((chromium, driver)) = tools::browser() else { return };
    let Some(aws) = tools::python_program("aws") else { return };
    let project = TestProject::empty(STACK);
    let cloud = RunningCloud::start(&project);
    create(&cloud).await;
    let browser = Browser::start(&chromium, &driver).await;
    browser.open(&format!("{}/#/tables/console-pictures", cloud.url())).await;
    shows(&browser, "No items.").await;
    shows(&browser, "id (partition key, text)").await;
    shows(&browser, "by-owner").await;

    for batch in 0..5 {
        put_items(&aws, &cloud, batch);
    }
    // Written meanwhile, shown without a reload; a hundred at first.
    rows(&browser, 100).await;
    shows(&browser, "4 bytes YmxvYg==").await;
    shows(&browser, "{\"blue\", \"red\"}").await;
    shows(&browser, "<b>bold</b>").await;
    let headings =
        "return [...[...document.querySelectorAll('thead')].at(-1).rows[0].cells].map((cell) => cell.textContent)";
    assert_eq!(browser.run(headings).await, json!(["id", "data", "owner", "tags", "title"]));
    browser.run("document.querySelector('[data-key=more]').focus()").await;
    browser.press(ENTER).await;
    rows(&browser, 125).await;
    assert_eq!(browser.run("return document.querySelector('[data-key=more]')").await, Value::Null);
    shows(&browser, "125 items shown").await;
    assert_eq!(browser.severe_log().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_are_listed_with_their_outcome_and_without_secrets() {
    let Some((chromium, driver)) = tools::browser() else { return };
    let project = TestProject::empty(STACK);
    let cloud = RunningCloud::start(&project);
    let s3 = cloud.clients().s3;
    s3.create_bucket().bucket("photos").send().await.unwrap();
    s3.get_object().bucket("photos").key("missing.jpg").send().await.unwrap_err();
    http::get(&format!("{}/photos/a.jpg?X-Amz-Signature=5ec2e7", cloud.url())).await;
    let browser = Browser::start(&chromium, &driver).await;
    browser.open(&format!("{}/#/requests", cloud.url())).await;

    let listed = "return [...document.querySelectorAll('tbody tr')].map((row) => \
                  [...row.cells].slice(1, 6).filter((cell, index) => index !== 3).map((cell) => cell.innerText.trim().replace('\\n', ' ')))";
    let line = |service: &str, operation: &str, status: &str, who: &str| json!([service, operation, status, who]);
    let missing = line("s3", "GetObject /photos/missing.jpg", "404 failed", "operator");
    eventually("both requests of the client", async || {
        let rows = browser.run(listed).await;
        let is_create = |row: &Value| row[1].as_str().is_some_and(|what| what.starts_with("CreateBucket /photos"));
        let made = rows.as_array()?.iter().find(|row| is_create(row))?;
        (rows.as_array()?.contains(&missing) && made[2] == "200 ok").then_some(())
    })
    .await;
    let text = browser.run("return document.body.innerText").await;
    let text = text.as_str().unwrap();
    assert!(!text.contains("5ec2e7") && !text.contains("/_stack/api"), "{text}");

    // Only those that failed, by keyboard.
    browser.run("document.getElementById('failures').focus()").await;
    browser.press(" ").await;
    let failed = browser.run(listed).await;
    assert!(failed.as_array().unwrap().iter().all(|row| row[2].as_str().unwrap().ends_with("failed")), "{failed}");
    assert!(failed.as_array().unwrap().contains(&missing), "{failed}");
    // Skipping to the content leaves the view that is open.
    browser.run("document.querySelector('.skip').focus()").await;
    browser.press(ENTER).await;
    assert_eq!(browser.run("return document.activeElement.id + location.hash").await, "content#/requests");
    let levels = "return [...document.querySelectorAll('h1, h2, h3')].map((heading) => heading.localName).join(' ')";
    let levels = browser.run(levels).await;
    assert_eq!(levels.as_str().unwrap().matches("h1").count(), 1, "{levels}");
    assert_eq!(browser.severe_log().await, [""; 0]);
}

async fn create(cloud: &RunningCloud) {
    let template = TEMPLATE.replace("ORIGIN", cloud.url());
    let create = cloud.clients().cloudformation.create_stack().stack_name("console").template_body(template);
    create.send().await.unwrap();
}

/// Sends what the stack waits for.
async fn signal(cloud: &RunningCloud) {
    let client = cloud.clients().cloudformation;
    let handle = eventually("the address of the handle", async || {
        let asked = client.describe_stack_resource().stack_name("console").logical_resource_id("Handle").send().await;
        asked.ok()?.stack_resource_detail()?.physical_resource_id().map(str::to_owned)
    })
    .await;
    let signal = json!({"Status": "SUCCESS", "UniqueId": "1", "Data": "", "Reason": ""}).to_string();
    let answer = http::request(::http::Method::PUT, &handle, &[], signal).await;
    assert!(answer.status.is_success(), "{}", answer.text());
}

/// Twenty-five items with texts, a set and bytes.
fn put_items(aws: &Path, cloud: &RunningCloud, batch: usize) {
    let puts = (0..25).map(|number| {
        json!({"PutRequest": {"Item": {
            "id": {"S": format!("{batch}-{number}")},
            "owner": {"S": "alice"},
            "title": {"S": "<b>bold</b>"},
            "tags": {"SS": ["blue", "red"]},
            "data": {"B": "blob"},
        }}})
    });
    let items = json!({"console-pictures": puts.collect::<Vec<_>>()}).to_string();
    let mut command = Command::new(aws);
    command
        .args(["dynamodb", "batch-write-item", "--request-items", &items, "--endpoint-url", cloud.url()])
        .args(["--region", "us-east-1"])
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    let run = Run::of(&mut command);
    assert_eq!(run.code, Some(0), "{run:?}");
}

/// Waits until a box of the drawing is in a state.
async fn state(browser: &Browser, node: &str, word: &str) {
    eventually(&format!("{node} is `{word}`"), async || (browser.run(NODES).await[node][0] == word).then_some(()))
        .await;
}

/// Waits until the last table has a number of rows.
async fn rows(browser: &Browser, count: u64) {
    let script = "return [...document.querySelectorAll('table')].at(-1)?.tBodies[0].rows.length";
    eventually(&format!("{count} rows"), async || (browser.run(script).await == count).then_some(())).await;
}

async fn heading(browser: &Browser, text: &str) {
    let script = "return document.querySelector('h1')?.textContent";
    eventually(&format!("the heading `{text}`"), async || (browser.run(script).await == text).then_some(())).await;
}

async fn shows_in(browser: &Browser, selector: &str, text: &str) {
    let script = format!("return document.querySelector('{selector}').textContent");
    eventually(&format!("{selector} says `{text}`"), async || (browser.run(&script).await == text).then_some(())).await;
}
