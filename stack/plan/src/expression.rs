//! Expressions inside scalars: handlebars, evaluated after the YAML is parsed, strict.

use std::borrow::Cow;

use handlebars::template::{HelperTemplate, Parameter, Template, TemplateElement};
use handlebars::{Context, Handlebars, Path, PathSeg, RenderError, RenderErrorReason, TemplateErrorReason, no_escape};

/// Greatest scalar with expressions, in bytes.
pub(crate) const MAX_BYTES: usize = 16 * 1024;
/// Greatest nesting of `{{#if}}`.
const MAX_DEPTH: usize = 8;

/// True when the text has to be evaluated.
pub(crate) fn has_expression(text: &str) -> bool {
    text.contains("{{")
}

/// The names that the expressions of a text read, each as its path (`["bucket", "assets", "name"]`).
///
/// # Errors
/// Why the text is not in the language of expressions.
pub(crate) fn names(text: &str) -> Result<Vec<Vec<String>>, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("a text with expressions has at most {MAX_BYTES} bytes"));
    }
    let opened = text.matches("{{#").count();
    if opened > MAX_DEPTH || text.matches('(').count() > 64 {
        return Err("too many blocks in one text".to_owned());
    }
    let template = Template::compile(&keep_dynamic_references(text)).map_err(|error| syntax(error.reason()))?;
    let mut names = Vec::new();
    collect(&template, &mut names)?;
    Ok(names)
}

/// Evaluates a text whose names were checked.
///
/// # Errors
/// What handlebars says.
pub(crate) fn evaluate(registry: &Handlebars<'_>, text: &str, context: &Context) -> Result<String, String> {
    let text = keep_dynamic_references(text);
    registry.render_template_with_context(&text, context).map_err(|error| render_reason(&error))
}

/// Dynamic references of CloudFormation (`{{resolve:ssm:/name}}`) are no expressions: no name has a colon. They stay as
/// they are, whatever expressions stand inside them.
fn keep_dynamic_references(text: &str) -> Cow<'_, str> {
    const BEGINNING: &str = "{{resolve:";
    if !text.contains(BEGINNING) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.find(BEGINNING) {
        kept.push_str(&rest[..at]);
        if !kept.ends_with('\\') {
            kept.push('\\');
        }
        kept.push_str(BEGINNING);
        rest = &rest[at + BEGINNING.len()..];
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// A registry for expressions: strict, and without HTML escapes.
pub(crate) fn registry() -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(no_escape);
    registry
}

/// A registry for expressions inside the text of `Fn::Sub`, where `${` of a value is written `${!` so that it stays text.
pub(crate) fn substitution_registry() -> Handlebars<'static> {
    let mut registry = registry();
    registry.register_escape_fn(|value| value.replace("${", "${!"));
    registry
}

/// What a failed rendering says, without handlebars' preamble.
pub(crate) fn render_reason(error: &RenderError) -> String {
    let place = match (error.line_no, error.column_no) {
        (Some(line), Some(column)) => format!(" (line {line}, column {column})"),
        _ => String::new(),
    };
    match error.reason() {
        RenderErrorReason::MissingVariable(name) => {
            format!("unknown name `{}`{place}", name.as_deref().unwrap_or("?"))
        }
        RenderErrorReason::TemplateError(error) => {
            let place = error.pos().map(|(line, column)| format!(" (line {line}, column {column})"));
            format!("{}{}", syntax(error.reason()), place.unwrap_or_default())
        }
        reason => format!("{reason}{place}"),
    }
}

fn syntax(reason: &TemplateErrorReason) -> String {
    match reason {
        TemplateErrorReason::MismatchingClosedHelper(open, close) => {
            format!("`{{{{#{open}}}}}` is closed by `{{{{/{close}}}}}`")
        }
        _ => "the braces do not hold an expression".to_owned(),
    }
}

fn collect(template: &Template, names: &mut Vec<Vec<String>>) -> Result<(), String> {
    for element in &template.elements {
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            TemplateElement::Expression(helper) | TemplateElement::HtmlExpression(helper) => {
                if !helper.params.is_empty() || !helper.hash.is_empty() {
                    return Err(format!("there is no helper `{}`", shown(&helper.name)));
                }
                names.push(path(&helper.name)?);
            }
            TemplateElement::HelperBlock(helper) => block(helper, names)?,
            _ => return Err("partials and decorators are not part of the language".to_owned()),
        }
    }
    Ok(())
}

