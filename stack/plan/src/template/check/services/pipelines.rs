//! Pipelines: where sources are, and which artifacts go from action to action.

use serde_json::Value;

use crate::template::check::conditions::Assumptions;
use crate::template::check::found::{At, Found};
use crate::template::check::resources::Selected;
use crate::template::check::{Checker, SchemaFault};

/// Owner, category and provider of an action, and its least and most artifacts: inputs, outputs.
type Artifacts = (&'static str, &'static str, &'static str, (usize, usize), (usize, usize));

/// What AWS's actions take and give.
const ARTIFACTS: [Artifacts; 18] = [
    ("AWS", "Approval", "Manual", (0, 0), (0, 0)),
    ("AWS", "Build", "CodeBuild", (1, 5), (0, 5)),
    ("AWS", "Deploy", "CloudFormation", (0, 10), (0, 1)),
    ("AWS", "Deploy", "CodeDeploy", (1, 1), (0, 0)),
    ("AWS", "Deploy", "ECS", (1, 1), (0, 0)),
    ("AWS", "Deploy", "ElasticBeanstalk", (1, 1), (0, 0)),
    ("AWS", "Deploy", "OpsWorks", (1, 1), (0, 0)),
    ("AWS", "Deploy", "S3", (1, 1), (0, 0)),
    ("AWS", "Deploy", "ServiceCatalog", (1, 1), (0, 0)),
    ("AWS", "Invoke", "Lambda", (0, 5), (0, 5)),
    ("AWS", "Source", "CodeCommit", (0, 0), (1, 1)),
    ("AWS", "Source", "ECR", (0, 0), (1, 1)),
    ("AWS", "Source", "S3", (0, 0), (1, 1)),
    ("AWS", "Test", "CodeBuild", (1, 5), (0, 5)),
    ("AWS", "Test", "DeviceFarm", (1, 1), (0, 0)),
    ("Custom", "Build", "Jenkins", (0, 5), (0, 5)),
    ("Custom", "Test", "Jenkins", (0, 5), (0, 5)),
    ("ThirdParty", "Source", "GitHub", (0, 0), (1, 1)),
];

pub(super) fn check(checker: &Checker<'_>, properties: &Value, at: &At<'_>, under: &Assumptions, found: &mut Found) {
    sources(properties, at, found);
    let mut made: Vec<Selected> = Vec::new();
    for stage in checker.selected(properties, "Stages/*", at, under) {
        let mut here: Vec<Selected> = Vec::new();
        let mut used: Vec<Selected> = Vec::new();
        for action in checker.selected(&stage.value, "Actions/*", &At::path(&stage.path), &stage.under) {
            let at = At::path(&action.path);
            counts(checker, &action, &at, found);
            here.extend(checker.selected(&action.value, "OutputArtifacts/*/Name", &at, &action.under));
            used.extend(checker.selected(&action.value, "InputArtifacts/*/Name", &at, &action.under));
            template(checker, &action, &at, found);
        }
        for output in here {
            let is_twin = |known: &&Selected| {
                let both = known.under.iter().chain(&output.under).cloned().collect();
                known.path != output.path && known.value == output.value && checker.conditions.is_possible(&both)
            };
            if output.value.is_string() && made.iter().any(|known| is_twin(&known)) {
                found
                    .say(&At::path(&output.path), format!("{} is an artifact of another action already", output.value));
            }
            made.push(output);
        }
        // Actions of one stage may follow each other.
        let is_literal = made.iter().all(|known| known.value.is_string());
        for input in used.iter().filter(|input| input.value.is_string() && is_literal) {
            if !made.iter().any(|known| known.value == input.value) {
                let name = input.value.as_str().unwrap_or_default().to_owned();
                let known = made.iter().filter_map(|known| known.value.as_str().map(str::to_owned)).collect();
                found.push(&At::path(&input.path), SchemaFault::UndeclaredName { name, known });
            }
        }
    }
}

/// Sources are in the first stage, and only there.
fn sources(properties: &Value, at: &At<'_>, found: &mut Found) {
    let at = at.key("Stages");
    let stages = properties.get("Stages").and_then(Value::as_array).into_iter().flatten();
    for (stage, value) in stages.enumerate() {
        let actions = value.get("Actions").and_then(Value::as_array).into_iter().flatten();
        for (action, value) in actions.enumerate() {
            let Some(category) = value.pointer("/ActionTypeId/Category").and_then(Value::as_str) else { continue };
            if (category == "Source") != (stage == 0) {
                let allowed = match stage {
                    0 => &["Source"][..],
                    _ => &["Build", "Approval", "Deploy", "Test", "Invoke", "Compute"][..],
                };
                let allowed = allowed.iter().map(|name| (*name).to_owned()).collect();
                let at = at.index(stage);
                let at = at.key("Actions");
                let at = at.index(action);
                let at = at.key("ActionTypeId");
                found.push(&at.key("Category"), SchemaFault::NotAllowed { value: category.to_owned(), allowed });
            }
        }
    }
}

/// How many artifacts an action takes and gives.
fn counts(checker: &Checker<'_>, action: &Selected, at: &At<'_>, found: &mut Found) {
    let kind = |key: &str| action.value.pointer(&format!("/ActionTypeId/{key}")).and_then(Value::as_str);
    let (Some(owner), Some(category), Some(provider)) = (kind("Owner"), kind("Category"), kind("Provider")) else {
        return;
    };
    let known = ARTIFACTS.iter().find(|known| (known.0, known.1, known.2) == (owner, category, provider));
    let Some((.., inputs, outputs)) = known else { return };
    for (key, (least, most), what) in
        [("InputArtifacts", inputs, "input artifacts"), ("OutputArtifacts", outputs, "output artifacts")]
    {
        let is_written = action.value.get(key).is_none_or(Value::is_array);
        let items = checker.selected(&action.value, &format!("{key}/*"), at, &action.under);
        let has_choice = items.iter().any(|item| item.under.len() > action.under.len());
        let number = items.len();
        if !is_written || has_choice || (*least..=*most).contains(&number) {
            continue;
        }
        let bound = if number < *least { format!("at least {least}") } else { format!("at most {most}") };
        let fault = SchemaFault::WrongCount { what, found: number, bound: format!("{bound} of {provider}") };
        if action.value.get(key).is_some() {
            found.push(&at.key(key), fault);
        } else {
            found.push(at, fault);
        }
    }
}

/// A template is taken out of an artifact that the action is given.
fn template(checker: &Checker<'_>, action: &Selected, at: &At<'_>, found: &mut Found) {
    for path in checker.selected(&action.value, "Configuration/TemplatePath", at, &action.under) {
        let Some((artifact, _)) = path.value.as_str().and_then(|path| path.split_once("::")) else { continue };
        let inputs = checker.selected(&action.value, "InputArtifacts/*/Name", at, &action.under);
        let known: Option<Vec<String>> = inputs.iter().map(|input| input.value.as_str().map(str::to_owned)).collect();
        if let Some(known) = known.filter(|known| !known.iter().any(|name| name == artifact)) {
            found.push(&At::path(&path.path), SchemaFault::UndeclaredName { name: artifact.to_owned(), known });
        }
    }
}
