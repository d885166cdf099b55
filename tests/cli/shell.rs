//! `stack completions` and `stack man`: what shells and man read.

use std::process::Command;

use test_support::{Run, TestProject};

use crate::{STACK, assert_run};

#[test]
fn bash_completes_commands_and_options() {
    let project = TestProject::empty(STACK);
    let script = project.succeed(&["completions", "bash"]).stdout;
    std::fs::write(project.directory().join("stack.bash"), script).unwrap();
    let ask = "source ./stack.bash; COMP_WORDS=(stack dep); COMP_CWORD=1; _stack stack dep stack; echo \"${COMPREPLY[*]}\"; \
               COMP_WORDS=(stack deploy --para); COMP_CWORD=2; _stack stack --para deploy; echo \"${COMPREPLY[*]}\"";
    let answer = Run::of(Command::new("bash").args(["-c", ask]).current_dir(project.directory()));
    assert_eq!(answer.stdout, "deploy\n--parameter\n", "{answer:?}");
}

#[test]
fn every_shell_has_a_script_and_no_other() {
    let project = TestProject::empty(STACK);
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        assert!(project.succeed(&["completions", shell]).stdout.contains("rollback"), "{shell}");
    }
    let report = project.succeed(&["completions", "bash", "--json"]).json();
    assert_eq!((&report["report"], &report["shell"]), (&"completions".into(), &"bash".into()));
    assert_run!("completions_unknown", &project, &["completions", "tcsh"]);
}

#[test]
fn there_is_a_page_for_every_command() {
    let project = TestProject::empty(STACK);
    let written = project.succeed(&["man", "pages"]).stdout;
    for name in ["stack.1", "stack-deploy.1", "stack-rollback.1", "stack-local-start.1"] {
        assert!(written.lines().any(|line| line == format!("pages/{name}")), "{name}: {written}");
    }
    let page = std::fs::read_to_string(project.directory().join("pages/stack-local-start.1")).unwrap();
    assert!(page.contains(".TH stack-local-start 1") && page.contains("\\-\\-port"), "{page}");
}
