//! Template sources in pieces, each compiled when values first need it.
//!
//! For each tag handlebars counts the lines before it from the start of the text, so that the time for a whole text grows with
//! the square of its length; and most blocks of ours are for settings that most projects leave out.

use handlebars::template::{Template as Compiled, TemplateElement};
use handlebars::{Context, Handlebars, Output as _, RenderContext, Renderable as _, StringOutput};
use serde_json::Value;

use crate::expression::render_reason;

const TAG: &str = "{{";
const OPENING: &str = "{{#";
const CLOSING: &str = "{{/";

/// A part of a source.
pub(super) struct Piece<'a> {
    text: &'a str,
    lines_before: usize,
    /// Name of the value without which there is nothing to render.
    condition: Option<&'a str>,
    compiled: Option<Compiled>,
}

impl<'a> Piece<'a> {
    /// A source as one piece.
    pub(super) fn whole(text: &'a str) -> Self {
        Self { text, lines_before: 0, condition: None, compiled: None }
    }

    /// A source of ours in its pieces: the outermost blocks, and between them lines with tags and lines without. The tags of our
    /// blocks begin lines.
    pub(super) fn of_built_in(text: &'a str) -> Vec<Self> {
        let (mut pieces, mut depth) = (Vec::new(), 0_usize);
        let (mut start, mut end, mut lines_before) = (0, 0, 0);
        for (lines, line) in text.split_inclusive('\n').enumerate() {
            let differs = || line.contains(TAG) != text[start..end].contains(TAG);
            if depth == 0 && end > start && (line.starts_with(OPENING) || differs()) {
                pieces.push(Self { lines_before, ..Self::whole(&text[start..end]) });
                (start, lines_before) = (end, lines);
            }
            end += line.len();
            if line.starts_with(OPENING) {
                depth += 1;
            } else if line.starts_with(CLOSING) {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    // The closing tag takes the line break after it along, as it stands alone on its line.
                    let block = text[start..end].trim_end_matches('\n');
                    pieces.push(Self { lines_before, condition: condition(block), ..Self::whole(block) });
                    (start, lines_before) = (end, lines + 1);
                }
            }
        }
        if end > start {
            pieces.push(Self { lines_before, ..Self::whole(&text[start..]) });
        }
        pieces
    }

    /// False when the values leave the piece out. What they lack is for handlebars to tell.
    pub(super) fn is_needed(&self, values: &Value) -> bool {
        let Some(condition) = self.condition else { return true };
        match condition.split('.').try_fold(values, |value, name| value.get(name)) {
            Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(items)) => !items.is_empty(),
            _ => true,
        }
    }

    /// Writes what handlebars makes of the piece; a text without tags is what it is.
    ///
    /// # Errors
    /// Why it is no part of a source, or what the values lack.
    pub(super) fn write<'p>(
        &'p mut self,
        registry: &'p Handlebars<'p>,
        values: &'p Context,
        state: &mut RenderContext<'p, 'p>,
        output: &mut StringOutput,
    ) -> Result<(), String> {
        if !self.text.contains(TAG) {
            return output.write(self.text).map_err(|error| error.to_string());
        }
        self.compiled()?.render(registry, values, state, output).map_err(|error| render_reason(&error))
    }

    fn compiled(&mut self) -> Result<&Compiled, String> {
        match &mut self.compiled {
            Some(compiled) => Ok(compiled),
            none => {
                let mut compiled = Compiled::compile(self.text).map_err(|error| render_reason(&error.into()))?;
                if has_raw_output(&compiled) {
                    return Err(
                        "`{{{...}}}` and `{{& ...}}` write values unescaped; use `{{name}}` or `{{json name}}`"
                            .to_owned(),
                    );
                }
                move_down(&mut compiled, self.lines_before);
                Ok(none.insert(compiled))
            }
        }
    }
}

