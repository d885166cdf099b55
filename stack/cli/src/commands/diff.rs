//! `stack diff`: what is deployed against the plan; or two templates, offline.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use stack_aws::{Aws, OperationOptions, artifact_bucket_name};
use stack_local::DEFAULT_ACCOUNT;
use stack_plan::diff::Changes;
use stack_plan::plan::ARTIFACT_BUCKET_PARAMETER;
use stack_plan::{Built, Plan, Template};

use super::{build, write_file};
use crate::arguments::{DiffArguments, Settings};
use crate::differences::{Planned, StackDifferences};
use crate::error::CliError;
use crate::fact::Fact;
use crate::output::Output;
use crate::plan_file;
use crate::preview;
use crate::project::{ProjectFiles, read_text};
use crate::report::Report;
use crate::runtime;
use crate::target::{self, Connected};

pub(super) fn run(settings: &Settings, arguments: DiffArguments, output: &mut Output) -> Result<Report, CliError> {
    let DiffArguments { template, from, no_build, change_set, out, markdown, parameters } = arguments;
    let parameters = parameters.into_map();
    if let [old, new] = template.as_slice() {
        let changes = Changes::between(&read_template(&settings.path(old))?, &read_template(&settings.path(new))?);
        let (from, to) = (old.display().to_string(), new.display().to_string());
        return Ok(Report::Differences { from, to, changes, markdown });
    }
    let files = ProjectFiles::read(settings)?;
    if let Some(from) = from {
        let old = read_template(&settings.path(&from))?;
        let plan = files.plan(settings, &parameters, None)?;
        if plan.account == DEFAULT_ACCOUNT && settings.account.is_none() {
            output.fact(&Fact::AccountAssumed { account: &plan.account });
        }
        let changes = Changes::between(&old, &plan.template);
        return Ok(Report::Differences { from: from.display().to_string(), to: plan.stack_name, changes, markdown });
    }
    let out = out.map(|path| settings.path(&path));
    let asked = Asked { builds: !no_build, change_set, out: out.as_deref() };
    online(settings, &files, &parameters, &asked, output).map(|stacks| match stacks {
        Some(stacks) => Report::StackDifferences { stacks, plan: out, markdown },
        None => Report::Interrupted,
    })
}

/// What is asked for beside the templates.
struct Asked<'a> {
    /// The code of functions.
    builds: bool,
    /// What CloudFormation says.
    change_set: bool,
    /// The file that a plan is written into.
    out: Option<&'a Path>,
}

/// The stack and its companions, as they are and as they would be; nothing when the user interrupts.
fn online(
    settings: &Settings,
    files: &ProjectFiles,
    parameters: &BTreeMap<String, String>,
    asked: &Asked<'_>,
    output: &mut Output,
) -> Result<Option<Vec<StackDifferences>>, CliError> {
    let endpoint_url = target::endpoint(settings, files)?;
    runtime::run(async |interrupt| {
        let connecting = target::connect(settings, files, parameters, endpoint_url);
        let Connected { aws, plan } = tokio::select! {
            connected = connecting => connected?,
            () = interrupt.cancelled() => return Ok(None),
        };
        let built = if asked.builds && !plan.artifacts.is_empty() {
            let profile = build::profile(settings);
            match build::build(&files.directory, &plan.artifacts, profile, &interrupt, output).await? {
                Some(built) => Some(built),
                None => return Ok(None),
            }
        } else {
            None
        };
        let zips = built.as_deref().unwrap_or_default();
        let looking = async {
            // First what the plan is bound to: what is compared after it is that, or the plan is stale already.
            let saved = match asked.out {
                Some(path) => Some((path, stack_aws::save_plan(&aws, &plan, zips).await?)),
                None => None,
            };
            Ok::<_, CliError>((saved, compare(&aws, &plan, built.as_deref()).await?))
        };
        let (saved, compared) = tokio::select! {
            looked = looking => looked?,
            () = interrupt.cancelled() => return Ok(None),
        };
        if let Some((path, saved)) = saved {
            write_file(path, plan_file::render_plan(&saved).as_bytes())?;
        }
        if !asked.change_set {
            return Ok(Some(compared.into_iter().map(|(differences, _)| differences).collect()));
        }
        // Not cut short by an interrupt: it takes away what it made.
        let options = OperationOptions { interrupt, arguments: settings.choice(), ..OperationOptions::default() };
        let previews = stack_aws::preview(&aws, &plan, zips, &options).await?;
        Ok(previews.map(|previews| {
            let companions = plan.companions.iter().map(|companion| &companion.template);
            let templates = std::iter::once(&plan.template).chain(companions);
            let stacks = compared.into_iter().zip(templates).zip(previews);
            let join = |(((mut differences, deployed), planned), preview)| {
                preview::join(&mut differences, &deployed, planned, preview);
                differences
            };
            stacks.map(join).collect()
        }))
    })
}

/// The differences of each stack, with the template that is deployed: empty where nothing is.
async fn compare(
    aws: &Aws,
    plan: &Plan,
    built: Option<&[Built]>,
) -> Result<Vec<(StackDifferences, Template)>, CliError> {
    let mut values = plan.parameters.clone();
    if plan.template.parameters.contains_key(ARTIFACT_BUCKET_PARAMETER) {
        values.insert(ARTIFACT_BUCKET_PARAMETER.to_owned(), artifact_bucket_name(&plan.account, &plan.region));
    }
    let main = Planned {
        stack_name: &plan.stack_name,
        region: &plan.region,
        template: &plan.template,
        parameters: values,
        unknown: plan.companions.iter().flat_map(|companion| &companion.outputs).map(String::as_str).collect(),
        tags: &plan.tags,
        artifacts: &plan.artifacts,
        built,
    };
    let mut stacks = vec![differences(aws, &main).await?];
    for companion in &plan.companions {
        let planned = Planned {
            stack_name: &companion.stack_name,
            region: &companion.region,
            template: &companion.template,
            parameters: BTreeMap::new(),
            unknown: BTreeSet::new(),
            tags: &plan.tags,
            artifacts: &[],
            built: None,
        };
        stacks.push(differences(&aws.in_region(&companion.region), &planned).await?);
    }
    Ok(stacks)
}

async fn differences(aws: &Aws, planned: &Planned<'_>) -> Result<(StackDifferences, Template), CliError> {
    let deployed = stack_aws::deployed(aws, planned.stack_name, planned.tags).await?;
    let template = match deployed.as_ref().and_then(|deployed| deployed.template.as_deref()) {
        Some(text) => Template::parse(text).map_err(|fault| CliError::DeployedTemplateInvalid {
            stack_name: planned.stack_name.to_owned(),
            fault: Box::new(fault),
        })?,
        None => Template::default(),
    };
    Ok((StackDifferences::between(deployed.as_ref(), &template, planned), template))
}

fn read_template(path: &Path) -> Result<Template, CliError> {
    let text = read_text(path)?;
    Template::parse(&text).map_err(|fault| CliError::TemplateInvalid { path: path.to_owned(), fault: Box::new(fault) })
}
