//! The functions, one by one.

use base64::Engine as _;
use serde_json::Value;

use super::{EvaluationError, Scope, cidr, evaluate_optional, is_known_after_apply, scalar_text, substitute, unknown};
use super::{condition, within_limit};

type Evaluated = Result<Option<Value>, EvaluationError>;

/// Evaluates `{name: arguments}`.
pub(super) fn call(name: &str, arguments: &Value, scope: &dyn Scope) -> Evaluated {
    match name {
        "Ref" => reference(arguments, scope),
        "Fn::If" => choose(arguments, scope),
        "Fn::Sub" => some(substitute::substitute(arguments, scope)),
        "Fn::GetAtt" => some(get_attribute(arguments, scope)),
        "Fn::Join" => some(join(arguments, scope)),
        "Fn::Select" => select(arguments, scope),
        "Fn::Split" => some(split(arguments, scope)),
        "Fn::FindInMap" => find_in_map(arguments, scope),
        "Fn::Base64" => some(base64(arguments, scope)),
        "Fn::Cidr" => some(cidr::cidr(arguments, scope)),
        "Fn::GetAZs" => some(availability_zones(arguments, scope)),
        "Fn::ImportValue" => some(import_value(arguments, scope)),
        "Fn::GetStackOutput" => some(stack_output(arguments, scope)),
        "Fn::Length" => some(length(arguments, scope)),
        "Fn::ToJsonString" => some(to_json_string(arguments, scope)),
        "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" | "Fn::Contains" => {
            Ok(Some(Value::Bool(condition::test_here(name, arguments, scope)?)))
        }
        "Fn::Transform" => {
            Err(EvaluationError::template("`Fn::Transform` is not served: macros and transforms run in AWS only"))
        }
        other => Err(EvaluationError::template(format!("unknown function `{other}`"))),
    }
}

fn some(value: Result<Value, EvaluationError>) -> Evaluated {
    value.map(Some)
}

/// Evaluates an argument that must be there.
pub(super) fn argument(value: &Value, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    evaluate_optional(value, scope)?
        .ok_or_else(|| EvaluationError::template("`AWS::NoValue` cannot be an argument of a function"))
}

/// The same, as text; `None` when it is known after apply.
pub(super) fn text_argument(
    value: &Value,
    scope: &dyn Scope,
    otherwise: &str,
) -> Result<Option<String>, EvaluationError> {
    let value = argument(value, scope)?;
    if is_known_after_apply(&value) {
        return Ok(None);
    }
    scalar_text(&value).map(Some).ok_or_else(|| EvaluationError::template(otherwise))
}

fn reference(arguments: &Value, scope: &dyn Scope) -> Evaluated {
    let Value::String(name) = arguments else {
        return Err(EvaluationError::template("every Ref object must have a single String value."));
    };
    if name == "AWS::NoValue" {
        return Ok(None);
    }
    look_up(name, scope).map(Some)
}

/// The value of a parameter, a pseudo parameter or a resource.
pub(super) fn look_up(name: &str, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    let found = if name.starts_with("AWS::") {
        scope.pseudo_parameter(name)
    } else {
        scope.parameter(name).or_else(|| scope.reference(name))
    };
    found.ok_or_else(|| {
        EvaluationError::new(format!(
            "Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template"
        ))
    })
}

fn choose(arguments: &Value, scope: &dyn Scope) -> Evaluated {
    let Some([Value::String(name), then, otherwise]) = arguments.as_array().map(Vec::as_slice) else {
        return Err(EvaluationError::template("Fn::If requires a list argument with three elements"));
    };
    let holds = scope
        .condition(name)
        .ok_or_else(|| EvaluationError::template(format!("unresolved condition dependency {name} in Fn::If")))?;
    evaluate_optional(if holds { then } else { otherwise }, scope)
}

/// Logical id and attribute of `Fn::GetAtt`, in either of its forms.
pub(crate) fn attribute_parts(arguments: &Value) -> Option<(&str, &Value)> {
    let [Value::String(id), attribute] = arguments.as_array()?.as_slice() else { return None };
    (!id.is_empty() && attribute.as_str() != Some("")).then_some((id, attribute))
}

fn get_attribute(arguments: &Value, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    const USE: &str =
        "every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute";
    if let Some((id, attribute)) = arguments.as_str().and_then(|text| text.split_once('.')) {
        return scope.attribute(id, attribute);
    }
    let (id, attribute) = attribute_parts(arguments).ok_or_else(|| EvaluationError::template(USE))?;
    match text_argument(attribute, scope, USE)? {
        Some(attribute) => scope.attribute(id, &attribute),
        None => Ok(unknown()),
    }
}

fn join(arguments: &Value, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    const USE: &str = "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings \
         to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.";
    let Some([Value::String(delimiter), list]) = arguments.as_array().map(Vec::as_slice) else {
        return Err(EvaluationError::template(USE));
    };
    let list = argument(list, scope)?;
    if is_known_after_apply(&list) {
        return Ok(unknown());
    }
    let items = list.as_array().ok_or_else(|| EvaluationError::template(USE))?;
    let mut joined = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            joined.push_str(delimiter);
        }
        joined.push_str(&scalar_text(item).ok_or_else(|| EvaluationError::template(USE))?);
        joined = within_limit(joined)?;
    }
    Ok(Value::String(joined))
}

