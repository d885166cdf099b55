//! `stack init`: what it writes is a project at once.

use test_support::{Run, TestProject};

use crate::{STACK, assert_run};

#[test]
fn every_example_is_a_project_whose_workspace_cargo_reads() {
    let place = TestProject::empty(STACK);
    let listed = place.succeed(&["init", "--list", "--json"]).json();
    let examples: Vec<&String> = listed["examples"].as_object().unwrap().keys().collect();
    assert!(examples.iter().any(|name| *name == "minimal") && examples.iter().any(|name| *name == "avatars"));
    for example in examples {
        place.succeed(&["init", example, example, "--name", "mine"]);
        let directory = place.directory().join(example);
        let inside = |arguments: &[&str]| Run::of(place.command(arguments).current_dir(&directory));
        let checked = inside(&["check"]);
        assert_eq!(checked.code, Some(0), "{example}: {}", checked.stderr);
        let plan = inside(&["render", "--json", "--account", "123456789012"]).json();
        assert!(plan["stack_name"].as_str().unwrap().starts_with("mine-"), "{example}");
        let mut cargo = std::process::Command::new(env!("CARGO"));
        cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]).current_dir(&directory);
        let metadata = Run::of(&mut cargo);
        assert_eq!(metadata.code, Some(0), "{example}: {}", metadata.stderr);
    }
}

#[test]
fn the_smallest_project_is_written_into_an_empty_directory_only() {
    let place = TestProject::empty(STACK);
    std::fs::create_dir(place.directory().join(".git")).unwrap();
    assert_run!("init_minimal", &place, &["init", "--name", "hello"]);
    let written = std::fs::read_to_string(place.directory().join("stack.yaml")).unwrap();
    assert!(written.contains("\nstack: hello\n"), "{written}");
    assert_run!("init_not_empty", &place, &["init"]);
    assert_run!("init_unknown", &place, &["init", "avatar"]);
    assert_run!("init_bad_name", &place, &["init", "minimal", "x", "--name", "Über"]);
    assert!(!place.directory().join("x").exists());
}
