//! Outcomes that take a person at a terminal, a signal at the right moment, or somebody else at work.

use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use test_support::scripted_cloudformation::World;
use test_support::{Run, ScriptedCloud, TestProject, eventually, run_on_terminal};

use super::{CHANGED, PROJECT, STACK_NAME, assert_voices, command, deployed};
use crate::{STACK, whole};

/// Runs a command in both voices, each in a cloud of its own that is like `world`, and compares what it says.
async fn assert_moment(
    name: &str,
    (project, world): (&str, &World),
    arguments: &[&str],
    code: i32,
    act: impl AsyncFn(&TestProject, &ScriptedCloud, &[&str]) -> Run,
) {
    let project = TestProject::new(STACK, project);
    let mut voices = Vec::new();
    for voice in [None, Some("--json")] {
        let cloud = ScriptedCloud::start().await;
        cloud.world(|own| own.clone_from(world));
        let arguments: Vec<&str> = arguments.iter().copied().chain(voice).collect();
        let run = act(&project, &cloud, &arguments).await;
        let text = format!("$ stack {}\n{}", arguments.join(" "), whole(&run, &project));
        voices.push(text.replace(cloud.endpoint(), "[endpoint]"));
        assert_eq!(run.code, Some(code), "{name}: {run:?}");
    }
    assert_voices(name, &voices);
}

/// The command, asked at a terminal, which is answered so.
async fn answered(
    project: &TestProject,
    cloud: &ScriptedCloud,
    arguments: &[&str],
    (question, answer): (&str, &str),
) -> Run {
    let mut command = command(project, cloud, arguments);
    let (question, answer) = (question.to_owned(), answer.to_owned());
    tokio::task::spawn_blocking(move || run_on_terminal(&mut command, &question, &answer)).await.unwrap()
}

/// The command in the background, with `act` at the moment when its operation has begun.
async fn struck(
    project: &TestProject,
    cloud: &ScriptedCloud,
    arguments: &[&str],
    act: impl FnOnce(&ScriptedCloud, &Child),
) -> Run {
    let mut command = command(project, cloud, arguments);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    eventually("the operation to begin", async || {
        let is_running = |world: &mut World| world.stacks.iter().any(|stack| !stack.pending.is_empty());
        cloud.world(is_running).then_some(())
    })
    .await;
    act(cloud, &child);
    ended(child).await
}

/// What a child said until its end.
async fn ended(child: Child) -> Run {
    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.unwrap().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn interrupt(child: &Child) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
}

