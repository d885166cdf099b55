//! Whole projects: text to plan, and text to faults.

mod access;
mod data;
mod data_pages;
mod databases;
mod delivery;
mod faults;
mod graph;
mod hostile;
mod hostile_operations;
mod language;
mod operations;
mod pages;
mod pages_operations;
mod plans;
mod rest;
mod systems;
mod twins;
mod web;

use std::collections::BTreeMap;

use crate::{Context, Faults, Plan, check_project, parse_project, plan};

fn context() -> Context {
    Context { user: "alice".to_owned(), account: Some("111122223333".to_owned()), ..Context::default() }
}

fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn plan_text(text: &str, context: &Context) -> Plan {
    let project = parse_project("stack.yaml", text).unwrap_or_else(|faults| panic!("{}", shown(&faults)));
    plan(&project, context).unwrap_or_else(|faults| panic!("{}", shown(&faults)))
}

fn faults_of(text: &str, context: &Context) -> Faults {
    check_project("stack.yaml", text, context).unwrap_err()
}

fn codes(text: &str, context: &Context) -> Vec<&'static str> {
    faults_of(text, context).faults().iter().map(|fault| fault.kind.code()).collect()
}

/// Everything of a plan but the template.
fn around(plan: &Plan) -> serde_json::Value {
    let mut value = serde_json::to_value(plan).unwrap();
    value.as_object_mut().unwrap().remove("template");
    value
}

/// Faults as a terminal without color shows them.
fn shown(faults: &Faults) -> String {
    let mut text = String::new();
    let theme = miette::GraphicalTheme::unicode_nocolor();
    miette::GraphicalReportHandler::new_themed(theme).with_width(120).render_report(&mut text, faults).unwrap();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
