//! `stack invoke`: what is refused before anything is asked. What a function answers is in `tests/local`.

use test_support::TestProject;

use crate::{SMALL, STACK, assert_run};

const PROJECT: &str = "stack: small\nregion: eu-central-1\nenvironments:\n  dev: { suffix: one }\nfunctions:\n  resize: { package: resize }\n";

#[test]
fn an_event_is_checked_before_anything_is_asked() {
    let project = TestProject::new(STACK, PROJECT);
    std::fs::write(project.directory().join("event.json"), "{\n  \"a\": 1,\n}").unwrap();
    assert_run!("invoke_function_unknown", &project, &["invoke", "resise"]);
    assert_run!("invoke_event_invalid", &project, &["invoke", "resize", "{a: 1}"]);
    assert_run!("invoke_file_invalid", &project, &["invoke", "resize", "--file", "event.json"]);
    assert_run!("invoke_file_missing", &project, &["invoke", "resize", "--file", "no.json"]);
    assert_run!("invoke_two_events", &project, &["invoke", "resize", "{}", "--file", "event.json"]);
    let project = TestProject::new(STACK, SMALL);
    assert_run!("invoke_no_functions", &project, &["invoke", "resize"]);
}
