//! Resources that would be the same thing.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Checker;
use super::conditions::Assumptions;
use super::found::{At, Found};
use super::scenario::{branches, scenarios};

/// What tells resources of a type apart, where the schema does not say so or says something that only AWS knows.
const IDENTIFIERS: [(&str, &[&str]); 6] = [
    ("AWS::ApiGatewayV2::Route", &["ApiId", "RouteKey"]),
    ("AWS::CodeBuild::Project", &["Name"]),
    // A subnet has one route table.
    ("AWS::EC2::SubnetRouteTableAssociation", &["SubnetId"]),
    ("AWS::Lambda::Alias", &["FunctionName", "Name"]),
    ("AWS::Route53::RecordSet", &["HostedZoneId", "Name", "Type"]),
    ("AWS::S3::BucketPolicy", &["Bucket"]),
];

impl Checker<'_> {
    /// Resources of one type with the same identifier that can exist at the same time.
    pub(super) fn identifiers(&self, found: &mut Found) {
        let mut seen: HashMap<(&str, String), Vec<(&str, Assumptions)>> = HashMap::new();
        for (id, resource) in self.resources {
            let Some(type_name) = resource.get("Type").and_then(Value::as_str) else { continue };
            let Some(resource_type) = self.specification.resource_type(type_name) else { continue };
            let mut names = resource_type.primary_identifier();
            if let Some((_, own)) = IDENTIFIERS.iter().find(|(name, _)| *name == type_name) {
                names = own.iter().map(|name| (*name).to_owned()).collect();
            }
            let read_only = resource_type.read_only();
            if names.is_empty() || names.iter().any(|name| name.contains('/') || read_only.contains(name)) {
                continue;
            }
            let Some(properties) = resource.get("Properties") else { continue };
            let condition = resource.get("Condition").and_then(Value::as_str);
            let under: Assumptions = condition.map(|name| (name.to_owned(), true)).into_iter().collect();
            // Only what identifies it, in every form that the conditions allow.
            let mut forms = Vec::new();
            for (properties, under) in branches(&self.conditions, properties, &under) {
                let Some(Value::Object(properties)) = properties else { continue };
                // Records of a routing policy share a name.
                if properties.contains_key("SetIdentifier") {
                    continue;
                }
                let identifier: Map<String, Value> =
                    names.iter().filter_map(|name| Some((name.clone(), properties.get(name)?.clone()))).collect();
                let identifier = Value::Object(identifier);
                let of_identifier = scenarios(&self.conditions, &identifier, &under);
                forms.extend(of_identifier.into_iter().map(|(form, under)| (form.into_owned(), under)));
            }
            for (form, under) in forms {
                if form.as_object().is_none_or(|form| form.len() < names.len()) {
                    continue;
                }
                let others = seen.entry((type_name, form.to_string())).or_default();
                for (twin, other) in others.iter().filter(|(twin, _)| *twin != id) {
                    if self.conditions.is_possible(&other.iter().chain(&under).cloned().collect()) {
                        for (one, other) in [(id.as_str(), *twin), (*twin, id.as_str())] {
                            let path = match names.as_slice() {
                                [name] => format!("/Resources/{one}/Properties/{name}"),
                                _ => format!("/Resources/{one}/Properties"),
                            };
                            let same = names.join(", ");
                            found.say(
                                &At::path(&path),
                                format!("`{other}` is the same {type_name}: it has the same {same}"),
                            );
                        }
                    }
                }
                others.push((id, under));
            }
        }
    }
}
