//! Template sources: from the values of a construct to its resources.

use std::collections::BTreeMap;

use handlebars::Handlebars;
use handlebars::template::{Template as Compiled, TemplateElement};
use serde_json::Value;

use super::escape::{json_helper, json_string};
use crate::deferred;
use crate::expression::render_reason;
use crate::template::Template;

/// A template source that is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    /// File name, under which a project may replace it.
    pub(crate) file_name: &'static str,
    /// Its text.
    pub(crate) text: &'static str,
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

/// Renders template sources, each compiled when it is first needed.
pub(crate) struct TemplateRenderer<'a> {
    registry: Handlebars<'static>,
    /// The project's own sources by file name.
    replacements: &'a BTreeMap<String, String>,
}

impl<'a> TemplateRenderer<'a> {
    pub(crate) fn new(replacements: &'a BTreeMap<String, String>) -> Self {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        registry.register_escape_fn(json_string);
        registry.register_helper("json", Box::new(json_helper));
        Self { registry, replacements }
    }

    /// Renders a source and reads the result back. Marks of deferred values become intrinsic functions.
    ///
    /// # Errors
    /// Why the source gives no template.
    pub(crate) fn render(&mut self, source: Source, values: &Value) -> Result<Template, String> {
        let name = source.file_name;
        if !self.registry.has_template(name) {
            let text = self.replacements.get(name).map_or(source.text, String::as_str);
            let compiled = Compiled::compile(text).map_err(|error| render_reason(&error.into()))?;
            if has_raw_output(&compiled) {
                return Err(
                    "`{{{...}}}` and `{{& ...}}` write values unescaped; use `{{name}}` or `{{json name}}`".to_owned()
                );
            }
            self.registry.register_template(name, compiled);
        }
        let text = self.registry.render(name, values).map_err(|error| render_reason(&error))?;
        let mut template = Template::parse(&text).map_err(|error| error.to_string())?;
        for resource in template.resources.values_mut() {
            resource.properties = deferred::resolve(resource.properties.take())?;
        }
        for output in template.outputs.values_mut() {
            output.value = deferred::resolve(output.value.take())?;
        }
        Ok(template)
    }
}

fn has_raw_output(template: &Compiled) -> bool {
    template.elements.iter().any(|element| match element {
        TemplateElement::HtmlExpression(_) => true,
        TemplateElement::HelperBlock(block) => {
            [&block.template, &block.inverse].into_iter().flatten().any(has_raw_output)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::construct::Kind;

    #[test]
    fn built_in_sources_compile_and_never_write_raw() {
        for source in Kind::ALL.iter().map(|kind| kind.source()).chain([PERMISSION, MANAGED_POLICY, ALIAS]) {
            let compiled = Compiled::compile(source.text).unwrap();
            assert!(!has_raw_output(&compiled), "{}", source.file_name);
        }
    }

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
