//! The shipped examples with simple functions in the place of their own: what holds then, holds by their templates alone.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};

use aws_sdk_cloudformation::types::{Capability, Parameter, StackStatus, Tag};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use serde_json::{Value, json};
use test_support::{Clients, RunningCloud, TestProject, eventually, skipped};

use crate::STACK;

/// What ends the names of the deployments.
pub(crate) const SUFFIX: &str = "stubs";

const ACCOUNT: &str = "000000000000";
const ARTIFACTS: &str = "stub-artifacts";

/// An example that is deployed with [the stub](../stub/bootstrap) as every function.
pub(crate) struct Deployed {
    pub(crate) project: TestProject,
    pub(crate) cloud: RunningCloud,
    pub(crate) clients: Clients,
    /// Name of the stack, which begins all names.
    pub(crate) stack: String,
    /// Region of the example.
    pub(crate) region: String,
    /// The template.
    pub(crate) template: Value,
    parameters: Vec<String>,
}

impl Deployed {
    /// Deploys; `None` where there is no Python to run the stub.
    pub(crate) async fn start(example: &str, parameters: &[&str]) -> Option<Self> {
        if !std::path::Path::new("/usr/bin/python3").exists() {
            skipped("there is no /usr/bin/python3 to run the functions of the test");
            return None;
        }
        let project = TestProject::example(STACK, example);
        let cloud = RunningCloud::start(&project);
        let yaml = std::fs::read_to_string(project.directory().join("stack.yaml")).unwrap();
        let region = yaml.lines().find_map(|line| line.strip_prefix("region: ")).unwrap().to_owned();
        let clients = Clients::new(cloud.url(), &region);
        clients
            .s3
            .create_bucket()
            .bucket(ARTIFACTS)
            .set_create_bucket_configuration(location(&region))
            .send()
            .await
            .unwrap();
        clients.s3.put_object().bucket(ARTIFACTS).key("stub.zip").body(zip().into()).send().await.unwrap();
        let parameters = parameters.iter().map(|&parameter| parameter.to_owned()).collect();
        let stack = format!("{example}-{SUFFIX}");
        let mut deployed = Self { project, cloud, clients, stack, region, template: Value::Null, parameters };
        deployed.template = deployed.render();
        let request = deployed.clients.cloudformation.create_stack().stack_name(&deployed.stack);
        request
            .template_body(deployed.template.to_string())
            .set_parameters(Some(deployed.template_parameters()))
            .tags(Tag::builder().key("stack:project").value(example).build())
            .capabilities(Capability::CapabilityNamedIam)
            .send()
            .await
            .unwrap();
        deployed.reaches(&StackStatus::CreateComplete).await;
        Some(deployed)
    }

    /// Renders the project as it is now and brings the stack there.
    pub(crate) async fn update(&mut self) {
        self.template = self.render();
        let request = self.clients.cloudformation.update_stack().stack_name(&self.stack);
        request
            .template_body(self.template.to_string())
            .set_parameters(Some(self.template_parameters()))
            .capabilities(Capability::CapabilityNamedIam)
            .send()
            .await
            .unwrap();
        self.reaches(&StackStatus::UpdateComplete).await;
    }

    /// Empties the buckets, deletes the stack, and sees that nothing of it is left.
    pub(crate) async fn destroy(self) {
        for (_, resource) in self.resources("AWS::S3::Bucket") {
            let name = resource["Properties"]["BucketName"].as_str().unwrap();
            self.empty(name).await;
        }
        let stack_id = self.describe().await.0;
        self.clients.cloudformation.delete_stack().stack_name(&self.stack).send().await.unwrap();
        let gone = eventually("the stack is deleted", async || {
            let answer = self.clients.cloudformation.describe_stacks().stack_name(&stack_id).send().await.unwrap();
            let stack = &answer.stacks()[0];
            let status = stack.stack_status().unwrap().clone();
            (status != StackStatus::DeleteInProgress).then(|| (status, stack.stack_status_reason().map(str::to_owned)))
        });
        assert_eq!(gone.await, (StackStatus::DeleteComplete, None));
        assert_eq!(self.clients.bucket_names().await, [ARTIFACTS]);
        assert!(self.clients.function_names().await.is_empty());
    }

