//! `stack render`: the same bytes wherever, whenever and by whomever it runs.

use test_support::{Run, TestProject};

use crate::{SMALL, STACK, assert_run};

#[test]
fn both_formats() {
    let project = TestProject::new(STACK, SMALL);
    assert_run!("render_yaml", &project, &["render"]);
    assert_run!("render_json", &project, &["render", "--format", "json", "--account", "123456789012"]);
}

#[test]
fn synth_is_another_name() {
    let project = TestProject::new(STACK, SMALL);
    assert_eq!(project.succeed(&["synth"]).stdout, project.succeed(&["render"]).stdout);
}

#[test]
fn bytes_depend_on_neither_clock_nor_language_nor_directory() {
    let project = TestProject::new(STACK, SMALL);
    project.write("below/x", "");
    let expected = project.succeed(&["render"]).stdout;
    for (name, value) in [("TZ", "Pacific/Kiritimati"), ("LANG", "tr_TR.UTF-8"), ("LC_ALL", "C"), ("HOME", "/nowhere")]
    {
        let run = Run::of(project.command(&["render"]).env(name, value));
        assert_eq!(run.stdout, expected, "{name}={value}");
    }
    let below = Run::of(project.command(&["render"]).current_dir(project.directory().join("below")));
    assert_eq!(below.stdout, expected);
    let elsewhere = Run::of(project.command(&["render", "-C"]).arg(project.directory()).current_dir("/"));
    assert_eq!(elsewhere.stdout, expected);
}

#[test]
fn files_are_written_where_asked() {
    let project = TestProject::new(STACK, SMALL);
    assert_run!("render_out", &project, &["render", "--out", "rendered"]);
    let read = |name: &str| std::fs::read_to_string(project.directory().join("rendered").join(name)).unwrap();
    assert_eq!(read("template.yaml"), project.succeed(&["render"]).stdout);
    assert_eq!(read("artifacts.json"), "[]\n");
    assert_eq!(read("parameters.json"), "{}\n");
}

#[test]
fn the_report_carries_the_template_for_programs() {
    let project = TestProject::new(STACK, SMALL);
    let run = project.succeed(&["render", "--json", "--account", "123456789012"]);
    let report = run.json();
    assert_eq!(report["report"], "rendered");
    assert_eq!(report["stack_name"], "small-one");
    let text = project.succeed(&["render", "--format", "json", "--account", "123456789012"]).stdout;
    assert_eq!(report["template"], serde_json::from_str::<serde_json::Value>(&text).unwrap());
}

#[test]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_none() {
    use std::process::Stdio;
    let project = TestProject::new(STACK, SMALL);
    if let Ok(full) = std::fs::File::options().write(true).open("/dev/full") {
        let status = project.command(&["render"]).stdout(full).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(1));
    } else {
        test_support::skipped("this machine has no /dev/full");
    }
    let mut child = project.command(&["render"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn every_resource_is_explained() {
    let project = TestProject::fixture(STACK, "raw-cloudformation");
    assert_run!("render_explain", &project, &["render", "--explain", "--account", "123456789012"]);
    let report = project.succeed(&["render", "--explain", "--json", "--account", "123456789012"]).json();
    let resources = report["resources"].as_array().unwrap();
    let template = project.succeed(&["render", "--json", "--account", "123456789012"]).json();
    assert_eq!(resources.len(), template["template"]["Resources"].as_object().unwrap().len());
    for resource in resources {
        assert!(resource["line"].as_u64().unwrap() > 0, "{resource}");
    }
}
