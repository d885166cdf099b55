//! `cargo xtask oracle`: our check of templates against cfn-lint's, on templates that we did not write.

mod compare;
mod corpus;
mod lint;
mod twins;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use clap::Args;

use crate::failure::Failure;
use crate::talk::{print, say};
use crate::{paths, tools};

#[derive(Args)]
pub(crate) struct OracleArguments {
    /// Look at the first templates only
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,
}

/// Fetches the templates, runs both checks over each, prints the figure and writes the differences to a file.
///
/// # Errors
/// When a package or cfn-lint cannot be had, and when a template cannot be read.
pub(crate) fn run(arguments: &OracleArguments) -> Result<(), Failure> {
    let directory = paths::target().join("oracle");
    let mut templates = corpus::provide(&directory)?;
    if let Some(limit) = arguments.limit {
        templates.truncate(limit);
    }
    let python = tools::python().map_err(Failure::new)?;
    let theirs = lint::run(&python, &directory, &templates)?;
    say(&format!("checking {} templates", templates.len()));
    let mut texts = BTreeMap::new();
    for file in &templates {
        texts.insert(file.clone(), std::fs::read_to_string(file)?);
    }
    let report = compare::compare(&texts, &theirs);
    let twins = twins::check(&texts);
    let differences = directory.join("differences.txt");
    std::fs::write(&differences, render(&report, &twins, &directory))?;
    print(&format!("templates                     {}", report.templates));
    print(&format!("  that cfn-lint calls clean   {}", report.clean));
    print(&format!("error findings of cfn-lint    {}", report.found + report.missed.len()));
    print(&format!("  found by stack check        {}", report.found));
    print(&format!("  missed                      {}", report.missed.len()));
    print(&format!("false alarms on clean ones    {}", report.false_alarms.len()));
    print(&format!("twins: parsed {}, YAML/JSON unequal or unstable {}", twins.parsed, twins.faults.len()));
    print(&format!("differences                   {}", differences.display()));
    Ok(())
}

fn render(report: &compare::Report, twins: &twins::Twins, directory: &Path) -> String {
    let mut text = String::new();
    for (title, rows) in [("missed", &report.missed), ("false alarms", &report.false_alarms)] {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "== {title}: {}", rows.len());
        let mut by_kind: BTreeMap<&str, usize> = BTreeMap::new();
        for row in rows {
            *by_kind.entry(&row.kind).or_default() += 1;
        }
        for (kind, count) in by_kind {
            let _ = writeln!(text, "{count:5} {kind}");
        }
        for row in rows {
            let file = row.file.strip_prefix(directory).unwrap_or(&row.file);
            let _ = writeln!(text, "{} {}:{} {} {}", row.kind, file.display(), row.line, row.path, row.message);
        }
    }
    let _ = writeln!(text, "== twins: {}", twins.faults.len());
    for fault in &twins.faults {
        let _ = writeln!(text, "{fault}");
    }
    text
}
