//! The steps that these tests are made of.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use stack_aws::{
    Answer, Aws, AwsError, CallLimits, DeployOptions, DestroyOptions, Host, Outcome, Polling, Question, Target, deploy,
    destroy,
};
use stack_plan::plan::{Architecture, Artifact, Environment, Removal};
use stack_plan::{Built, Event, Plan, StackOptions, Template};
use test_support::ScriptedCloud;
use test_support::scripted_cloudformation::{ACCOUNT, REGION};

pub(crate) const STACK: &str = "avatars-alice";
pub(crate) const ARTIFACT_BUCKET: &str = "stack-artifacts-123456789012-eu-central-1";

/// Hears everything and gives one answer to every question.
pub(crate) struct Recorder {
    pub(crate) events: Vec<Event>,
    pub(crate) questions: Vec<Question>,
    answer: Answer,
}

impl Recorder {
    pub(crate) fn answering(answer: Answer) -> Self {
        Self { events: Vec::new(), questions: Vec::new(), answer }
    }

    /// `logical id status` of every stack event, in order.
    pub(crate) fn stack_events(&self) -> Vec<String> {
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::Stack(event) => Some(format!("{} {}", event.logical_id, event.status)),
                _ => None,
            })
            .collect()
    }
}

impl Host for Recorder {
    fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    fn approve(&mut self, question: &Question) -> Answer {
        self.questions.push(question.clone());
        // The artifact bucket is not what these tests decline.
        if matches!(question, Question::CreateArtifactBucket { .. }) { Answer::Yes } else { self.answer }
    }
}

/// Limits under which a fault costs milliseconds. `attempts` 1 makes every fault fatal, as if the process had died there.
pub(crate) fn limits(attempts: u32) -> CallLimits {
    CallLimits {
        attempt: Duration::from_millis(400),
        read: Duration::from_millis(400),
        upload: Duration::from_millis(400),
        call: Duration::from_mins(1),
        attempts,
        backoff: Duration::from_millis(1),
        longest_backoff: Duration::from_millis(2),
        ..CallLimits::default()
    }
}

pub(crate) async fn connect(cloud: &ScriptedCloud, attempts: u32) -> Aws {
    let target = Target {
        region: REGION.to_owned(),
        profile: None,
        endpoint_url: Some(cloud.endpoint().to_owned()),
        local: true,
    };
    Aws::connect_with(&target, limits(attempts)).await.unwrap()
}

pub(crate) const POLLING: Polling = Polling {
    first: Duration::from_millis(1),
    first_count: 1,
    then: Duration::from_millis(1),
    longest: Duration::from_millis(1),
};

/// A template of two buckets and a topic.
pub(crate) fn template() -> Value {
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            "Alerts": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "alerts"}},
            "Site": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "avatars-alice-site"}},
            "Uploads": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "avatars-alice-uploads"}}
        },
        "Outputs": {"SiteUrl": {"Value": "https://site.example"}}
    })
}

pub(crate) fn plan(template: &Value) -> Plan {
    Plan {
        project: "avatars".to_owned(),
        environment: Environment {
            name: "dev".to_owned(),
            suffix: "alice".to_owned(),
            removal: Removal::Destroy,
            protect: false,
        },
        stack_name: STACK.to_owned(),
        region: REGION.to_owned(),
        account: ACCOUNT.to_owned(),
        template: Template::parse(&template.to_string()).unwrap(),
        artifacts: Vec::new(),
        parameters: BTreeMap::new(),
        companions: Vec::new(),
        outputs: vec!["SiteUrl".to_owned()],
        contents: Vec::new(),
        actions: Vec::new(),
        tags: BTreeMap::new(),
        options: StackOptions::default(),
        origins: BTreeMap::new(),
        graph: stack_plan::graph::Graph::default(),
    }
}

/// The plan with one function, and its zip in a directory.
pub(crate) fn plan_with_function(directory: &Path) -> (Plan, Vec<Built>) {
    use sha2::Digest as _;
    let mut text = template();
    text["Parameters"] = json!({"ArtifactBucket": {"Type": "String"}, "ResizeCodeKey": {"Type": "String"}});
    text["Resources"]["Resize"] = json!({"Type": "AWS::Lambda::Function", "Properties": {
        "Code": {"S3Bucket": {"Ref": "ArtifactBucket"}, "S3Key": {"Ref": "ResizeCodeKey"}}
    }});
    let mut plan = plan(&text);
    plan.artifacts.push(Artifact {
        function: "resize".to_owned(),
        logical_id: "Resize".to_owned(),
        function_name: "avatars-alice-resize".to_owned(),
        package: "resize".to_owned(),
        features: Vec::new(),
        architecture: Architecture::X86_64,
        key_parameter: "ResizeCodeKey".to_owned(),
    });
    let bytes = b"a zip";
    let file = directory.join("resize.zip");
    std::fs::write(&file, bytes).unwrap();
    let built = Built {
        function: "resize".to_owned(),
        package: "resize".to_owned(),
        file,
        sha256: hex::encode(sha2::Sha256::digest(bytes)),
        size: bytes.len() as u64,
    };
    (plan, vec![built])
}

pub(crate) fn deploy_options() -> DeployOptions {
    DeployOptions { polling: Some(POLLING), arguments: "-e dev --suffix alice".to_owned(), ..DeployOptions::default() }
}

pub(crate) fn destroy_options() -> DestroyOptions {
    DestroyOptions { polling: Some(POLLING), ..DestroyOptions::default() }
}

/// Deploys a plan without functions.
pub(crate) async fn deploy_plan(cloud: &ScriptedCloud, plan: &Plan, host: &mut Recorder) -> Result<Outcome, AwsError> {
    let aws = connect(cloud, 5).await;
    deploy(&aws, plan, &[], Path::new("."), &deploy_options(), host).await
}

/// Deploys a template and expects an outcome.
pub(crate) async fn deployed(cloud: &ScriptedCloud, template: &Value) -> (Outcome, Recorder) {
    let mut host = Recorder::answering(Answer::Yes);
    let outcome = deploy_plan(cloud, &plan(template), &mut host).await.unwrap();
    (outcome, host)
}

pub(crate) async fn destroyed(cloud: &ScriptedCloud, options: &DestroyOptions) -> (Outcome, Recorder) {
    let mut host = Recorder::answering(Answer::Yes);
    let outcome = destroy(&connect(cloud, 5).await, STACK, options, &mut host).await.unwrap();
    (outcome, host)
}

/// The name of an outcome's variant, as `--json` prints it.
pub(crate) fn kind(outcome: &Outcome) -> String {
    serde_json::to_value(outcome).unwrap()["outcome"].as_str().unwrap().to_owned()
}