    /// Lets a function make calls, and gives what was answered.
    pub(crate) async fn calls(&self, function: &str, calls: &[Value]) -> Vec<Value> {
        let payload = json!({ "calls": calls }).to_string();
        let name = format!("{}-{function}", self.stack);
        let request = self.clients.lambda.invoke().function_name(name).payload(Blob::new(payload));
        let answer = request.send().await.unwrap();
        let payload = answer.payload().unwrap().as_ref();
        assert_eq!(answer.function_error(), None, "{function}: {}", String::from_utf8_lossy(payload));
        let answers: Vec<Value> = serde_json::from_slice(payload).unwrap();
        assert_eq!(answers.len(), calls.len());
        answers
    }

    /// Waits until a function has told its log of an event that holds a text.
    pub(crate) async fn was_called(&self, function: &str, with: &str) -> Value {
        let group = format!("/aws/lambda/{}-{function}", self.stack);
        eventually(&format!("{function} is called with {with}"), async || {
            let answer = self.clients.logs.filter_log_events().log_group_name(&group).send().await.unwrap();
            let lines = answer.events().iter().filter_map(|event| event.message());
            let mut events = lines.filter_map(|line| serde_json::from_str::<Value>(line.trim()).ok());
            events.find(|event| event.is_object() && event.to_string().contains(with))
        })
        .await
    }

    /// Waits until a message that holds a text waits in a queue of the stack. It is not hidden from the next who asks.
    pub(crate) async fn waits_in(&self, queue: &str, with: &str) {
        let url = format!("{}/000000000000/{}-{queue}", self.cloud.url(), self.stack);
        let body = json!({ "QueueUrl": url, "VisibilityTimeout": 0, "MaxNumberOfMessages": 10 });
        let call = json_call("sqs", "AmazonSQS.ReceiveMessage", &body);
        eventually(&format!("a message waits in {queue} with {with}"), async || {
            let answer = self.as_owner(call.clone()).await;
            assert_eq!(answer["status"], 200, "{answer}");
            answer["text"].as_str().unwrap().contains(with).then_some(())
        })
        .await;
    }

    /// A call in the name of the account's owner, who may do everything.
    pub(crate) async fn as_owner(&self, mut call: Value) -> Value {
        call["keys"] = json!(["test", "test"]);
        let (_, function) = self.resources("AWS::Lambda::Function")[0];
        let name = function["Properties"]["FunctionName"].as_str().unwrap();
        let function = name.strip_prefix(&format!("{}-", self.stack)).unwrap();
        self.calls(function, &[call]).await.remove(0)
    }

    /// Stores an object, in the name of the account.
    pub(crate) async fn put(&self, bucket: &str, key: &str) {
        let request = self.clients.s3.put_object().bucket(self.bucket(bucket)).key(key);
        request.body(b"content".to_vec().into()).send().await.unwrap();
    }

    /// Physical name of a bucket.
    pub(crate) fn bucket(&self, name: &str) -> String {
        format!("{}-{name}-{}", self.stack, self.place())
    }

    /// Account and region, which end the names of buckets.
    pub(crate) fn place(&self) -> String {
        format!("{ACCOUNT}-{}", self.region)
    }

    /// Output of the stack, as an address that answers.
    pub(crate) fn output(&self, name: &str) -> String {
        let arguments = ["outputs", "--local", "-e", "dev", "--suffix", SUFFIX, name];
        self.project.succeed(&arguments).stdout.trim().to_owned()
    }

    /// Resources of a type by logical id.
    pub(crate) fn resources(&self, kind: &str) -> Vec<(&str, &Value)> {
        let resources = self.template["Resources"].as_object().unwrap();
        resources.iter().filter(|(_, resource)| resource["Type"] == kind).map(|(id, r)| (id.as_str(), r)).collect()
    }

