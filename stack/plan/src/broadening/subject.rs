//! Which resource a value names.

use serde_json::{Value, json};

use super::reader::Reader;
use crate::specification::Specification;
use crate::template::{Resource, attribute_parts};

impl<'a> Reader<'a> {
    /// The resource that a value names, under the id by which it is compared: by reference, by an attribute, or as its
    /// name or ARN is spelled, in this template or in the other.
    pub(super) fn subject(&self, value: &Value) -> Option<String> {
        let own = |reader: &Self| reader.own_subject(value).map(|id| reader.alias(id).to_owned());
        own(self).or_else(|| own(self.other?))
    }

    fn own_subject(&self, value: &Value) -> Option<&'a str> {
        let resources = &self.template.resources;
        let direct = match (value.get("Ref"), value.get("Fn::GetAtt"), value.get("Fn::Sub")) {
            (Some(id), _, _) => id.as_str(),
            (_, Some(arguments), _) => attribute_parts(arguments).map(|(id, _)| id),
            (_, _, Some(Value::String(text))) => {
                let inside = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
                inside.map(|name| name.split('.').next().unwrap_or(name))
            }
            _ => None,
        };
        if let Some((id, _)) = direct.and_then(|id| resources.get_key_value(id)) {
            return Some(id);
        }
        let term = self.term(value);
        let is_it = |id: &&String| {
            let forms = [json!({ "Ref": id }), json!({ "Fn::GetAtt": [id, "Arn"] })];
            forms.iter().any(|form| self.term(form).is_spelled_as(&term))
        };
        // What has no ARN is a part of something else, and may go by the name of that (a bucket's policy).
        let has_arn = |resource: &Resource| {
            let kind = Specification::embedded().resource_type(&resource.resource_type);
            kind.is_some_and(|kind| kind.arn_template().is_some())
        };
        let things = resources.iter().filter(|(_, resource)| has_arn(resource)).map(|(id, _)| id);
        things.into_iter().find(is_it).map(String::as_str)
    }
}