fn select(arguments: &Value, scope: &dyn Scope) -> Evaluated {
    const USE: &str = "Fn::Select requires a list argument with two elements: an integer index and a list";
    let Some([index, list]) = arguments.as_array().map(Vec::as_slice) else {
        return Err(EvaluationError::template(USE));
    };
    let Some(index) = text_argument(index, scope, USE)? else { return Ok(Some(unknown())) };
    let list = argument(list, scope)?;
    if list.is_string() && is_known_after_apply(&list) {
        return Ok(Some(unknown()));
    }
    let items = list.as_array().ok_or_else(|| EvaluationError::template(USE))?;
    let position: usize = index.parse().map_err(|_| EvaluationError::template(USE))?;
    items.get(position).cloned().map(Some).ok_or_else(|| {
        EvaluationError::template(format!("Fn::Select cannot select nonexistent value at index {position}"))
    })
}

fn split(arguments: &Value, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    const USE: &str = "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be \
         split or a function that returns a string to be split.";
    let Some([Value::String(delimiter), text]) = arguments.as_array().map(Vec::as_slice) else {
        return Err(EvaluationError::template(USE));
    };
    if delimiter.is_empty() {
        return Err(EvaluationError::template(USE));
    }
    let text = argument(text, scope)?;
    match text {
        Value::String(text) if text.contains(super::KNOWN_AFTER_APPLY) => Ok(unknown()),
        Value::String(text) => Ok(Value::Array(text.split(delimiter.as_str()).map(Value::from).collect())),
        _ => Err(EvaluationError::template(USE)),
    }
}

fn find_in_map(arguments: &Value, scope: &dyn Scope) -> Evaluated {
    const USE: &str = "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute \
         for return value";
    let (keys, default) = match arguments.as_array().map(Vec::as_slice) {
        Some([map, first, second]) => ([map, first, second], None),
        Some([map, first, second, Value::Object(options)]) => ([map, first, second], options.get("DefaultValue")),
        _ => return Err(EvaluationError::template(USE)),
    };
    let mut names = Vec::with_capacity(3);
    for key in keys {
        names.push(text_argument(key, scope, USE)?.ok_or_else(|| EvaluationError::template(USE))?);
    }
    let found = scope
        .mappings()
        .get(&names[0])
        .and_then(|mapping| mapping.get(&names[1]))
        .and_then(|mapping| mapping.get(&names[2]));
    match (found, default) {
        (Some(value), _) => Ok(Some(value.clone())),
        (None, Some(default)) => evaluate_optional(default, scope),
        (None, None) => Err(EvaluationError::template(format!("Unable to get mapping for {}", names.join("::")))),
    }
}

fn base64(arguments: &Value, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    let text = text_argument(arguments, scope, "every Fn::Base64 object must have a String-typed value.")?;
    Ok(text.map_or_else(unknown, |text| base64::engine::general_purpose::STANDARD.encode(text).into()))
}

fn availability_zones(arguments: &Value, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    const USE: &str = "every Fn::GetAZs object must have a String-typed value.";
    let Some(region) = text_argument(arguments, scope, USE)? else { return Ok(unknown()) };
    if region.is_empty() {
        let own = look_up("AWS::Region", scope)?;
        return Ok(scope.availability_zones(own.as_str().unwrap_or_default()).into());
    }
    Ok(scope.availability_zones(&region).into())
}

fn import_value(arguments: &Value, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    const USE: &str = "the attribute in Fn::ImportValue must be a string or a function that returns a string";
    match text_argument(arguments, scope, USE)? {
        Some(name) => scope.import(&name),
        None => Err(EvaluationError::template("the attribute in Fn::ImportValue must not depend on any resources")),
    }
}

fn stack_output(arguments: &Value, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    const USE: &str = "every Fn::GetStackOutput object requires StackName and OutputName, strings";
    let text = |name: &str| match arguments.get(name) {
        Some(value) => text_argument(value, scope, USE),
        None => Err(EvaluationError::template(USE)),
    };
    match (text("StackName")?, text("OutputName")?) {
        (Some(stack_name), Some(output)) => scope.stack_output(&stack_name, &output),
        _ => Ok(unknown()),
    }
}

fn length(arguments: &Value, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    match argument(arguments, scope)? {
        Value::Array(items) => Ok(items.len().into()),
        value if is_known_after_apply(&value) => Ok(unknown()),
        _ => Err(EvaluationError::template("every Fn::Length object requires a list")),
    }
}

fn to_json_string(arguments: &Value, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    let value = argument(arguments, scope)?;
    if !value.is_object() && !value.is_array() {
        return Err(EvaluationError::template("every Fn::ToJsonString object requires an object or an array"));
    }
    if is_known_after_apply(&value) {
        return Ok(unknown());
    }
    Ok(Value::String(within_limit(value.to_string())?))
}