const ASKED: &str = "[y/N] ";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_declined_at_a_terminal_is_taken_back() {
    let before = deployed().await;
    let nothing = World::default();
    let no = async |project: &TestProject, cloud: &ScriptedCloud, arguments: &[&str]| {
        answered(project, cloud, arguments, (ASKED, "n\n")).await
    };
    assert_moment("deploy_declined", (CHANGED, &before), &["deploy"], 3, no).await;
    assert_moment("deploy_creation_declined", (PROJECT, &nothing), &["deploy"], 3, no).await;
    assert_moment("destroy_declined", (PROJECT, &before), &["destroy"], 3, no).await;
    let drifted = {
        let mut world = before.clone();
        world.drifts.insert("AlertsTopic".to_owned(), ("MODIFIED".to_owned(), Vec::new()));
        world
    };
    assert_moment("drift_revert_declined", (PROJECT, &drifted), &["drift", "--revert"], 3, no).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_agreed_to_at_a_terminal_is_done() {
    let before = deployed().await;
    let yes = async |project: &TestProject, cloud: &ScriptedCloud, arguments: &[&str]| {
        answered(project, cloud, arguments, (ASKED, "yes\n")).await
    };
    assert_moment("deploy_agreed", (CHANGED, &before), &["deploy"], 0, yes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_at_the_question_is_a_no() {
    let before = deployed().await;
    // What Ctrl-C is at a terminal: the driver turns it into a signal for whoever the terminal controls, which is nobody here.
    let end = async |project: &TestProject, cloud: &ScriptedCloud, arguments: &[&str]| {
        answered(project, cloud, arguments, (ASKED, "\u{4}")).await
    };
    assert_moment("deploy_end_of_input", (CHANGED, &before), &["deploy"], 3, end).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_leaves_the_operation_and_says_how_to_go_on() {
    let mut before = deployed().await;
    before.slowness = 100_000;
    let leave = async |project: &TestProject, cloud: &ScriptedCloud, arguments: &[&str]| {
        without_progress(struck(project, cloud, arguments, |_, child| interrupt(child)).await)
    };
    assert_moment("deploy_detached", (CHANGED, &before), &["deploy", "--yes"], 130, leave).await;
    assert_moment("destroy_detached", (PROJECT, &before), &["destroy", "--yes"], 130, leave).await;
    assert_moment("deploy_creation_detached", (PROJECT, &slow()), &["deploy", "--yes"], 130, leave).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_takes_the_update_back_where_it_is_told_to() {
    let mut before = deployed().await;
    before.slowness = 100_000;
    let cancel = async |project: &TestProject, cloud: &ScriptedCloud, arguments: &[&str]| {
        let quick = |cloud: &ScriptedCloud, child: &Child| {
            // The rollback is over after a look.
            cloud.world(|world| world.slowness = 0);
            interrupt(child);
        };
        without_progress(struck(project, cloud, arguments, quick).await)
    };
    let arguments = ["deploy", "--yes", "--cancel-on-interrupt"];
    assert_moment("deploy_cancelled", (CHANGED, &before), &arguments, 1, cancel).await;
    assert_moment("deploy_creation_not_cancelled", (PROJECT, &slow()), &arguments, 4, cancel).await;
}

fn slow() -> World {
    let mut world = World::default();
    world.slowness = 100_000;
    world
}

/// How many events of the stack are told by then depends on the moment.
fn without_progress(run: Run) -> Run {
    let lines = run.stdout.lines().filter(|line| !line.starts_with("{\"event\":\"stack\""));
    Run { stdout: lines.flat_map(|line| [line, "\n"]).collect(), ..run }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_before_the_operation_takes_everything_back() {
    let mut before = deployed().await;
    before.change_sets_pend = true;
    let end = async |project: &TestProject, cloud: &ScriptedCloud, arguments: &[&str]| {
        let mut command = command(project, cloud, arguments);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut looks = 0;
        eventually("it waits for its change set", async || {
            looks += cloud.take_calls().iter().filter(|call| *call == "DescribeChangeSet").count();
            (looks > 2).then_some(())
        })
        .await;
        interrupt(&child);
        let run = ended(child).await;
        assert_eq!(cloud.world(|world| world.stack(STACK_NAME).unwrap().change_sets.len()), 1, "only that of before");
        run
    };
    assert_moment("deploy_interrupted", (CHANGED, &before), &["deploy", "--yes"], 130, end).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_that_somebody_deletes_meanwhile_is_told() {
    let mut before = deployed().await;
    before.slowness = 100_000;
    let deleted = async |project: &TestProject, cloud: &ScriptedCloud, arguments: &[&str]| {
        let delete = |cloud: &ScriptedCloud, _: &Child| {
            cloud.world(|world| {
                let stack = world.stack(STACK_NAME).unwrap();
                stack.pending.clear();
                "DELETE_COMPLETE".clone_into(&mut stack.status);
            });
        };
        without_progress(struck(project, cloud, arguments, delete).await)
    };
    assert_moment("deploy_deleted_meanwhile", (CHANGED, &before), &["deploy", "--yes"], 1, deleted).await;
    assert_moment("destroy_deleted_meanwhile", (PROJECT, &before), &["destroy", "--yes"], 0, deleted).await;
}
