//! Is the stack as the plan says already? Two calls instead of a change set.

use std::collections::BTreeSet;

use serde_json::Value;
use stack_plan::Template;

use crate::stack::StackSummary;
use crate::stack_deployment::Wanted;
use crate::watched::Watched;

/// True when template, parameter values, tags and who follows the operations are what was deployed. A service role is of no
/// account: the next operation names it. In doubt it is false, and the change set decides.
pub(crate) fn is_current(stack: &StackSummary, wanted: &Wanted<'_>, deployed: Option<&Value>) -> bool {
    is_current_but_for(stack, wanted, deployed, &BTreeSet::new())
}

/// As [`is_current`], whatever the values of these parameters are.
pub(crate) fn is_current_but_for(
    stack: &StackSummary,
    wanted: &Wanted<'_>,
    deployed: Option<&Value>,
    parameters: &BTreeSet<&str>,
) -> bool {
    stack.tags == *wanted.tags
        && stack.watched == Watched::of_plan(&wanted.options, deployed)
        && has_parameters(stack, wanted, parameters)
        && !reads_the_outside(wanted.template)
        && deployed.is_some_and(|deployed| serde_json::to_value(wanted.template).is_ok_and(|value| value == *deployed))
}

/// True when the stack has exactly these values, and the template's defaults for the rest.
fn has_parameters(stack: &StackSummary, wanted: &Wanted<'_>, but_for: &BTreeSet<&str>) -> bool {
    let declared = &wanted.template.parameters;
    stack.parameters.len() == declared.len()
        && declared.iter().all(|(name, declared)| {
            let default = || declared.default.as_ref().map(as_text);
            but_for.contains(name.as_str())
                || stack.parameters.get(name).cloned() == wanted.parameters.get(name).cloned().or_else(default)
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
