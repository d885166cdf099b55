//! What a stack gives to a nested one, where its template is a file beside it.

use serde_json::{Map, Value};

use super::found::{At, Found};
use crate::template::function::function_of;
use crate::template::read::read_value;

/// Types of nested stacks, with the property that names the template.
const KINDS: [(&str, &str); 2] =
    [("AWS::CloudFormation::Stack", "TemplateURL"), ("AWS::Serverless::Application", "Location")];

/// Macros of AWS that leave the parameters of a template as they are.
const HARMLESS: [&str; 2] = ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"];

/// Text of the template that a `TemplateURL` names; nothing for one that is elsewhere or cannot be read.
pub type NestedTemplates<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Checks the parameters of every nested stack whose template is at hand.
pub(super) fn check(template: &Value, nested: &NestedTemplates<'_>, found: &mut Found) {
    for (id, resource) in template.get("Resources").and_then(Value::as_object).into_iter().flatten() {
        let Some((_, location)) = KINDS.into_iter().find(|(kind, _)| resource["Type"] == *kind) else { continue };
        let properties = &resource["Properties"];
        let Some(text) = properties[location].as_str().and_then(nested) else { continue };
        // What is wrong with the nested template itself is for its own check to say.
        let Ok(inner) = read_value(&text) else { continue };
        if !inner.value["Resources"].is_object() || !keeps_parameters(&inner.value["Transform"]) {
            continue;
        }
        let none = Map::new();
        let declared = inner.value["Parameters"].as_object().unwrap_or(&none);
        let path = format!("/Resources/{id}/Properties");
        let at = At::path(&path);
        parameters(&properties["Parameters"], declared, &at, &at.key("Parameters"), found);
    }
}

fn keeps_parameters(transform: &Value) -> bool {
    match transform {
        Value::Null => true,
        Value::String(name) => HARMLESS.contains(&name.as_str()),
        Value::Array(names) => names.iter().all(keeps_parameters),
        _ => false,
    }
}

/// `around`: where to tell of parameters that are not given, when none is.
fn parameters(given: &Value, declared: &Map<String, Value>, around: &At<'_>, at: &At<'_>, found: &mut Found) {
    let none = Map::new();
    let given = match given {
        Value::Object(fields) => match function_of(fields) {
            None => fields,
            // Whichever of them it is.
            Some(("Fn::If", Value::Array(values))) => {
                let branches = at.key("Fn::If");
                for (index, value) in values.iter().enumerate().skip(1) {
                    let branch = branches.index(index);
                    parameters(value, declared, &branch, &branch, found);
                }
                return;
            }
            Some(("Ref", target)) if target == "AWS::NoValue" => &none,
            // Which ones another function gives is known to CloudFormation alone.
            Some(_) => return,
        },
        Value::Null => &none,
        _ => return,
    };
    for name in given.keys().filter(|name| !declared.contains_key(*name) && !name.starts_with("Fn::")) {
        found.say(&at.key(name), format!("the nested template declares no parameter `{name}`"));
    }
    let place = if given.is_empty() { around } else { at };
    for (name, parameter) in declared {
        if parameter.get("Default").is_none() && !given.contains_key(name) {
            found.say(place, format!("the nested template needs a value for its parameter `{name}`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{check_text, check_text_beside};

    const OUTER: &str = "Resources:\n  A:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: ./inner.yaml\n      Parameters: { Size: 1, Colour: red }\n  B:\n    Type: AWS::CloudFormation::Stack\n    Properties: { TemplateURL: ./inner.yaml }\n";
    const INNER: &str = "Parameters:\n  Size: { Type: Number }\n  Color: { Type: String, Default: blue }\n  Name: { Type: String }\nResources:\n  T: { Type: AWS::SNS::Topic }\n";

    fn found(inner: Option<&str>) -> Vec<String> {
        let nested = |url: &str| inner.filter(|_| url == "./inner.yaml").map(str::to_owned);
        check_text_beside(OUTER, &[], &nested).iter().map(|error| format!("{} {}", error.path, error.fault)).collect()
    }

    #[test]
    fn parameters_are_held_against_what_the_nested_template_declares() {
        assert_eq!(
            found(Some(INNER)),
            [
                "/Resources/A/Properties/Parameters the nested template needs a value for its parameter `Name`",
                "/Resources/A/Properties/Parameters/Colour the nested template declares no parameter `Colour`",
                "/Resources/B/Properties the nested template needs a value for its parameter `Size`",
                "/Resources/B/Properties the nested template needs a value for its parameter `Name`",
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_held_against_anything() {
        for inner in [None, Some("no template"), Some("Resources: ["), Some("Transform: Macro\nResources: {}\n")] {
            assert_eq!(found(inner), Vec::<String>::new(), "{inner:?}");
        }
        assert_eq!(check_text(OUTER, &[]), []);
    }

    #[test]
    fn every_branch_of_a_condition_is_held_against_it() {
        let outer = "Conditions: { C: !Equals [a, b], D: !Equals [a, c] }\nResources:\n  A:\n    Type: AWS::Serverless::Application\n    Properties:\n      Location: ./inner.yaml\n      Parameters: !If [C, { Size: 1, Name: x }, !If [D, { Size: 1 }, !Ref AWS::NoValue]]\n";
        let inner = format!("Transform: AWS::Serverless-2016-10-31\n{INNER}");
        let found = check_text_beside(outer, &[], &|_: &str| Some(inner.clone()));
        let found: Vec<String> = found.iter().map(|error| format!("{} {}", error.path, error.fault)).collect();
        let told = |place: &str, name: &str| {
            format!(
                "/Resources/A/Properties/Parameters/{place} the nested template needs a value for its parameter `{name}`"
            )
        };
        let (second, third) = ("Fn::If/2/Fn::If/1", "Fn::If/2/Fn::If/2");
        let expected = [told(second, "Name"), told(third, "Name"), told(third, "Size")];
        assert_eq!(found.iter().filter(|text| text.contains("nested template")).count(), 3, "{found:#?}");
        for text in expected {
            assert!(found.contains(&text), "{text}\n{found:#?}");
        }
    }
}