/// The value that a block asks for, if there is nothing in it without that.
fn condition(block: &str) -> Option<&str> {
    let (name, content) = block.strip_prefix("{{#if ")?.split_once("}}\n")?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.'));
    (is_name && !content.contains("{{else")).then_some(name)
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

#[cfg(test)]
mod tests {
    use handlebars::template::TemplateMapping;
    use serde_json::json;

    use super::*;
    use crate::construct::Kind;
    use crate::render::{ALIAS, MANAGED_POLICY, PERMISSION};

    /// Elements with their places, as far as they can fail, without empty texts, and with texts that follow one another as one.
    fn joined<'t>(templates: impl Iterator<Item = &'t Compiled>) -> Vec<(TemplateElement, Option<TemplateMapping>)> {
        let mut joined = Vec::new();
        for template in templates {
            assert_eq!(template.elements.len(), template.mapping.len());
            for (element, place) in template.elements.iter().cloned().zip(template.mapping.iter().cloned()) {
                match (element, joined.last_mut()) {
                    (TemplateElement::RawString(text), _) if text.is_empty() => {}
                    (TemplateElement::RawString(text), Some((TemplateElement::RawString(before), _))) => {
                        before.push_str(&text);
                    }
                    (text @ TemplateElement::RawString(_), _) => joined.push((text, None)),
                    (element, _) => joined.push((element, Some(place))),
                }
            }
        }
        joined
    }

    #[test]
    fn pieces_of_built_in_sources_make_the_whole_and_never_write_raw() {
        for source in Kind::ALL.iter().map(|kind| kind.source()).chain([PERMISSION, MANAGED_POLICY, ALIAS]) {
            let whole = Compiled::compile(source.text).unwrap();
            let mut pieces = Piece::of_built_in(source.text);
            let compiled = pieces.iter_mut().map(|piece| piece.compiled().unwrap());
            assert!(joined(compiled) == joined(std::iter::once(&whole)), "{}", source.file_name);
        }
    }

    #[test]
    fn blocks_are_pieces_with_the_values_that_they_need() {
        let text = "a: 1\n{{#if x.y}}\nb: {{z}}\n{{/if}}\n{{#if x}}\n{{else}}\n{{/if}}\n{{#each x}}\n{{#if y}}\n{{/if}}\n{{/each}}\nc: 2\n{{d}}: 3\ne: 4\nf: 5\n";
        let mut pieces = Piece::of_built_in(text);
        let found: Vec<_> = pieces.iter().map(|piece| (piece.text, piece.lines_before, piece.condition)).collect();
        let expected = [
            ("a: 1\n", 0, None),
            ("{{#if x.y}}\nb: {{z}}\n{{/if}}", 1, Some("x.y")),
            ("{{#if x}}\n{{else}}\n{{/if}}", 4, None),
            ("{{#each x}}\n{{#if y}}\n{{/if}}\n{{/each}}", 7, None),
            ("c: 2\n", 11, None),
            ("{{d}}: 3\n", 12, None),
            ("e: 4\nf: 5\n", 13, None),
        ];
        assert_eq!(found, expected);
        let compiled = pieces[1].compiled().unwrap();
        let TemplateElement::HelperBlock(block) = &compiled.elements[0] else { panic!("{compiled:?}") };
        assert_eq!((compiled.mapping[0].0, compiled.mapping[0].1), (2, 1));
        assert!(block.template.as_ref().unwrap().mapping.iter().all(|place| place.0 >= 3));
        let is_needed = |values: &Value| pieces[1].is_needed(values);
        for given in [json!(null), json!(false), json!(""), json!([])] {
            assert!(!is_needed(&json!({"x": {"y": given}})), "{given}");
        }
        // Of the last two handlebars makes nothing and an error.
        for given in [json!({"y": true}), json!({"y": "0"}), json!({"y": [0]}), json!({"y": 0}), json!({})] {
            assert!(is_needed(&json!({"x": given})), "{given}");
        }
    }
}
