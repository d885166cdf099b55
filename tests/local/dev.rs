//! `stack dev` as a person runs it: it starts, deploys, follows changes, and leaves nothing behind.

use std::time::Duration;

use serde_json::Value;
use test_support::photo::phone_photo;
use test_support::{Background, Clients, TestProject, eventually, http};

use crate::{PLACE, STACK};

/// How long one round may be silent: the first one compiles the function.
const BUILD_LIMIT: Duration = Duration::from_mins(10);

/// A running `stack dev --json`, in memory, on a free port.
struct Dev {
    process: Background,
    url: String,
}

impl Dev {
    fn start(project: &TestProject, arguments: &[&str]) -> Self {
        let verb = ["dev", "--json", "--memory", "--port", "0", "-e", "dev", "--suffix", "dev"];
        let mut process = Background::start(&mut project.command(&[&verb[..], arguments].concat()));
        let url = process.wait_for("the local cloud answers", |line| {
            let fact = fact(line, "event", "cloud-ready")?;
            Some(fact["url"].as_str()?.to_owned())
        });
        Self { process, url }
    }

    /// The next line whose `field` is `value`.
    fn next(&mut self, field: &str, value: &str) -> Value {
        self.process.wait_at_most(BUILD_LIMIT, &format!("{field} {value}"), |line| fact(line, field, value))
    }

    fn clients(&self) -> Clients {
        Clients::new(&self.url, "us-east-1")
    }
}

fn fact(line: &str, field: &str, value: &str) -> Option<Value> {
    serde_json::from_str::<Value>(line).ok().filter(|fact| fact[field] == value)
}

const ONE_BUCKET: &str = "\
stack: notes
region: us-east-1
environments: { dev: { removal: destroy } }
buckets:
  files: { contents: ./site }
";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_is_deployed_and_a_fault_is_told_and_mended() {
    let project = TestProject::new(STACK, ONE_BUCKET);
    project.write("site/hello.txt", "one");
    let mut dev = Dev::start(&project, &[]);
    dev.next("event", "watching");
    let s3 = dev.clients().s3;
    let files = format!("notes-dev-files-{PLACE}");
    let hello = async || {
        let answer = s3.get_object().bucket(&files).key("hello.txt").send().await.unwrap();
        String::from_utf8(answer.body.collect().await.unwrap().to_vec()).unwrap()
    };
    assert_eq!(hello().await, "one");

    // A construct more.
    project.write("stack.yaml", format!("{ONE_BUCKET}  more: {{}}\n"));
    dev.next("event", "changed");
    dev.next("event", "watching");
    assert!(dev.clients().bucket_names().await.contains(&format!("notes-dev-more-{PLACE}")));

    // A file of the contents.
    project.write("site/hello.txt", "two");
    dev.next("event", "watching");
    assert_eq!(hello().await, "two");

    // A fault is told; what runs runs on.
    project.write("stack.yaml", format!("{ONE_BUCKET}  more: {{ colour: red }}\n"));
    let failed = dev.next("report", "failed");
    assert!(failed.to_string().contains("colour"), "{failed}");
    dev.next("event", "watching");
    assert_eq!(hello().await, "two");

    // Mended, and a construct less.
    project.write("stack.yaml", ONE_BUCKET);
    dev.next("event", "watching");
    assert!(!dev.clients().bucket_names().await.contains(&format!("notes-dev-more-{PLACE}")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_interrupt_leaves_nothing_running() {
    let project = TestProject::example(STACK, "avatars");
    let mut dev = Dev::start(&project, &[]);
    let running = dev.next("event", "running");
    assert_eq!(running["console"], format!("{}/_stack/", dev.url));
    assert_eq!(running["upload_bucket"], format!("avatars-dev-uploads-{PLACE}"));
    let base = running["outputs"]["AvatarBase"].as_str().unwrap().to_owned();
    dev.next("event", "watching");

    // While it runs it is this project's local cloud.
    let outputs = project.succeed(&["outputs", "--local", "-e", "dev", "--suffix", "dev", "AvatarBase"]);
    assert_eq!(outputs.stdout.trim(), base);

    // A photo makes the function run; its instance stays warm.
    let bucket = running["upload_bucket"].as_str().unwrap();
    let photo = phone_photo();
    dev.clients().s3.put_object().bucket(bucket).key("phone.jpg").body(photo.into()).send().await.unwrap();
    eventually("the thumbnail is served", async || {
        (http::get(&format!("{base}phone.jpg")).await.status == 200).then_some(())
    })
    .await;
    dev.next("event", "function-log");
    let children = children(dev.process.id());
    assert!(!cfg!(target_os = "linux") || !children.is_empty(), "the function has a process");

    dev.process.signal("INT");
    let url = dev.url;
    let (status, said) = dev.process.wait();
    assert_eq!(status.code(), Some(0), "{said}");
    let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!((&last["report"], &last["exit_code"]), (&"ended".into(), &0.into()), "{said}");
    for child in children {
        assert!(!std::path::Path::new("/proc").join(child.to_string()).exists(), "process {child} is still there");
    }
    assert!(!http::answers(&url).await, "somebody still listens at {url}");
    assert_eq!(project.run(&["local", "status"]).stdout, "stopped\n");
}

/// Processes that this one started and that still run. Linux only; empty elsewhere.
fn children(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("PPid:").is_some_and(|id| id.trim() == parent.to_string()))
    })
    .collect()
}
