//! The life of a stack, against somebody else's CloudFormation: what is called is counted by a proxy between the two.

use std::process::Command;

use test_support::{Clients, Fault, FaultProxy, Ministack, Run, TestProject, http, say, tools};

use crate::STACK;

const PROJECT: &str = "\
stack: life
region: us-east-1
environments: { dev: { suffix: one, removal: destroy } }
parameters: { named: first }
buckets:
  files: { versioning: true }
tables:
  notes: { key: { id: S } }
topics:
  alerts: {}
resources:
  Named:
    Type: AWS::SNS::Topic
    Properties: { TopicName: \"life-one-{{named}}\" }
";

/// A bucket whose name somebody else has.
const TAKEN: &str = "  Taken:\n    Type: AWS::S3::Bucket\n    Properties: { BucketName: life-taken }\n";

/// A project, and the peer behind a proxy.
struct Life {
    project: TestProject,
    proxy: FaultProxy,
    clients: Clients,
    peer: Ministack,
}

impl Life {
    /// Runs a verb and counts its calls.
    fn run_at(&self, arguments: &[&str]) -> (Run, usize) {
        let mut command: Command = self.project.command(arguments);
        let run = Run::of(
            command
                .args(["--endpoint-url", self.proxy.url(), "--yes"])
                .env("AWS_ACCESS_KEY_ID", "test")
                .env("AWS_SECRET_ACCESS_KEY", "test"),
        );
        (run, self.proxy.count())
    }

    /// Runs a verb, prints what it called, and gives how it ended.
    fn run(&self, arguments: &[&str]) -> (Run, Vec<String>) {
        let _ = self.proxy.take_calls();
        let (run, _) = self.run_at(arguments);
        let calls = self.proxy.take_calls();
        say(&format!("stack {}: {} calls: {}", arguments.join(" "), calls.len(), calls.join(" ")));
        (run, calls)
    }

    /// The same, with the exit code that it must have.
    fn ends(&self, arguments: &[&str], code: i32) -> (Run, Vec<String>) {
        let (run, calls) = self.run(arguments);
        assert_eq!(run.code, Some(code), "{arguments:?}\n-- stdout\n{}\n-- stderr\n{}", run.stdout, run.stderr);
        (run, calls)
    }

    /// Asks SNS of the peer, which checks no signature.
    async fn sns(&self, form: &str) -> String {
        let scope =
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0";
        let headers = [("authorization", scope), ("content-type", "application/x-www-form-urlencoded")];
        let body = format!("{form}&Version=2010-03-31");
        let answer = http::request(http::Method::POST, self.peer.url(), &headers, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    }

    async fn status(&self) -> String {
        let answer = self.clients.cloudformation.describe_stacks().stack_name("life-one").send().await.unwrap();
        answer.stacks()[0].stack_status().unwrap().as_str().to_owned()
    }
}

async fn life() -> Option<Life> {
    let program = tools::python_program("ministack")?;
    let peer = Ministack::start(&program).await;
    let proxy = FaultProxy::start(peer.url()).await;
    let clients = peer.clients();
    Some(Life { project: TestProject::new(STACK, PROJECT), proxy, clients, peer })
}

fn is_watching(call: &str) -> bool {
    ["DescribeStackEvents", "DescribeStacks", "DescribeChangeSet"].contains(&call)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stack_is_made_changed_left_alone_and_taken_away_on_ministack() {
    let Some(life) = life().await else { return };
    let (_, calls) = life.ends(&["deploy"], 0);
    // Looks at what goes on are as many as it takes.
    assert!(calls.iter().filter(|call| !is_watching(call)).count() <= 15, "{calls:?}");
    let (run, calls) = life.ends(&["deploy"], 0);
    assert!(run.stderr.contains("up to date"), "{}", run.stderr);
    assert!(calls.len() <= 4, "{calls:?}");

    life.ends(&["deploy", "--parameter", "named=second", "--allow", "replace"], 0);
    let topics = life.sns("Action=ListTopics").await;
    assert!(topics.contains(":life-one-second<") && !topics.contains(":life-one-first<"), "{topics}");

    life.ends(&["destroy"], 0);
    assert_eq!(life.clients.stack_names().await, [""; 0]);
    assert_eq!(life.clients.bucket_names().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn failures_are_taken_back_and_named_on_ministack() {
    let Some(life) = life().await else { return };
    life.clients.s3.create_bucket().bucket("life-taken").send().await.unwrap();
    // A first creation that fails at a name, and the same command once the name is free.
    life.project.write("stack.yaml", format!("{PROJECT}{TAKEN}"));
    let (run, _) = life.ends(&["deploy"], 1);
    assert_eq!(life.status().await, "ROLLBACK_COMPLETE");
    assert!(run.stderr.contains("first failure: Taken (AWS::S3::Bucket"), "{}", run.stderr);
    assert!(run.stderr.contains("declared in stack.yaml:15 (resources.Taken)"), "{}", run.stderr);
    life.clients.s3.delete_bucket().bucket("life-taken").send().await.unwrap();
    life.ends(&["deploy"], 0);
    assert_eq!(life.status().await, "CREATE_COMPLETE");

    // An update that fails, and the state of before.
    life.clients.s3.create_bucket().bucket("life-other").send().await.unwrap();
    let other = TAKEN.replace("Taken", "Other").replace("life-taken", "life-other");
    life.project.write("stack.yaml", format!("{PROJECT}{TAKEN}{other}"));
    let (run, _) = life.ends(&["deploy"], 1);
    assert_eq!(life.status().await, "UPDATE_ROLLBACK_COMPLETE");
    assert!(run.stderr.contains("first failure: Other (AWS::S3::Bucket"), "{}", run.stderr);
    life.project.write("stack.yaml", format!("{PROJECT}{TAKEN}"));
    let (run, _) = life.ends(&["deploy"], 0);
    assert!(run.stderr.contains("up to date"), "{}", run.stderr);
    life.ends(&["destroy"], 0);
}

/// A fault at every call of a deployment and of a destruction: both do what they are for, and nothing is doubled.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_call_may_fail_once_on_ministack() {
    let Some(life) = life().await else { return };
    let mut cases = 0;
    for fault in [Fault::CutBefore, Fault::AnswerLost] {
        for (verb, after) in [("deploy", "CREATE_COMPLETE"), ("destroy", "")] {
            for call in 1.. {
                if verb == "destroy" {
                    life.ends(&["deploy"], 0);
                }
                life.proxy.fault(call, fault);
                let (run, calls) = life.run_at(&[verb]);
                assert_eq!(run.code, Some(0), "{fault:?} at call {call} of {verb}: {run:?}");
                let stacks = life.clients.stack_names().await;
                let is_there = stacks == ["life-one"];
                assert_eq!(is_there, verb == "deploy", "{fault:?} at call {call} of {verb}: {stacks:?}");
                if is_there {
                    assert_eq!(life.status().await, after);
                    life.ends(&["destroy"], 0);
                }
                assert_eq!(life.clients.bucket_names().await, [""; 0], "{fault:?} at call {call} of {verb}");
                if calls < call {
                    break;
                }
                cases += 1;
            }
        }
    }
    say(&format!("ministack: {cases} of {cases} faults survived"));
    assert!(cases > 30, "only {cases} cases");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn drift_is_found_on_ministack() {
    use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};

    let Some(life) = life().await else { return };
    life.ends(&["deploy"], 0);
    life.ends(&["drift"], 0);
    let off = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    let bucket = "life-one-files-000000000000-us-east-1";
    life.clients.s3.put_bucket_versioning().bucket(bucket).versioning_configuration(off).send().await.unwrap();
    life.sns("Action=DeleteTopic&TopicArn=arn:aws:sns:us-east-1:000000000000:life-one-first").await;
    let (run, _) = life.ends(&["drift", "--json"], 2);
    let report = run.json();
    let resources = report["stacks"][0]["resources"].as_array().unwrap();
    let of = |id: &str| resources.iter().find(|resource| resource["logical_id"] == id).unwrap();
    assert_eq!((&of("FilesBucket")["status"], &of("Named")["status"]), (&"modified".into(), &"deleted".into()));
    assert_eq!(of("FilesBucket")["differences"][0]["path"], "/VersioningConfiguration/Status");
    // Its service cannot read policies of topics, so they are not told as in sync.
    assert_eq!(of("AlertsTopicPolicy")["status"], "not-checked");
}
