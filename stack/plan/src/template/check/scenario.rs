//! The forms that an object or a list can take, by the conditions of its members.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::conditions::{Assumptions, Conditions};
use crate::template::function::function_of;

/// Forms that are looked at; a template with more is checked in these only.
const LIMIT: usize = 32;

/// A form, and the conditions under which it is taken.
pub(super) type Scenario<'v> = (Cow<'v, Value>, Assumptions);

/// True for `{"Ref": "AWS::NoValue"}`.
pub(super) fn is_no_value(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|fields| fields.len() == 1 && fields.get("Ref").is_some_and(|name| name == "AWS::NoValue"))
}

/// The forms of `value` itself: members that are `Fn::If` stand for one of their branches, those that are
/// `AWS::NoValue` are gone. What is inside members stays as it is.
pub(super) fn scenarios<'v>(
    conditions: &Conditions<'_>,
    value: &'v Value,
    assumptions: &Assumptions,
) -> Vec<Scenario<'v>> {
    let is_plain = |member: &Value| !is_no_value(member) && choice(member).is_none();
    match value {
        Value::Object(fields) if fields.values().all(is_plain) => vec![(Cow::Borrowed(value), assumptions.clone())],
        Value::Array(items) if items.iter().all(is_plain) => vec![(Cow::Borrowed(value), assumptions.clone())],
        Value::Object(fields) => {
            let mut forms: Vec<(Map<String, Value>, Assumptions)> = vec![(Map::new(), assumptions.clone())];
            for (key, member) in fields {
                forms = spread(conditions, forms, member, |form, member| {
                    form.insert(key.clone(), member);
                });
            }
            forms.into_iter().map(|(form, under)| (Cow::Owned(Value::Object(form)), under)).collect()
        }
        Value::Array(items) => {
            let mut forms: Vec<(Vec<Value>, Assumptions)> = vec![(Vec::new(), assumptions.clone())];
            for item in items {
                forms = spread(conditions, forms, item, Vec::push);
            }
            forms.into_iter().map(|(form, under)| (Cow::Owned(Value::Array(form)), under)).collect()
        }
        _ => vec![(Cow::Borrowed(value), assumptions.clone())],
    }
}

fn spread<Form: Clone>(
    conditions: &Conditions<'_>,
    forms: Vec<(Form, Assumptions)>,
    member: &Value,
    add: impl Fn(&mut Form, Value),
) -> Vec<(Form, Assumptions)> {
    let mut next = Vec::with_capacity(forms.len());
    for (form, under) in forms {
        for (branch, under) in branches(conditions, member, &under) {
            let mut form = form.clone();
            if let Some(branch) = branch {
                add(&mut form, branch.clone());
            }
            next.push((form, under));
        }
    }
    next.truncate(LIMIT);
    next
}

/// What a member can be: itself, or the branches of its `Fn::If`, nested ones too; `None` for nothing at all.
pub(super) fn branches<'v>(
    conditions: &Conditions<'_>,
    member: &'v Value,
    under: &Assumptions,
) -> Vec<(Option<&'v Value>, Assumptions)> {
    if is_no_value(member) {
        return vec![(None, under.clone())];
    }
    let Some((condition, then, otherwise)) = choice(member) else { return vec![(Some(member), under.clone())] };
    let mut found = Vec::new();
    for (holds, branch) in [(true, then), (false, otherwise)] {
        if let Some(under) = conditions.assume(under, condition, holds) {
            found.extend(branches(conditions, branch, &under));
        }
    }
    found
}

/// Condition and branches of `Fn::If`.
pub(super) fn choice(value: &Value) -> Option<(&str, &Value, &Value)> {
    let ("Fn::If", arguments) = function_of(value.as_object()?)? else { return None };
    match arguments.as_array()?.as_slice() {
        [Value::String(condition), then, otherwise] => Some((condition, then, otherwise)),
        _ => None,
    }
}
