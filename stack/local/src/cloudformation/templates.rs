//! The operations on templates.

use std::collections::BTreeMap;

use stack_plan::Template;
use stack_plan::template::Parameter;

use super::api::{Answer, answer};
use super::input::{Call, invalid, needed_capability, read_template};
use super::stacks::{no_stack, no_stack_with_id};
use super::status::StackStatus;
use crate::wire::{ServiceError, XmlWriter};

/// `ValidateTemplate`.
pub(super) async fn validate_template(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let text = call.template_text().await?;
    let text = text.ok_or_else(|| invalid("Either Template URL or Template Body must be specified."))?;
    let template = read_template(&text)?;
    answer(move |xml| {
        xml.list("Parameters", &template.parameters, |xml, (name, parameter)| {
            xml.text("ParameterKey", name);
            xml.optional("DefaultValue", parameter.default_text());
            xml.text("NoEcho", if parameter.is_secret() { "true" } else { "false" });
            xml.optional("Description", parameter.description.as_ref());
        });
        xml.optional("Description", template.description.as_ref());
        capabilities(xml, &template);
    })
}

fn capabilities(xml: &mut XmlWriter, template: &Template) {
    let Some((capability, types)) = needed_capability(template) else { return };
    xml.list("Capabilities", [capability], XmlWriter::escape);
    xml.text("CapabilitiesReason", format!("The following resource(s) require capabilities: [{}]", types.join(", ")));
}

/// `GetTemplate`: the text as it was sent.
pub(super) fn get_template(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let change_set = call.form.get("ChangeSetName").filter(|name| !name.is_empty());
    let stack_name = call.form.get("StackName").filter(|name| !name.is_empty());
    let text = call.cloud.cloudformation.store.read(|state| {
        let find = |name: &str| state.find(name, &call.region).ok_or_else(|| no_stack_with_id(name));
        match (change_set, stack_name) {
            (None, None) => Err(invalid("StackName is required if ChangeSetName is not specified.")),
            (None, Some(name)) => find(name).map(|stack| stack.definition.text.clone()),
            (Some(change_set), stack_name) => {
                let stacks = match stack_name {
                    Some(name) => vec![find(name)?],
                    None if change_set.starts_with("arn:") => state.stacks.values().collect(),
                    None => {
                        return Err(invalid(
                            "StackName must be specified if ChangeSetName is not specified as an ARN.",
                        ));
                    }
                };
                let mut sets = stacks.into_iter().flat_map(|stack| &stack.change_sets);
                let found = sets.find(|set| set.id == change_set || set.name == change_set);
                found.map(|set| set.definition.text.clone()).ok_or_else(|| {
                    ServiceError::not_found("ChangeSetNotFound", format!("ChangeSet [{change_set}] does not exist"))
                })
            }
        }
    })?;
    answer(move |xml| {
        xml.text("TemplateBody", text);
        xml.list("StagesAvailable", ["Original", "Processed"], XmlWriter::escape);
    })
}

/// `GetTemplateSummary`, of a template or of a stack.
pub(super) async fn get_template_summary(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let template = if let Some(name) = call.form.get("StackName").filter(|name| !name.is_empty()) {
        let found = call.cloud.cloudformation.store.read(|state| {
            state.find(name, &call.region).map(|stack| (stack.status, stack.definition.template.clone()))
        });
        let (status, template) = found.ok_or_else(|| no_stack(name))?;
        if status == StackStatus::ReviewInProgress {
            return Err(invalid("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks."));
        }
        template
    } else {
        let text = call.template_text().await?;
        let text = text.ok_or_else(|| invalid("Either Template URL or Template Body must be specified."))?;
        read_template(&text)?
    };
    answer(move |xml| {
        xml.list("Parameters", &template.parameters, |xml, (name, parameter)| declaration(xml, name, parameter));
        xml.optional("Description", template.description.as_ref());
        capabilities(xml, &template);
        let mut types: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, resource) in &template.resources {
            types.entry(&resource.resource_type).or_default().push(id);
        }
        xml.list("ResourceTypes", types.keys(), |xml, name| xml.escape(name));
        xml.optional("Version", template.format_version.as_ref());
        xml.optional("Metadata", template.metadata.as_ref().map(ToString::to_string));
        xml.list("ResourceIdentifierSummaries", &types, |xml, (name, ids)| {
            xml.text("ResourceType", name);
            xml.list("LogicalResourceIds", ids, |xml, id| xml.escape(id));
        });
    })
}

fn declaration(xml: &mut XmlWriter, name: &str, parameter: &Parameter) {
    xml.text("ParameterKey", name);
    xml.optional("DefaultValue", parameter.default_text());
    xml.text("ParameterType", &parameter.parameter_type);
    xml.text("NoEcho", if parameter.is_secret() { "true" } else { "false" });
    xml.optional("Description", parameter.description.as_ref());
    xml.element("ParameterConstraints", |xml| {
        if let Some(values) = &parameter.allowed_values {
            xml.list("AllowedValues", values, |xml, value| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                xml.escape(&text);
            });
        }
    });
}