    /// Physical ids of the resources by logical id.
    pub(crate) async fn physical_ids(&self) -> BTreeMap<String, String> {
        let request = self.clients.cloudformation.describe_stack_resources().stack_name(&self.stack);
        let answer = request.send().await.unwrap();
        let ids = answer.stack_resources().iter().map(|resource| {
            let physical = resource.physical_resource_id().unwrap_or_default();
            (resource.logical_resource_id().unwrap().to_owned(), physical.to_owned())
        });
        ids.collect()
    }

    fn render(&self) -> Value {
        let mut arguments = vec!["render", "-e", "dev", "--suffix", SUFFIX, "--format", "json"];
        for parameter in &self.parameters {
            arguments.extend(["--parameter", parameter]);
        }
        self.project.succeed(&arguments).json()
    }

    /// The stub for every code, and the defaults of everything else.
    fn template_parameters(&self) -> Vec<Parameter> {
        let names = self.template["Parameters"].as_object().unwrap().keys();
        let parameters = names.filter_map(|name| {
            let value = match name.as_str() {
                "ArtifactBucket" => ARTIFACTS,
                name if name.ends_with("CodeKey") => "stub.zip",
                _ => return None,
            };
            Some(Parameter::builder().parameter_key(name).parameter_value(value).build())
        });
        parameters.collect()
    }

    async fn reaches(&self, expected: &StackStatus) {
        let status = eventually(&format!("the stack is {expected}"), async || {
            let (_, status) = self.describe().await;
            (!status.as_str().ends_with("IN_PROGRESS")).then_some(status)
        })
        .await;
        if status != *expected {
            let events = self.clients.cloudformation.describe_stack_events().stack_name(&self.stack).send().await;
            let failed: Vec<_> = events
                .unwrap()
                .stack_events()
                .iter()
                .filter(|event| event.resource_status().is_some_and(|status| status.as_str().ends_with("FAILED")))
                .map(|event| format!("{:?}: {:?}", event.logical_resource_id(), event.resource_status_reason()))
                .collect();
            panic!("{} is {status}: {failed:#?}", self.stack);
        }
    }

    async fn describe(&self) -> (String, StackStatus) {
        let answer = self.clients.cloudformation.describe_stacks().stack_name(&self.stack).send().await.unwrap();
        let stack = &answer.stacks()[0];
        (stack.stack_id().unwrap().to_owned(), stack.stack_status().unwrap().clone())
    }

    async fn empty(&self, bucket: &str) {
        let s3 = &self.clients.s3;
        let answer = s3.list_object_versions().bucket(bucket).send().await.unwrap();
        let versions = answer.versions().iter().map(|version| (version.key(), version.version_id()));
        let markers = answer.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
        for (key, version) in versions.chain(markers) {
            let request = s3.delete_object().bucket(bucket).key(key.unwrap());
            request.set_version_id(version.map(str::to_owned)).send().await.unwrap();
        }
    }
}

/// A call in one of the JSON protocols.
pub(crate) fn json_call(service: &str, target: &str, body: &Value) -> Value {
    let version = if service == "secretsmanager" { "1.1" } else { "1.0" };
    json!({
        "service": service,
        "method": "POST",
        "url": "/",
        "headers": { "content-type": format!("application/x-amz-json-{version}"), "x-amz-target": target },
        "body": body.to_string(),
    })
}

/// Where a bucket is made; the default region goes unsaid.
fn location(region: &str) -> Option<CreateBucketConfiguration> {
    let place = BucketLocationConstraint::from(region);
    (region != "us-east-1").then(|| CreateBucketConfiguration::builder().location_constraint(place).build())
}

fn zip() -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    writer.start_file("bootstrap", options).unwrap();
    writer.write_all(include_bytes!("bootstrap")).unwrap();
    writer.finish().unwrap().into_inner()
}
