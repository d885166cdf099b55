//! What a template asks CloudFormation to acknowledge.

use aws_sdk_cloudformation::types::Capability;
use stack_plan::Template;

/// Capabilities that the template needs: IAM resources must be acknowledged, named ones more so.
pub(crate) fn capabilities(template: &Template) -> Vec<Capability> {
    let mut iam = false;
    let mut named = false;
    for resource in template.resources.values() {
        // A nested stack may hold anything.
        named |= resource.resource_type == "AWS::CloudFormation::Stack";
        if !resource.resource_type.starts_with("AWS::IAM::") {
            continue;
        }
        iam = true;
        named |= NAMES.iter().any(|name| resource.properties.get(name).is_some());
    }
    if named {
        vec![Capability::CapabilityNamedIam]
    } else if iam {
        vec![Capability::CapabilityIam]
    } else {
        Vec::new()
    }
}

/// Properties that give an IAM resource a name of its own (a policy's `PolicyName` is only local to its role).
const NAMES: [&str; 5] = ["RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName"];

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stack_plan::template::Resource;

    use super::*;

    fn template(resource_type: &str, properties: serde_json::Value) -> Template {
        let resource = Resource { resource_type: resource_type.to_owned(), properties, ..Resource::default() };
        Template { resources: [("X".to_owned(), resource)].into_iter().collect(), ..Template::default() }
    }

    #[test]
    fn only_what_is_needed_is_acknowledged() {
        assert_eq!(capabilities(&template("AWS::S3::Bucket", json!({}))), []);
        assert_eq!(capabilities(&template("AWS::IAM::Role", json!({}))), [Capability::CapabilityIam]);
        assert_eq!(
            capabilities(&template("AWS::IAM::Role", json!({"RoleName": "x"}))),
            [Capability::CapabilityNamedIam]
        );
    }
}
