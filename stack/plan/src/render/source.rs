//! Template sources: from the values of a construct to its resources.

use std::collections::BTreeMap;

use handlebars::template::{Template as Compiled, TemplateElement};
use handlebars::{Handlebars, TemplateError};
use serde_json::Value;

use super::escape::{json_helper, json_string};
use super::explain::explanations;
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

/// Least bytes of a part of a built-in source that ends without a block.
const PIECE_BYTES: usize = 400;

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
    pub(crate) fn render(&mut self, source: Source, values: &Value) -> Result<Part, String> {
        let name = source.file_name;
        if !self.registry.has_template(name) {
            let compiled = match self.replacements.get(name) {
                Some(text) => Compiled::compile(text),
                None => compile_in_pieces(source.text),
            };
            let compiled = compiled.map_err(|error| render_reason(&error.into()))?;
            if has_raw_output(&compiled) {
                return Err(
                    "`{{{...}}}` and `{{& ...}}` write values unescaped; use `{{name}}` or `{{json name}}`".to_owned()
                );
            }
            self.registry.register_template(name, compiled);
        }
        let text = self.registry.render(name, values).map_err(|error| render_reason(&error))?;
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
}

/// Compiles a built-in source, block by block: for each tag handlebars counts the lines before it from the start of the text,
/// so that the time for a whole text grows with the square of its length.
fn compile_in_pieces(text: &str) -> Result<Compiled, TemplateError> {
    let mut whole = Compiled::new();
    let mut lines_before = 0;
    for piece in pieces(text) {
        let mut compiled = Compiled::compile(piece)?;
        move_down(&mut compiled, lines_before);
        whole.elements.append(&mut compiled.elements);
        whole.mapping.append(&mut compiled.mapping);
        lines_before += piece.lines().count();
    }
    Ok(whole)
}

/// Parts of a built-in source, cut at line breaks outside of blocks. The tags of blocks have lines of their own in our sources;
/// the closing one takes the line break after it along, which is in no part then.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut end, mut depth) = (Vec::new(), 0, 0, 0_usize);
    for line in text.split_inclusive('\n') {
        end += line.len();
        let is_closing = line.starts_with("{{/");
        if line.starts_with("{{#") {
            depth += 1;
        } else if is_closing {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 && (is_closing || end - start >= PIECE_BYTES) {
            let piece = &text[start..end];
            pieces.push(if is_closing { piece.trim_end_matches('\n') } else { piece });
            start = end;
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// Adds to the line numbers, which errors tell.
fn move_down(template: &mut Compiled, lines: usize) {
    for place in &mut template.mapping {
        place.0 += lines;
    }
    for element in &mut template.elements {
        if let TemplateElement::HelperBlock(block) = element {
            [&mut block.template, &mut block.inverse].into_iter().flatten().for_each(|inner| move_down(inner, lines));
        }
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
    use handlebars::template::TemplateMapping;
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

    /// Elements with their places, as far as they can fail, without empty texts, and with texts that follow one another as one.
    fn joined(template: Compiled) -> Vec<(TemplateElement, Option<TemplateMapping>)> {
        let mut joined = Vec::new();
        for (element, place) in template.elements.into_iter().zip(template.mapping) {
            match (element, joined.last_mut()) {
                (TemplateElement::RawString(text), _) if text.is_empty() => {}
                (TemplateElement::RawString(text), Some((TemplateElement::RawString(before), _))) => {
                    before.push_str(&text);
                }
                (text @ TemplateElement::RawString(_), _) => joined.push((text, None)),
                (element, _) => joined.push((element, Some(place))),
            }
        }
        joined
    }

    #[test]
    fn pieces_of_built_in_sources_make_the_whole() {
        let all = Kind::ALL.iter().map(|kind| kind.source()).chain([PERMISSION, MANAGED_POLICY, ALIAS]);
        for Source { file_name, text } in all {
            let whole = Compiled::compile(text).unwrap();
            let pieced = compile_in_pieces(text).unwrap();
            assert_eq!(pieced.elements.len(), pieced.mapping.len(), "{file_name}");
            assert!(joined(pieced) == joined(whole), "{file_name}");
        }
        let pieces = pieces(Kind::Bucket.source().text);
        assert!(pieces.len() > 10, "{}", pieces.len());
        assert!(pieces.iter().all(|piece| piece.len() < 1600), "{pieces:#?}");
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
