//! How a command ended, in words.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use stack_aws::Invoked;

use super::event::{Tally, bytes};
use super::{access, differences, drift, garbage, offline, operation, outcome, status};
use crate::migrations::{MigrationReport, MigrationStatus, MigrationStep};
use crate::output::style::{Style, harmless};
use crate::report::{Check, CheckState, KeptStack, Report, StackReport, TemplateWarning};

/// What goes where.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// For stdout.
    pub(super) data: String,
    /// For stderr.
    pub(super) talk: String,
}

impl Parts {
    pub(super) fn data(data: impl Into<String>) -> Self {
        Self { data: data.into(), talk: String::new() }
    }

    pub(super) fn talk(talk: impl Into<String>) -> Self {
        Self { data: String::new(), talk: talk.into() }
    }
}

/// The report for people.
pub(super) fn parts(style: Style, report: &Report, tally: &Tally) -> Parts {
    match report {
        Report::Checked { file, stack_name, resources, functions } => Parts::talk(format!(
            "{} {file}: stack {stack_name}, {}, {}\n",
            style.good("no faults in"),
            count(*resources, "resource"),
            count(*functions, "function")
        )),
        Report::TemplateChecked { file, region, warnings } => Parts::talk(template_text(style, file, region, warnings)),
        Report::Rendered { text, .. } | Report::Graph { text, .. } => Parts::data(text.clone()),
        Report::Explained { file, resources, .. } => Parts::data(offline::explained_text(style, file, resources)),
        Report::Differences { from, to, changes, markdown: true } => differences::templates_page(from, to, changes),
        Report::Differences { from, to, changes, markdown: false } => offline::differences(style, from, to, changes),
        Report::StackDifferences { stacks, plan, markdown } => {
            let mut parts = differences::parts(style, stacks, *markdown);
            if let Some(plan) = plan {
                let _ = writeln!(parts.talk, "the plan is in {}; `stack deploy --plan` takes it", plan.display());
            }
            parts
        }
        Report::Schema { schema } => Parts::data(format!("{schema:#}\n")),
        Report::Sources { sources } => Parts::data(offline::sources_text(style, sources)),
        Report::Examples { examples } => Parts::data(examples.iter().fold(String::new(), |mut text, (name, shows)| {
            let _ = writeln!(text, "{name:<14} {shows}");
            text
        })),
        Report::Initialized { name, directory, files, next } => {
            Parts::talk(offline::initialized_text(style, name, directory, files, next))
        }
        Report::Written { files } => {
            Parts::data(files.iter().fold(String::new(), |text, file| text + &file.display().to_string() + "\n"))
        }
        Report::Built { functions } => Parts::data(functions.iter().fold(String::new(), |mut text, built| {
            let _ = writeln!(text, "{}  {}  {}", built.function, built.file.display(), bytes(built.size));
            text
        })),
        Report::Stack { outcome, declared } => outcome::parts(style, outcome, declared.as_ref(), tally),
        Report::Stacks { stacks, kept } => {
            let mut parts = Parts::default();
            for StackReport { outcome, declared, .. } in stacks {
                let Parts { data, talk } = outcome::parts(style, outcome, declared.as_ref(), tally);
                parts.data += &data;
                parts.talk += &talk;
            }
            for KeptStack { stack_name, reason } in kept {
                let _ = writeln!(parts.talk, "kept {}: {}", style.bold(stack_name), harmless(reason));
            }
            if stacks.is_empty() && kept.is_empty() {
                parts.talk += "nothing is old enough to be destroyed\n";
            }
            parts
        }
        Report::Drift { stacks, markdown } => drift::parts(style, stacks, *markdown),
        Report::Status { stack_name, region, state, now } => status::parts(style, stack_name, region, state, *now),
        Report::Events { stack_name, operation, declared, limit } => {
            operation::parts(style, stack_name, operation, declared.as_ref(), *limit)
        }
        Report::Environments { project, region, stacks, now } => status::list(style, project, region, stacks, *now),
        Report::Logs { lines: 0, followed: false } => Parts::talk("no lines; --since looks further back\n"),
        Report::Invoked { function, invoked, .. } => invoked_parts(style, function, invoked),
        Report::Migrations { migrations, .. } => migrations_parts(style, migrations),
        Report::Completions { script, .. } => Parts::data(script.clone()),
        Report::Outputs { outputs, only, .. } => match only {
            Some(name) => Parts::data(outputs.get(name).map(|value| format!("{value}\n")).unwrap_or_default()),
            None => Parts::data(outputs_text(outputs)),
        },
        Report::Access { stack_name, enforced, identities, missing } => {
            access::parts(style, stack_name, *enforced, identities, missing)
        }
        Report::Token { pool, user, created, token, .. } => Parts {
            data: format!("{token}\n"),
            talk: if *created { format!("made the user {} in pool {pool}\n", harmless(user)) } else { String::new() },
        },
        Report::CloudStarted { url, pid, already } => Parts {
            data: format!("ready {url}\n"),
            talk: if *already { format!("it ran already (process {pid})\n") } else { String::new() },
        },
        Report::CloudStopped { pid: Some(pid) } => Parts::talk(format!("stopped the local cloud (process {pid})\n")),
        Report::CloudStopped { pid: None } => Parts::talk("no local cloud of this directory runs\n"),
        Report::CloudStatus { running: false, .. } => Parts::data("stopped\n"),
        Report::CloudStatus { url, pid, answers, data, log, .. } => Parts::data(format!(
            "{} {}\nprocess {}\nstate   {}\nlog     {}\n",
            if *answers { "running" } else { "no answer at" },
            url.as_deref().unwrap_or_default(),
            pid.unwrap_or_default(),
            data.as_ref().map_or_else(|| "in memory".to_owned(), |data| data.display().to_string()),
            log.display()
        )),
        Report::CloudReset { directory, existed: true } => Parts::talk(format!("removed {}\n", directory.display())),
        Report::CloudReset { existed: false, .. } => Parts::talk("there was nothing to remove\n"),
        Report::CloudEnvironment { variables } => Parts::data(environment_text(variables)),
        Report::Garbage { outcome, dry_run } => garbage::parts(style, outcome, *dry_run),
        Report::Doctor { checks } => Parts::data(checks.iter().fold(String::new(), |mut text, check| {
            text.push_str(&check_text(style, check));
            text
        })),
        Report::Declined => Parts::talk("nothing was changed\n"),
        Report::Logs { .. } | Report::Ended => Parts::default(),
        Report::Interrupted => Parts::talk("interrupted; nothing was deployed\n"),
    }
}

