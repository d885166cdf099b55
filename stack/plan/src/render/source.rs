//! Template sources: from the values of a construct to its resources.

use std::collections::{BTreeMap, HashMap};

use handlebars::{Context, Handlebars, RenderContext, StringOutput};
use serde_json::Value;

use super::escape::{json_helper, json_string};
use super::explain::explanations;
use super::pieces::Piece;
use crate::deferred;
use crate::expression::render_reason;
use crate::plan::Explanation;
use crate::template::Template;

/// A template source that is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    /// File name, under which a project may replace it.
    pub(crate) file_name: &'static str,
    /// Its text.
    pub(crate) text: &'static str,
}

/// What a source renders.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) template: Template,
    /// Comments of the source by logical id.
    pub(crate) explanations: BTreeMap<String, Vec<Explanation>>,
}

/// What a service may do to a function. No construct has it for itself: it is rendered beside the one that asks for it.
pub(crate) const PERMISSION: Source =
    Source { file_name: "permission.yaml.hbs", text: include_str!("../../../../templates/permission.yaml.hbs") };

/// What a role may do beyond the size of its inline policies, rendered beside the construct that has the role.
pub(crate) const MANAGED_POLICY: Source = Source {
    file_name: "managed_policy.yaml.hbs",
    text: include_str!("../../../../templates/managed_policy.yaml.hbs"),
};
/// A name in DNS for an endpoint, rendered beside the construct that answers to it.
pub(crate) const ALIAS: Source =
    Source { file_name: "alias.yaml.hbs", text: include_str!("../../../../templates/alias.yaml.hbs") };

/// Renders template sources.
pub(crate) struct TemplateRenderer<'a> {
    registry: Handlebars<'static>,
    /// The project's own sources by file name.
    replacements: &'a BTreeMap<String, String>,
    /// Sources that were needed, by file name.
    sources: HashMap<&'static str, Vec<Piece<'a>>>,
}

impl<'a> TemplateRenderer<'a> {
    pub(crate) fn new(replacements: &'a BTreeMap<String, String>) -> Self {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        registry.register_escape_fn(json_string);
        registry.register_helper("json", Box::new(json_helper));
        Self { registry, replacements, sources: HashMap::new() }
    }

    /// Renders a source and reads the result back. Marks of deferred values become intrinsic functions.
    ///
    /// # Errors
    /// Why the source gives no template.
    pub(crate) fn render(&mut self, source: Source, values: &Value) -> Result<Part, String> {
        let text = self.text(source, values)?;
        let (mut template, positions) = Template::parse_with_positions(&text).map_err(|error| error.to_string())?;
        let explanations = explanations(&text, &positions);
        for resource in template.resources.values_mut() {
            resource.properties = deferred::resolve(resource.properties.take())?;
        }
        for output in template.outputs.values_mut() {
            output.value = deferred::resolve(output.value.take())?;
        }
        Ok(Part { template, explanations })
    }

    /// What handlebars makes of a source.
    fn text(&mut self, source: Source, values: &Value) -> Result<String, String> {
        let replacement = self.replacements.get(source.file_name);
        let pieces = self.sources.entry(source.file_name).or_insert_with(|| match replacement {
            Some(text) => vec![Piece::whole(text)],
            None => Piece::of_built_in(source.text),
        });
        let context = Context::wraps(values).map_err(|error| render_reason(&error))?;
        let (mut state, mut output) = (RenderContext::new(None), StringOutput::new());
        for piece in pieces.iter_mut().filter(|piece| piece.is_needed(values)) {
            piece.write(&self.registry, &context, &mut state, &mut output)?;
        }
        output.into_string().map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::construct::Kind;

    #[test]
    fn a_source_of_the_project_replaces_ours_and_cannot_write_raw() {
        let render = |text: &str| {
            let sources = BTreeMap::from([("topic.yaml.hbs".to_owned(), text.to_owned())]);
            TemplateRenderer::new(&sources)
                .render(Kind::Topic.source(), &json!({"id": "T", "hostile": "x\n  Evil: {}"}))
        };
        let template =
            render("Resources:\n  {{id}}: {Type: \"AWS::SNS::Topic\", Properties: {DisplayName: {{hostile}} }}\n")
                .unwrap();
        let template = template.template;
        assert_eq!(template.resources.len(), 1);
        assert_eq!(template.resources["T"].properties["DisplayName"], json!("x\n  Evil: {}"));
        for wrong in [
            "Resources: {T: {Type: {{{hostile}}} }}",
            "Resources: {T: {Type: {{&hostile}} }}",
            "{{#if id}}{{{hostile}}}{{/if}}",
            "Resources: {T: {Type: {{missing}} }}",
            "Resources: {T: {Type: {{json missing}} }}",
            "Resources: {T: {Type: {{id}}{{id}} }}",
            "Resources: [",
            "{{#if id}}",
            "",
        ] {
            assert!(render(wrong).is_err(), "{wrong}");
        }
    }
}
