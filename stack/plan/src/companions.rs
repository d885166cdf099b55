//! Companion stacks: what a project needs in other regions.

use indexmap::IndexMap;

use crate::construct::domain::{Certificates, EDGE_REGION};
use crate::construct::{Construct, Kind};
use crate::fault::FaultKind;
use crate::links::Links;
use crate::names::STACK_NAME;
use crate::plan::{Companion, Context};
use crate::planning::Rendered;
use crate::project::Project;
use crate::template::Parameter;

/// The companions of a plan: one for the certificates of the edge, when the project is at home elsewhere and needs any.
pub(crate) fn companions(links: &Links<'_>, project: &Project, context: &Context) -> Vec<Companion> {
    let certificates = Certificates::new(links);
    let domains = certificates.at_the_edge();
    if domains.is_empty() {
        return Vec::new();
    }
    let mut rendered = Rendered::new(&context.template_sources, links.sink);
    for (domain, _) in &domains {
        let values = certificates.values(domain, EDGE_REGION);
        rendered.add(Kind::Domain.source(), &values, (Kind::Domain, domain.name(), domain.place()));
    }
    let (mut template, origins) = rendered.finish();
    template.format_version = Some("2010-09-09".to_owned());
    template.description =
        Some(format!("{}, environment {}: certificates for CloudFront", project.name, links.settings.environment.name));
    for error in template.faults() {
        let id = error.path.split('/').nth(2).unwrap_or_default();
        if let Some((_, place)) = origins.get(id) {
            links.sink.push(FaultKind::InvalidTemplate(error.fault), place);
        }
    }
    vec![Companion {
        region: EDGE_REGION.to_owned(),
        stack_name: links.naming.of_account("edge", STACK_NAME),
        template,
        outputs: domains.into_iter().map(|(_, parameter)| parameter).collect(),
        origins: origins.into_iter().map(|(id, (origin, _))| (id, origin)).collect(),
    }]
}

/// Parameters by which the main template receives what companions give.
pub(crate) fn received_parameters(companions: &[Companion]) -> IndexMap<String, Parameter> {
    let outputs = companions.iter().flat_map(|companion| companion.outputs.iter().map(move |name| (companion, name)));
    outputs
        .map(|(companion, name)| {
            let description = format!("Output {name} of stack {} in {}", companion.stack_name, companion.region);
            let parameter = Parameter {
                parameter_type: "String".to_owned(),
                description: Some(description),
                ..Parameter::default()
            };
            (name.clone(), parameter)
        })
        .collect()
}
