//! From a request to what a stack is asked to be.

use std::collections::BTreeMap;
use std::sync::Arc;

use stack_plan::Template;
use stack_plan::template::{
    BODY_BYTES, INLINE_BODY_BYTES, STACK_TAGS, is_client_token, is_stack_name, parameter_value,
};

use super::kinds::ResourceKind;
use super::model::Definition;
use super::references::{is_stored, parameter_store_values};
use super::{notifications, rollback_triggers};
use crate::cloud::Cloud;
use crate::wire::{Form, ServiceError, percent_decode};

/// One request: who asks for what.
pub(crate) struct Call<'a> {
    pub(crate) cloud: &'a Arc<Cloud>,
    pub(crate) region: String,
    pub(crate) form: Form,
}

/// A `ValidationError`, CloudFormation's answer to most faults.
pub(crate) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("ValidationError", message)
}

impl Call<'_> {
    /// `StackName`, of the shape that a name or an id has.
    pub(crate) fn stack_name(&self) -> Result<&str, ServiceError> {
        let name = self.form.require("StackName")?;
        if is_stack_name(name) || name.starts_with("arn:") {
            return Ok(name);
        }
        Err(constraint(
            "stackName",
            name,
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*",
        ))
    }

    /// A client token under `field`, if one is given.
    pub(crate) fn token(&self, field: &str) -> Result<Option<String>, ServiceError> {
        match self.form.get(field).filter(|token| !token.is_empty()) {
            None => Ok(None),
            Some(token) if is_client_token(token) => Ok(Some(token.to_owned())),
            Some(token) => Err(constraint(
                "clientRequestToken",
                token,
                "Member must satisfy regular expression pattern: [a-zA-Z0-9][-a-zA-Z0-9]*",
            )),
        }
    }

    /// Refuses what would be ignored otherwise.
    pub(crate) fn refuse_fields(&self, operation: &str, fields: &[&str]) -> Result<(), ServiceError> {
        for field in fields {
            let is_given = self.form.get(field).is_some_and(|value| !value.is_empty() && value != "false")
                || !self.form.list(field).is_empty()
                || !self.form.structures(field).is_empty();
            if is_given {
                return Err(invalid(format!("the local cloud does not serve the parameter {field} of {operation}")));
            }
        }
        Ok(())
    }

    /// Text of the template that the request gives; `None` with `UsePreviousTemplate`.
    pub(crate) async fn template_text(&self) -> Result<Option<String>, ServiceError> {
        match (self.form.get("TemplateBody"), self.form.get("TemplateURL")) {
            (Some(body), None) if body.len() > INLINE_BODY_BYTES => {
                let start: String = body.chars().take(80).collect();
                Err(constraint(
                    "templateBody",
                    &format!("{start}..."),
                    &format!("Member must have length less than or equal to {INLINE_BODY_BYTES}"),
                ))
            }
            (Some(body), None) => Ok(Some(body.to_owned())),
            (None, Some(url)) => template_at(self.cloud, url).await.map(Some),
            (None, None) if self.form.flag("UsePreviousTemplate") == Some(true) => Ok(None),
            _ => Err(invalid("Either Template URL or Template Body must be specified.")),
        }
    }

    /// Everything that the request asks the stack to be. `previous` is what it is now, where it exists.
    pub(crate) async fn definition(&self, previous: Option<&Definition>) -> Result<Definition, ServiceError> {
        let (text, template) = match (self.template_text().await?, previous) {
            (Some(text), _) => {
                let template = read_template(&text)?;
                (text, template)
            }
            (None, Some(previous)) => (previous.text.clone(), previous.template.clone()),
            (None, None) => return Err(invalid("There is no previous template to use.")),
        };
        let parameters = self.parameters(&template, previous)?;
        let capabilities = self.form.list("Capabilities");
        check_capabilities(&template, &capabilities)?;
        let tags = self.tags()?.or_else(|| previous.map(|previous| previous.tags.clone())).unwrap_or_default();
        let role_arn = self.form.get("RoleARN").filter(|arn| !arn.is_empty()).map(str::to_owned);
        let role_arn = role_arn.or_else(|| previous.and_then(|previous| previous.role_arn.clone()));
        let notification_arns = notifications::requested(self)?;
        let notification_arns = notification_arns
            .or_else(|| previous.map(|previous| previous.notification_arns.clone()))
            .unwrap_or_default();
        let resolved = parameter_store_values(self.cloud, &template, &parameters)?;
        let rollback = rollback_triggers::requested(self, previous.map(|previous| &previous.rollback))?;
        Ok(Definition {
            text,
            template,
            parameters,
            resolved,
            tags,
            capabilities,
            role_arn,
            notification_arns,
            rollback,
        })
    }

    fn parameters(
        &self,
        template: &Template,
        previous: Option<&Definition>,
    ) -> Result<BTreeMap<String, String>, ServiceError> {
        let mut given = BTreeMap::new();
        for entry in self.form.structures("Parameters") {
            let name = entry.get("ParameterKey").unwrap_or_default().to_owned();
            let value = if entry.flag("UsePreviousValue") == Some(true) {
                let value = previous.and_then(|previous| previous.parameters.get(&name));
                value.cloned().ok_or_else(|| {
                    invalid(format!("Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a parameter key not in the previous template"))
                })?
            } else {
                entry.get("ParameterValue").unwrap_or_default().to_owned()
            };
            given.insert(name, value);
        }
        check_parameters(template, given)
    }

    /// Stack tags; `None` when the request does not speak of them.
    fn tags(&self) -> Result<Option<BTreeMap<String, String>>, ServiceError> {
        let entries = self.form.structures("Tags");
        if entries.len() > STACK_TAGS {
            return Err(constraint(
                "tags",
                &format!("{} tags", entries.len()),
                &format!("Member must have length less than or equal to {STACK_TAGS}"),
            ));
        }
        if entries.is_empty() && self.form.get("Tags").is_none() {
            return Ok(None);
        }
        let mut tags = BTreeMap::new();
        for entry in entries {
            let key = entry.require("Key")?.to_owned();
            if key.starts_with("aws:") {
                return Err(invalid(format!("Tag {key} is not allowed: the prefix aws: is reserved")));
            }
            tags.insert(key, entry.get("Value").unwrap_or_default().to_owned());
        }
        Ok(Some(tags))
    }
}

