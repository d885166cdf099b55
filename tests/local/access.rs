//! `stack access`: what functions did, from the calls that they made to what the command says.

use serde_json::{Value, json};

use crate::stub::{Deployed, SUFFIX};

/// Options that every command of the test needs.
const OPTIONS: [&str; 4] = ["-e", "dev", "--suffix", SUFFIX];

fn access(deployed: &Deployed, arguments: &[&str]) -> test_support::Run {
    deployed.project.run(&[&["access"], &OPTIONS[..], arguments].concat())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn used_denied_and_unused_are_told_for_each_function() {
    let Some(deployed) = Deployed::start("avatars", &[]).await else { return };
    let idle = access(&deployed, &["process-image"]);
    assert!(idle.stdout.contains("has asked for nothing yet"), "{idle:?}");

    deployed.put("uploads", "a.jpg").await;
    deployed.was_called("process-image", "a.jpg").await;
    let uploads = deployed.bucket("uploads");
    let call =
        |method: &str, key: &str| json!({ "service": "s3", "method": method, "url": format!("/{uploads}/{key}") });
    let calls: Vec<Value> = vec![call("GET", "a.jpg"), call("GET", "a.jpg"), call("DELETE", "a.jpg")];
    let statuses: Vec<Value> =
        deployed.calls("process-image", &calls).await.iter().map(|answer| answer["status"].clone()).collect();
    assert_eq!(statuses, [200, 200, 403]);

    let text = access(&deployed, &["process-image"]).stdout;
    let object = format!("arn:aws:s3:::{uploads}/a.jpg");
    for part in [
        format!("    s3:GetObject\n      2x {object}\n"),
        format!("  denied\n    s3:DeleteObject\n      1x {object}\n"),
        "        add to function `process-image` in stack.yaml: access: { delete: bucket.uploads }\n".to_owned(),
        "  granted, unused\n".to_owned(),
        "    s3:PutObject (policy ".to_owned(),
    ] {
        assert!(text.contains(&part), "no {part:?} in\n{text}");
    }
    assert!(text.starts_with("process-image stack.yaml:"), "{text}");
    assert_eq!(access(&deployed, &[]).stdout, text, "the project has no other function");

    let report = access(&deployed, &["--json"]).json();
    let identity = &report["identities"][0];
    assert_eq!((&report["report"], &report["enforced"]), (&json!("access"), &json!(true)), "{report}");
    assert_eq!(identity["function"], "process-image", "{report}");
    assert_eq!(identity["declared"]["key_path"], "functions.process-image", "{report}");
    assert_eq!((&identity["denied"][0]["resource"], &identity["denied"][0]["times"]), (&json!(object), &json!(1)));

    let all = access(&deployed, &["--all"]).stdout;
    assert!(all.contains(text.trim_end()), "{all}");

    let unknown = access(&deployed, &["proces-image"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(1), ""));
    assert!(unknown.stderr.contains("did you mean `process-image`?"), "{}", unknown.stderr);
}
