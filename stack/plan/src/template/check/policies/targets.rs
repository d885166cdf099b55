//! Actions against the resources of their statement.

use serde_json::{Map, Value};

use super::Policies;
use crate::specification::arn_service;
use crate::template::check::found::{At, Found};
use crate::template::check::sample::Piece;
use crate::template::evaluate::attribute_parts;
use crate::template::function::function_of;

impl Policies<'_, '_> {
    /// A resource of a service that none of the actions is of: the statement allows nothing upon it.
    pub(super) fn targets(&self, statement: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
        let (Some(actions), Some(resources)) = (statement.get("Action"), statement.get("Resource")) else { return };
        let Some(services) = self.services_of(actions) else { return };
        let at = at.key("Resource");
        let mut check = |value: &Value, at: &At<'_>| {
            let Some(service) = self.service_of(value) else { return };
            if !services.contains(&service) {
                found.say(at, format!("none of the actions is about a resource of the service `{service}`"));
            }
        };
        match resources {
            Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| check(item, &at.index(index))),
            one => check(one, &at),
        }
    }

    /// Services in the ARNs of the resources that the actions take; nothing when that is not known of all of them.
    fn services_of(&self, actions: &Value) -> Option<Vec<String>> {
        let actions: Vec<&str> = match actions {
            Value::String(action) => vec![action],
            Value::Array(items) => items.iter().map(Value::as_str).collect::<Option<_>>()?,
            _ => return None,
        };
        let mut services = Vec::new();
        for action in actions {
            let (prefix, name) = action.split_once(':')?;
            let prefix = prefix.to_ascii_lowercase();
            let known = self.checker.specification.service(&prefix)?;
            services.push(prefix);
            if name.contains(['*', '?']) {
                services.extend_from_slice(known.arn_services()?);
                continue;
            }
            // An action that is not known is told elsewhere.
            for resource_type in known.action(name)?.resource_types {
                for arn in known.arns(&resource_type) {
                    services.push(arn_service(&arn)?);
                }
            }
        }
        Some(services)
    }

    /// Service in the ARN that a value is or gives.
    fn service_of(&self, value: &Value) -> Option<String> {
        let of_arn = |arn: &str| {
            let mut parts = arn.split(':');
            let is_arn = parts.next() == Some("arn");
            let service = parts.nth(1)?;
            let is_plain = !service.is_empty() && !service.contains(['*', '?', '$']);
            // The part must be over, or more of it may come.
            (is_arn && is_plain && parts.next().is_some()).then(|| service.to_owned())
        };
        match value {
            Value::String(text) => of_arn(text),
            Value::Object(fields) => match function_of(fields)? {
                ("Fn::GetAtt", arguments) => {
                    let (id, attribute) = attribute_parts(arguments)?;
                    attribute.as_str().filter(|name| name.ends_with("Arn"))?;
                    let resource = self.checker.resources.get(id)?;
                    let type_name = resource.get("Type")?.as_str()?;
                    let known = self.checker.specification.resource_type(type_name)?;
                    of_arn(&known.arn_template()?.replace("${Partition}", "aws"))
                }
                // The ARN of a resource, and something after it.
                ("Fn::Sub", Value::String(text)) if text.starts_with("${") => {
                    let (name, _) = text.strip_prefix("${")?.split_once('}')?;
                    let (id, attribute) = name.split_once('.')?;
                    self.service_of(&serde_json::json!({"Fn::GetAtt": [id, attribute]}))
                }
                ("Fn::Sub" | "Fn::Join", _) => {
                    let pieces = self.checker.pieces(value)?;
                    let mut text = String::new();
                    for piece in pieces {
                        let Piece::Text(piece) = piece else { break };
                        text.push_str(&piece);
                    }
                    of_arn(&text)
                }
                _ => None,
            },
            _ => None,
        }
    }
}