/// The template at a URL of the local S3, in path style or virtual-host style.
pub(super) async fn template_at(cloud: &Cloud, url: &str) -> Result<String, ServiceError> {
    let (bucket, key) = bucket_and_key(url).ok_or_else(|| invalid("TemplateURL must be a supported URL."))?;
    let object = cloud.s3.object(&bucket, &key).await?;
    let object =
        object.ok_or_else(|| invalid(format!("S3 error: The specified key does not exist ({bucket}/{key})")))?;
    if object.bytes.len() > BODY_BYTES {
        return Err(invalid(format!("Template may not exceed {BODY_BYTES} bytes in size.")));
    }
    String::from_utf8(object.bytes.to_vec()).map_err(|_| invalid("Template format error: not UTF-8 text"))
}

/// The value of every parameter of a template: what is given, or its default.
pub(super) fn check_parameters(
    template: &Template,
    mut given: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ServiceError> {
    let unknown: Vec<&str> =
        given.keys().filter(|name| !template.parameters.contains_key(*name)).map(String::as_str).collect();
    if !unknown.is_empty() {
        return Err(invalid(format!("Parameters: [{}] do not exist in the template", unknown.join(", "))));
    }
    let mut missing = Vec::new();
    let mut parameters = BTreeMap::new();
    for (name, parameter) in &template.parameters {
        match given.remove(name).or_else(|| parameter.default_text()) {
            Some(text) => {
                if !is_stored(parameter) {
                    parameter_value(name, parameter, &text).map_err(|error| invalid(error.message))?;
                }
                parameters.insert(name.clone(), text);
            }
            None => missing.push(name.as_str()),
        }
    }
    if missing.is_empty() {
        Ok(parameters)
    } else {
        Err(invalid(format!("Parameters: [{}] must have values", missing.join(", "))))
    }
}

/// The answer of AWS's generic request validation.
pub(crate) fn constraint(member: &str, value: &str, rule: &str) -> ServiceError {
    invalid(format!("1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}"))
}

/// Parses a template and checks everything that can be known of it alone.
pub(crate) fn read_template(text: &str) -> Result<Template, ServiceError> {
    let template = Template::parse(text).map_err(|error| match error.position {
        // The reader of a syntax error needs the place; the message has it for JSON already.
        Some(position) if !error.to_string().contains("(line") => invalid(format!("{} ({position})", error.fault)),
        _ => invalid(error.fault.to_string()),
    })?;
    if let Some(error) = template.faults().into_iter().next() {
        return Err(invalid(error.fault.to_string()));
    }
    let mut unknown: Vec<&str> = template
        .resources
        .values()
        .map(|resource| resource.resource_type.as_str())
        .filter(|resource_type| ResourceKind::of(resource_type).is_none())
        .collect();
    unknown.sort_unstable();
    unknown.dedup();
    if !unknown.is_empty() {
        let of_aws: Vec<&str> =
            unknown.iter().copied().filter(|name| super::specified::known_type(name).is_some()).collect();
        let hint = if of_aws.is_empty() {
            String::new()
        } else {
            format!(" (types of AWS that the local cloud does not make: {})", of_aws.join(", "))
        };
        return Err(invalid(format!(
            "Template format error: Unrecognized resource types: [{}]{hint}",
            unknown.join(", ")
        )));
    }
    Ok(template)
}

/// The capability that a template needs, with the types that need it.
pub(crate) fn needed_capability(template: &Template) -> Option<(&'static str, Vec<String>)> {
    let mut is_named = false;
    let mut types = Vec::new();
    for resource in template.resources.values() {
        let name_property = match resource.resource_type.as_str() {
            "AWS::IAM::Role" => "RoleName",
            "AWS::IAM::ManagedPolicy" => "ManagedPolicyName",
            "AWS::IAM::User" => "UserName",
            "AWS::IAM::Group" => "GroupName",
            "AWS::IAM::InstanceProfile" => "InstanceProfileName",
            "AWS::IAM::Policy"
            | "AWS::IAM::RolePolicy"
            | "AWS::IAM::UserPolicy"
            | "AWS::IAM::GroupPolicy"
            | "AWS::IAM::AccessKey"
            | "AWS::IAM::UserToGroupAddition" => "",
            _ => continue,
        };
        is_named = is_named || resource.properties.get(name_property).is_some();
        types.push(resource.resource_type.clone());
    }
    types.sort_unstable();
    types.dedup();
    let capability = if is_named { "CAPABILITY_NAMED_IAM" } else { "CAPABILITY_IAM" };
    (!types.is_empty()).then_some((capability, types))
}

/// Refuses a template that needs a capability which is not given.
pub(super) fn check_capabilities(template: &Template, given: &[String]) -> Result<(), ServiceError> {
    let Some((needed, _)) = needed_capability(template) else { return Ok(()) };
    if given.iter().any(|capability| capability == needed || capability == "CAPABILITY_NAMED_IAM") {
        return Ok(());
    }
    Err(ServiceError::bad_request("InsufficientCapabilitiesException", format!("Requires capabilities : [{needed}]")))
}

/// Bucket and key of a template's URL, in path style or virtual-host style.
fn bucket_and_key(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (authority, path) = rest.split_once('/')?;
    let path = path.split(['?', '#']).next()?;
    let host = authority.rsplit_once(':').map_or(authority, |(host, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { host } else { authority }
    });
    let (bucket, key) = match host.find(".s3.").or_else(|| host.find(".s3-")) {
        Some(end) => (&host[..end], path),
        None => path.split_once('/')?,
    };
    let key = percent_decode(key)?;
    (!bucket.is_empty() && !key.is_empty()).then(|| (bucket.to_owned(), key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_urls_of_both_styles_are_understood() {
        for (url, expected) in [
            ("https://s3.eu-central-1.amazonaws.com/b/a/c.json", Some(("b", "a/c.json"))),
            ("https://b.s3.eu-central-1.amazonaws.com/a%20b.json?versionId=1", Some(("b", "a b.json"))),
            ("http://127.0.0.1:4566/b/c", Some(("b", "c"))),
            ("http://my.bucket.s3.localhost:4566/c", Some(("my.bucket", "c"))),
            ("https://b.s3-eu-west-1.amazonaws.com/c", Some(("b", "c"))),
            ("https://host/only", None),
            ("ftp://host/b/c", None),
            ("file", None),
        ] {
            let expected = expected.map(|(bucket, key)| (bucket.to_owned(), key.to_owned()));
            assert_eq!(bucket_and_key(url), expected, "{url}");
        }
    }
}