fn block(helper: &HelperTemplate, names: &mut Vec<Vec<String>>) -> Result<(), String> {
    let name = shown(&helper.name);
    if name != "if" && name != "unless" {
        return Err(format!("there is no block `{name}`; there are `if` and `unless`"));
    }
    let [condition] = helper.params.as_slice() else {
        return Err(format!("`{name}` asks one name"));
    };
    names.push(path(condition)?);
    for template in [&helper.template, &helper.inverse].into_iter().flatten() {
        collect(template, names)?;
    }
    Ok(())
}

fn path(parameter: &Parameter) -> Result<Vec<String>, String> {
    let segments = match parameter {
        Parameter::Name(name) => return Ok(vec![name.clone()]),
        Parameter::Path(Path::Relative((segments, _))) => segments,
        _ => return Err(format!("`{}` is no name", shown(parameter))),
    };
    if segments.is_empty() {
        return Err(format!("`{}` is no name", shown(parameter)));
    }
    segments
        .iter()
        .map(|segment| match segment {
            PathSeg::Named(name) => Ok(name.clone()),
            _ => Err(format!("`{}` is no name", shown(parameter))),
        })
        .collect()
}

fn shown(parameter: &Parameter) -> String {
    match parameter {
        Parameter::Name(name) => name.clone(),
        Parameter::Path(Path::Relative((_, raw)) | Path::Local((_, _, raw))) => raw.clone(),
        Parameter::Literal(value) => value.to_string(),
        _ => "(...)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(text: &str) -> Result<String, String> {
        let context = Context::wraps(json!({"a": "<&\">", "b": {"c-d": {"e": "x"}}, "empty": ""})).unwrap();
        evaluate(&registry(), text, &context)
    }

    #[test]
    fn names_are_found_everywhere() {
        let found = names("{{a}}-{{ b.c-d.e }}{{#if empty}}{{x}}{{else}}{{y}}{{/if}}{{#unless z}}{{/unless}}").unwrap();
        let found: Vec<String> = found.iter().map(|path| path.join(".")).collect();
        assert_eq!(found, ["a", "b.c-d.e", "empty", "x", "y", "z"]);
    }

    #[test]
    fn values_enter_as_they_are() {
        assert_eq!(value("{{a}}").unwrap(), "<&\">");
        assert_eq!(value("{{#if empty}}full{{else}}{{b.c-d.e}}{{/if}}").unwrap(), "x");
        assert_eq!(value("\\{{a}}").unwrap(), "{{a}}");
    }

    #[test]
    fn dynamic_references_stay() {
        let text = "{{resolve:secretsmanager:{{a}}-x:SecretString:password}} {{a}}";
        assert_eq!(names(text).unwrap(), [["a"], ["a"]]);
        assert_eq!(value(text).unwrap(), "{{resolve:secretsmanager:<&\">-x:SecretString:password}} <&\">");
        assert_eq!(value("\\{{resolve:ssm:/x}}").unwrap(), "{{resolve:ssm:/x}}");
        assert_eq!(value("{{#if a}}{{resolve:ssm:/x:1}}{{/if}}").unwrap(), "{{resolve:ssm:/x:1}}");
    }

    #[test]
    fn what_is_not_in_the_language_is_refused() {
        for wrong in [
            "{{",
            "{{}}",
            "{{a",
            "{{a b}}",
            "{{#each a}}{{/each}}",
            "{{> a}}",
            "{{this}}",
            "{{../a}}",
            "{{@root}}",
            "{{#if a}}",
            "{{#if a b}}{{/if}}",
            "{{lookup a b}}",
            "{{(a)}}",
            "{{#if (a b)}}{{/if}}",
            "{{* a}}",
        ] {
            assert!(names(wrong).is_err(), "{wrong}");
        }
        assert!(names(&"{{#if a}}".repeat(100)).is_err());
        assert!(names(&"{{a}}".repeat(MAX_BYTES)).is_err());
    }
}
