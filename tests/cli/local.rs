//! `stack local`, and `--local` without a local cloud.

use std::net::{Ipv4Addr, TcpListener};

use test_support::{Run, RunningCloud, TestProject};

use crate::{SMALL, STACK, assert_run, whole};

/// True when nobody uses the default port on this machine; tests that need that are skipped otherwise.
fn default_port_is_free() -> bool {
    let is_free = TcpListener::bind((Ipv4Addr::LOCALHOST, 4566)).is_ok();
    if !is_free {
        test_support::skipped("port 4566 is in use on this machine");
    }
    is_free
}

#[test]
fn without_a_local_cloud() {
    if !default_port_is_free() {
        return;
    }
    let project = TestProject::new(STACK, SMALL);
    assert_run!("local_deploy_without_cloud", &project, &["deploy", "--local"]);
    assert_run!("local_env_without_cloud", &project, &["local", "env"]);
    assert_run!("local_status_without_cloud", &project, &["local", "status"]);
    assert_run!("local_stop_without_cloud", &project, &["local", "stop"]);
}

#[test]
fn a_taken_port_is_named_and_nothing_is_left_behind() {
    let project = TestProject::new(STACK, SMALL);
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for arguments in [
        vec!["local", "start", "--port", &port],
        vec!["local", "start", "--foreground", "--port", &port],
        vec!["dev", "--port", &port],
    ] {
        let run = project.run(&arguments);
        assert_eq!(run.code, Some(1), "{arguments:?}");
        assert_eq!(run.stdout, "", "{arguments:?}");
        let text = whole(&run, &project).replace(&port, "[port]");
        insta::with_settings!({ omit_expression => true }, {
            insta::allow_duplicates! { insta::assert_snapshot!("local_port_taken", text); }
        });
        assert_eq!(project.run(&["local", "status"]).stdout, "stopped\n", "{arguments:?}");
    }
}

#[test]
fn it_starts_in_the_background_answers_and_stops() {
    let project = TestProject::new(STACK, SMALL);
    // A background process must not hold the pipes of its starter, or this call would not return.
    let started = project.succeed(&["local", "start", "--port", "0", "--memory"]);
    let url = started.stdout.strip_prefix("ready ").unwrap().trim_end().to_owned();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");

    let again = project.succeed(&["local", "start", "--port", "0"]);
    assert_eq!(again.stdout, started.stdout, "one per project");

    let status = project.succeed(&["local", "status", "--json"]).json();
    assert_eq!((&status["running"], &status["answers"]), (&true.into(), &true.into()), "{status}");
    assert_eq!(status["url"], url.as_str());
    assert!(status["data"].is_null(), "{status}");

    let env = project.succeed(&["local", "env"]).stdout;
    assert!(env.contains(&format!("export AWS_ENDPOINT_URL={url}\n")), "{env}");
    assert!(env.contains("export AWS_REGION=eu-central-1\n"), "the project's region: {env}");

    let reset = project.run(&["local", "reset", "--yes"]);
    assert_eq!(reset.code, Some(1), "its data is in use: {}", reset.stderr);

    project.succeed(&["local", "stop"]);
    assert_eq!(project.run(&["local", "status"]).stdout, "stopped\n");
}

#[test]
fn a_local_cloud_of_another_region_is_refused() {
    let project = TestProject::new(STACK, SMALL);
    let started = project.succeed(&["local", "start", "--port", "0", "--memory", "--region", "ap-south-1"]).stdout;
    let url = started.strip_prefix("ready ").unwrap().trim_end();
    for arguments in [vec!["deploy", "--local"], vec!["outputs", "--local"], vec!["destroy", "--local", "--yes"]] {
        let text = whole(&project.run(&arguments), &project).replace(url, "[url]");
        insta::with_settings!({ omit_expression => true }, {
            insta::allow_duplicates! { insta::assert_snapshot!("local_other_region", text); }
        });
    }
    let run = project.run(&["outputs", "--local", "--region", "ap-south-1"]);
    assert!(!run.stderr.contains("local-cloud-region"), "its own region is the way out: {}", run.stderr);
    project.succeed(&["local", "stop"]);
}

#[test]
fn the_region_is_known_though_a_value_is_missing() {
    let project = TestProject::new(STACK, &SMALL.replace("stack: small\n", "stack: small\nparameters: { door: {} }\n"));
    assert_eq!(project.run(&["check"]).code, Some(1), "the parameter has no value");
    project.succeed(&["local", "start", "--port", "0", "--memory"]);
    let env = project.succeed(&["local", "env"]).stdout;
    assert!(env.contains("export AWS_REGION=eu-central-1\n"), "{env}");
    let run = project.run(&["outputs", "--local"]);
    assert!(!run.stderr.contains("local-cloud-region"), "{}", run.stderr);
    project.succeed(&["local", "stop"]);
}

#[test]
fn a_killed_one_is_not_taken_for_running() {
    let project = TestProject::new(STACK, SMALL);
    RunningCloud::start(&project).kill();
    assert_eq!(project.run(&["local", "status"]).stdout, "stopped\n");
    project.succeed(&["local", "stop"]);
}

#[test]
fn the_foreground_ends_with_a_signal() {
    let project = TestProject::new(STACK, SMALL);
    let cloud = RunningCloud::start(&project);
    let id = cloud.process_id().to_string();
    let run = Run::of(std::process::Command::new("kill").args(["-INT", &id]));
    assert_eq!(run.code, Some(0));
    for _ in 0..500 {
        if project.run(&["local", "status"]).stdout == "stopped\n" {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("process {id} did not end");
}

#[test]
fn reset_removes_the_data_and_nothing_else() {
    let project = TestProject::new(STACK, SMALL);
    project.write(".stack/local/data/x", "1").write(".stack/other", "2");
    project.succeed(&["local", "reset", "--yes"]);
    assert!(!project.directory().join(".stack/local/data").exists());
    assert!(project.directory().join(".stack/other").exists());
    assert!(project.directory().join("stack.yaml").exists());
}