pub(super) fn outputs_text(outputs: &BTreeMap<String, String>) -> String {
    outputs.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "{name} = {value}");
        text
    })
}

/// The answer as it is, and beside it what the function logged and whether it failed.
fn invoked_parts(style: Style, function: &str, invoked: &Invoked) -> Parts {
    let mut data = invoked.payload.clone();
    if !data.is_empty() && !data.ends_with('\n') {
        data.push('\n');
    }
    let mut talk = invoked.log.lines().fold(String::new(), |text, line| text + &harmless(line) + "\n");
    match &invoked.error {
        Some(kind) => {
            let _ = writeln!(talk, "{} {function} ({})", style.bad("failed:"), harmless(kind));
        }
        None if invoked.status == 202 => {
            let _ = writeln!(talk, "{} the event is in the queue of {function}", style.good("accepted:"));
        }
        None => {}
    }
    Parts { data, talk }
}

/// Every migration on stdout, what was done on stderr.
fn migrations_parts(style: Style, report: &MigrationReport) -> Parts {
    let mut parts = Parts::default();
    for MigrationStep { version, name, direction } in &report.steps {
        let word = if direction == "down" { style.attention("undone ") } else { style.good("applied") };
        let _ = writeln!(parts.talk, "{word} {version:04} {}", harmless(name));
    }
    if report.steps.is_empty() {
        parts.talk += "nothing was run\n";
    }
    for MigrationStatus { version, name, state, recorded_at } in &report.migrations {
        let padded = format!("{:<10}", harmless(state));
        let state = match state.as_str() {
            "applied" => style.good(padded),
            "pending" => style.attention(padded),
            _ => style.bad(padded),
        };
        let at = recorded_at.as_deref().map(harmless).unwrap_or_default();
        let line = format!("{version:04} {state} {:<40} {at}", harmless(name));
        let _ = writeln!(parts.data, "{}", line.trim_end());
    }
    parts
}

fn environment_text(variables: &BTreeMap<&'static str, String>) -> String {
    // Keys of a session or a profile of the shell would win over the ones given here.
    let mut text = "unset AWS_PROFILE AWS_SESSION_TOKEN\n".to_owned();
    for (name, value) in variables {
        let _ = writeln!(text, "export {name}={value}");
    }
    text
}

fn check_text(style: Style, check: &Check) -> String {
    let mark = match check.state {
        CheckState::Good => style.good("ok     "),
        CheckState::Replaceable => style.attention("absent "),
        CheckState::Missing => style.bad("missing"),
    };
    let mut text = format!("{mark} {:<16} {}\n", check.name, harmless(&check.found));
    if let Some(mend) = &check.mend {
        let _ = writeln!(text, "        {:<16} {mend}", "mend:");
    }
    text
}

pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// One line for each warning, and one for the whole.
fn template_text(style: Style, file: &str, region: &str, warnings: &[TemplateWarning]) -> String {
    let mut text = String::new();
    for warning in warnings {
        let place = match (warning.line, warning.column) {
            (Some(line), Some(column)) => format!("{file}:{line}:{column}"),
            _ => file.to_owned(),
        };
        let help = warning.help.as_ref().map(|help| format!(" (help: {help})")).unwrap_or_default();
        let _ =
            writeln!(text, "{} {place}: {}{}", style.attention("warning"), harmless(&warning.message), harmless(&help));
    }
    let _ = writeln!(
        text,
        "{} {file}: checked for {region}, {}",
        style.good("no faults in"),
        count(warnings.len(), "warning")
    );
    text
}
