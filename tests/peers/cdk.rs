//! The AWS CDK, a deployer that we did not write, with the local cloud as its AWS.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use test_support::{Clients, Run, RunningCloud, TestProject, eventually, http, tools};

use crate::STACK;

/// The CDK's command line in a directory with its own copy of the app.
struct Cdk {
    tool: PathBuf,
    directory: PathBuf,
    endpoint: String,
}

impl Cdk {
    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new("node");
        command.arg(self.tool.join("node_modules/aws-cdk/bin/cdk")).args(arguments);
        command.current_dir(&self.directory);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        command.envs([
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("CDK_DISABLE_CLI_TELEMETRY", "true"),
            ("CI", "true"),
            ("NO_COLOR", "1"),
        ]);
        // The CDK keeps a cache of notices in the user's directory.
        command.env("HOME", &self.directory);
        Run::of(&mut command)
    }

    fn succeed(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code, Some(0), "cdk {arguments:?}\n{}\n{}", run.stdout, run.stderr);
        run
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_cdk_bootstraps_deploys_diffs_finds_drift_and_destroys() {
    let (Some(tool), Some(python)) = (tools::cdk(), tools::python_program("python")) else { return };
    let project = TestProject::fixture(STACK, "cdk-app");
    std::os::unix::fs::symlink(tool.join("node_modules"), project.directory().join("node_modules")).unwrap();
    let cloud = RunningCloud::start_with_tools(&project, python.parent().unwrap(), &tool.join("node_modules"));
    let cdk = Cdk { tool, directory: project.directory().to_owned(), endpoint: cloud.url().to_owned() };

    cdk.succeed(&["bootstrap", "aws://000000000000/us-east-1"]);
    cdk.succeed(&["deploy", "--require-approval", "never", "--outputs-file", "outputs.json"]);
    let outputs = outputs(project.directory());
    let output = |name: &str| outputs[name].as_str().unwrap_or_else(|| panic!("no {name} in {outputs}")).to_owned();
    let clients = cloud.clients();
    let bucket = output("BucketName");
    for key in ["to-function/a.txt", "to-topic/b.txt", "to-nobody/c.txt"] {
        clients.s3.put_object().bucket(&bucket).key(key).body(b"hello".to_vec().into()).send().await.unwrap();
    }
    let address = format!("{}/_stack/execute-api/{}/$default/items", cloud.url(), output("ApiId"));
    eventually("both notifications are recorded, and the HTTP API tells them", async || {
        let answer = http::get(&address).await;
        (answer.text() == r#"["bucket:to-function/a.txt", "topic:to-topic/b.txt"]"#).then_some(())
    })
    .await;

    let same = cdk.succeed(&["diff", "--fail"]);
    let told = format!("{}{}", same.stdout, same.stderr);
    assert!(told.contains("There were no differences"), "{told}");
    let function = output("FunctionName");
    let clean = cdk.succeed(&["drift", "--fail"]);
    clients.lambda.update_function_configuration().function_name(&function).timeout(77).send().await.unwrap();
    let drifted = cdk.run(&["drift", "--fail"]);
    let told = format!("{}{}", drifted.stdout, drifted.stderr);
    assert!(drifted.code != Some(0) && told.contains("Timeout"), "{told}\nbefore: {clean:?}");

    cdk.succeed(&["destroy", "--force"]);
    assert_eq!(left(&clients).await, (vec!["CDKToolkit".to_owned()], false), "stacks, and whether the bucket is there");
}

async fn left(clients: &Clients) -> (Vec<String>, bool) {
    let has_bucket = clients.bucket_names().await.iter().any(|name| name.starts_with("cdk-app-"));
    (clients.stack_names().await, has_bucket)
}

fn outputs(directory: &Path) -> Value {
    let text = std::fs::read_to_string(directory.join("outputs.json")).unwrap();
    let outputs: Value = serde_json::from_str(&text).unwrap();
    outputs["cdk-app"].clone()
}
