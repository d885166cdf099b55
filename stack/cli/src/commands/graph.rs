//! `stack graph`: the architecture, drawn.

use crate::arguments::{GraphArguments, GraphFormat, Settings};
use crate::error::CliError;
use crate::project::ProjectFiles;
use crate::report::Report;

pub(super) fn run(settings: &Settings, arguments: GraphArguments) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let plan = files.plan(settings, &arguments.parameters.into_map(), None)?;
    let text = match arguments.format {
        GraphFormat::Svg => plan.graph.to_svg(),
        GraphFormat::Mermaid => plan.graph.to_mermaid(),
        GraphFormat::Dot => plan.graph.to_dot(),
    };
    Ok(Report::Graph { stack_name: plan.stack_name, graph: plan.graph, text })
}
