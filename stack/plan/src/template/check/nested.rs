//! What a stack gives to a nested one, where its template is a file beside it.

use serde_json::{Map, Value};

use super::found::{At, Found};
use crate::template::function::function_of;
use crate::template::read::read_value;

const STACK: &str = "AWS::CloudFormation::Stack";

/// Text of the template that a `TemplateURL` names; nothing for one that is elsewhere or cannot be read.
pub type NestedTemplates<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Checks the parameters of every nested stack whose template is at hand.
pub(super) fn check(template: &Value, nested: &NestedTemplates<'_>, found: &mut Found) {
    let resources = template.get("Resources").and_then(Value::as_object).into_iter().flatten();
    for (id, resource) in resources.filter(|(_, resource)| resource["Type"] == STACK) {
        let properties = &resource["Properties"];
        let Some(text) = properties["TemplateURL"].as_str().and_then(nested) else { continue };
        // What is wrong with the nested template itself is for its own check to say.
        let Ok(inner) = read_value(&text) else { continue };
        if !inner.value["Resources"].is_object() || inner.value.get("Transform").is_some() {
            continue;
        }
        let path = format!("/Resources/{id}/Properties");
        parameters(&properties["Parameters"], inner.value["Parameters"].as_object(), &At::path(&path), found);
    }
}

fn parameters(given: &Value, declared: Option<&Map<String, Value>>, at: &At<'_>, found: &mut Found) {
    let none = Map::new();
    let declared = declared.unwrap_or(&none);
    let given = match given {
        Value::Object(fields) if function_of(fields).is_none() => fields,
        Value::Null => &none,
        // Which ones a function gives is known to CloudFormation alone.
        _ => return,
    };
    let there = at.key("Parameters");
    for name in given.keys().filter(|name| !declared.contains_key(*name) && !name.starts_with("Fn::")) {
        found.say(&there.key(name), format!("the nested template declares no parameter `{name}`"));
    }
    let place = if given.is_empty() { at } else { &there };
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
}
