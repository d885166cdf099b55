//! Is the stack as the plan says already? Two calls instead of a change set.

use std::collections::BTreeMap;

use serde_json::Value;
use stack_plan::Template;

use crate::stack::StackSummary;
use crate::stack_deployment::Wanted;

/// True when template, parameter values and tags are what was deployed. In doubt it is false, and the change set decides.
pub(crate) fn is_current(stack: &StackSummary, wanted: &Wanted<'_>, deployed: Option<&Value>) -> bool {
    stack.tags == *wanted.tags
        && has_parameters(stack, wanted.template, &wanted.parameters)
        && !reads_the_outside(wanted.template)
        && deployed.is_some_and(|deployed| serde_json::to_value(wanted.template).is_ok_and(|value| value == *deployed))
}

/// True when the stack has exactly these values, and the template's defaults for the rest.
fn has_parameters(stack: &StackSummary, template: &Template, parameters: &BTreeMap<String, String>) -> bool {
    stack.parameters.len() == template.parameters.len()
        && template.parameters.iter().all(|(name, declared)| {
            let default = || declared.default.as_ref().map(as_text);
            stack.parameters.get(name).cloned() == parameters.get(name).cloned().or_else(default)
        })
}

fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// True when the same template can mean something else today: macros, values out of SSM, dynamic references.
fn reads_the_outside(template: &Template) -> bool {
    template.transform.is_some()
        || template.parameters.values().any(|parameter| parameter.parameter_type.starts_with("AWS::SSM::"))
        || template.resources.values().any(|resource| has_dynamic_reference(&resource.properties))
}

fn has_dynamic_reference(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{resolve:"),
        Value::Array(items) => items.iter().any(has_dynamic_reference),
        Value::Object(members) => {
            members.contains_key("Fn::GetStackOutput") || members.values().any(has_dynamic_reference)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dynamic_references_are_found_at_any_depth() {
        assert!(has_dynamic_reference(&json!({"A": [{"B": "x{{resolve:ssm:/a}}"}]})));
        assert!(has_dynamic_reference(&json!({"A": {"Fn::GetStackOutput": {"StackName": "x"}}})));
        assert!(!has_dynamic_reference(&json!({"A": ["{{x}}", 1, null]})));
    }
}
