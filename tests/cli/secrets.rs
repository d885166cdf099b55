//! Planted secrets: whatever a command does, however it fails and however much it says, none of them is in what it prints.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use test_support::{Fault, Run, ScriptedCloud, TestProject};

use crate::STACK;

/// A project with contents that are secret, and a stack whose bucket is emptied.
const PROJECT: &str = "\
stack: small
region: eu-central-1
environments:
  dev: { suffix: one }
buckets:
  files: { contents: ./contents }
";

const ACCOUNT: &str = "123456789012";

/// Secrets by the place where they are planted.
struct Planted {
    /// Values of environment variables.
    variables: Vec<(String, String)>,
    /// Every secret.
    all: Vec<String>,
}

impl Planted {
    /// Thirty: three keys, twelve variables that nobody asked for, six in the profiles of the AWS configuration, nine in contents.
    fn new(project: &TestProject) -> Self {
        let mut all = Vec::new();
        let mut plant = || {
            // Letters, digits and what must be escaped in addresses and JSON, no two alike.
            let secret = format!("cAnArY/{}+\"{:x}=", all.len(), 0x5eed_0000_u64 + all.len() as u64 * 7919);
            all.push(secret.clone());
            secret
        };
        let mut variables = Vec::new();
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            variables.push((name.to_owned(), plant().replace(['/', '+', '"', '='], "")));
        }
        for number in 0..12 {
            variables.push((format!("TOKEN_{number}"), plant()));
        }
        let mut profiles = String::new();
        for name in ["one", "two", "three"] {
            let (key, secret) = (plant(), plant());
            // Writing to a String cannot fail.
            let _ = writeln!(
                profiles,
                "[{name}]\naws_access_key_id = AKIA{name}\naws_session_token = {key}\naws_secret_access_key = {secret}"
            );
        }
        project.write("credentials", profiles);
        for number in 0..9 {
            project.write(format!("contents/{number}.txt"), plant());
        }
        // The keys are sent as they are, so it is that form that must not be seen.
        let keys = variables.iter().take(3).map(|(_, value)| value.clone());
        let all: Vec<String> = keys.chain(all.into_iter().skip(3)).collect();
        assert_eq!(all.len(), 30);
        Self { variables, all }
    }

    /// Each secret as it is and in the forms that programs write bytes in.
    fn forms(&self) -> impl Iterator<Item = (usize, String)> {
        self.all.iter().enumerate().flat_map(|(index, secret)| {
            let bytes = secret.as_bytes();
            let percent = bytes.iter().fold(String::new(), |text, byte| {
                if byte.is_ascii_alphanumeric() {
                    text + &char::from(*byte).to_string()
                } else {
                    text + &format!("%{byte:02X}")
                }
            });
            let hex = bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
            let forms = [
                secret.clone(),
                serde_json::to_string(secret).unwrap().trim_matches('"').to_owned(),
                percent,
                hex.to_uppercase(),
                hex,
                STANDARD.encode(bytes),
                STANDARD_NO_PAD.encode(bytes),
                URL_SAFE_NO_PAD.encode(bytes),
                secret.chars().rev().collect(),
            ];
            forms.into_iter().map(move |form| (index, form))
        })
    }

    fn assert_hidden(&self, run: &Run, what: &str) {
        let said = format!("{}{}", run.stdout, run.stderr);
        for (index, form) in self.forms() {
            assert!(!said.contains(&form), "{what} prints secret {index}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn planted_secrets_are_never_printed() {
    let project = TestProject::new(STACK, PROJECT);
    let planted = Planted::new(&project);
    let cloud = ScriptedCloud::start().await;
    let run = |arguments: &[&str]| {
        let fixed = ["--endpoint-url", cloud.endpoint(), "--account", ACCOUNT, "-vvv", "--yes"];
        let arguments: Vec<&str> = arguments.iter().chain(&fixed).copied().collect();
        let mut command = project.command(&arguments);
        command.envs(planted.variables.iter().cloned());
        command.env("AWS_SHARED_CREDENTIALS_FILE", project.directory().join("credentials"));
        let run = Run::of(&mut command);
        planted.assert_hidden(&run, &arguments.join(" "));
        run
    };
    let offline: [&[&str]; 14] = [
        &["check"],
        &["check", "--template", "stack.yaml"],
        &["render"],
        &["render", "--explain", "--json"],
        &["graph"],
        &["schema"],
        &["doctor"],
        &["build"],
        &["eject", "--list"],
        &["init", "--list"],
        &["completions", "bash"],
        &["man", "pages"],
        &["local", "status"],
        &["local", "env"],
    ];
    for arguments in offline {
        run(arguments);
    }
    let online: [&[&str]; 24] = [
        &["diff"],
        &["diff", "--change-set", "--json"],
        &["diff", "--out", "plan.json"],
        &["logs"],
        &["invoke", "any", "{}"],
        &["migrate", "status"],
        &["access"],
        &["token", "--user", "alice"],
        &["deploy", "--plan", "plan.json"],
        &["deploy"],
        &["deploy", "--json"],
        &["status"],
        &["events"],
        &["ls", "--json"],
        &["outputs"],
        &["deploy", "--hotswap"],
        &["deploy", "--no-execute"],
        &["drift"],
        &["drift", "--revert"],
        &["destroy", "--older-than", "9999d"],
        &["attach"],
        &["cancel"],
        &["rollback"],
        &["gc", "--older-than", "0s"],
    ];
    let mut seen = 0;
    for arguments in online {
        seen += usize::from(run(arguments).stderr.contains("DEBUG"));
    }
    assert!(seen > 0, "they say more than usual");
    // A call that is refused, cut, or done without an answer is told with what came back.
    for fault in [Fault::ServerError, Fault::CutBefore, Fault::CutInTheMiddle, Fault::AnswerLost] {
        for call in 1..4 {
            cloud.fault(call, fault);
            project.write("contents/more.txt", format!("{fault:?} {call}"));
            run(&["deploy"]);
        }
    }
    // Keys that are in a profile, and refused by nobody here.
    for profile in ["one", "two", "three", "missing"] {
        run(&["status", "--profile", profile]);
    }
    // What cannot be parsed is shown with its line, not with what is around it.
    project.write("stack.yaml", PROJECT.replace("buckets:", "buckets: ["));
    run(&["check"]);
    project.write("stack.yaml", PROJECT);
    assert_eq!(run(&["destroy", "--empty"]).code, Some(0));
}

/// What ended the process before it could say why: a stream that takes nothing any more, an answer that is none. Panics tell their
/// place alone (see `output/crash.rs`); with these, there is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_cannot_speak_or_hear_does_not_panic() {
    let project = TestProject::new(STACK, PROJECT);
    let planted = Planted::new(&project);
    let cloud = ScriptedCloud::start().await;
    let run = |arguments: &[&str], deaf: Option<&str>| {
        let fixed = ["--endpoint-url", cloud.endpoint(), "--account", ACCOUNT, "-vvv", "--yes"];
        let arguments: Vec<&str> = arguments.iter().chain(&fixed).copied().collect();
        let mut command = project.command(&arguments);
        command.envs(planted.variables.iter().cloned());
        command.env("AWS_SHARED_CREDENTIALS_FILE", project.directory().join("credentials"));
        let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
        match deaf {
            Some("stdout") => command.stdout(full()),
            Some(_) => command.stderr(full()),
            None => &mut command,
        };
        let run = Run::of(&mut command);
        let what = format!("{} with {deaf:?} full", arguments.join(" "));
        planted.assert_hidden(&run, &what);
        assert!(run.code.is_some() && !run.stderr.contains("a fault of its own"), "{what}: {run:?}");
        run.code.unwrap()
    };
    let commands: [&[&str]; 6] =
        [&["check"], &["render"], &["diff"], &["deploy"], &["deploy", "--json"], &["status", "--json"]];
    for arguments in commands {
        // 101 is a panic that nobody heard.
        assert!(run(arguments, Some("stderr")) < 3, "{arguments:?}");
        assert!(run(arguments, Some("stdout")) < 3, "{arguments:?}");
    }
    for call in 1..10 {
        cloud.fault(call, Fault::Nonsense);
        project.write("contents/more.txt", call.to_string());
        assert!(run(&["deploy"], None) < 2, "nonsense at call {call}");
    }
}
