//! Where types keep policies of resources: as the specification says, and what it does not know of.

use crate::specification::Specification;
use crate::template::Resource;

/// What names the thing that a policy of these types is about, where it is not their identifier.
const TARGETS: [(&str, &str, &str); 8] = [
    ("AWS::SNS::TopicPolicy", "PolicyDocument", "Topics"),
    ("AWS::SNS::TopicInlinePolicy", "PolicyDocument", "TopicArn"),
    ("AWS::SQS::QueuePolicy", "PolicyDocument", "Queues"),
    ("AWS::SQS::QueueInlinePolicy", "PolicyDocument", "Queue"),
    ("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy", "SecretId"),
    ("AWS::Events::EventBusPolicy", "Statement", "EventBusName"),
    ("AWS::BedrockAgentCore::ResourcePolicy", "Policy", "ResourceArn"),
    ("AWS::ECR::RegistryPolicy", "PolicyText", "RegistryId"),
];

/// Policies of their own that the specification does not mark.
const OWN: [(&str, &str); 4] = [
    ("AWS::DynamoDB::Table", "ResourcePolicy/PolicyDocument"),
    ("AWS::Kinesis::Stream", "ResourcePolicy"),
    ("AWS::Logs::Destination", "DestinationPolicy"),
    ("AWS::OpenSearchService::Domain", "AccessPolicies"),
];

/// Properties that the specification marks though they allow nobody anything, or are read as policies of identities.
const NO_POLICIES: [&str; 6] = [
    "AWS::IAM::Role/AssumeRolePolicyDocument",
    "AWS::Logs::LogGroup/DataProtectionPolicy",
    "AWS::NetworkManager::CoreNetwork/PolicyDocument",
    "AWS::RAM::Permission/PolicyTemplate",
    "AWS::SSO::PermissionSet/InlinePolicy",
    "AWS::SQS::Queue/RedriveAllowPolicy",
];

/// Properties of a type that hold policies of the resource itself, as paths (`ResourcePolicy/PolicyDocument`).
pub(super) fn own_documents(kind: &str) -> Vec<String> {
    let mut paths: Vec<String> =
        OWN.iter().filter(|(name, _)| *name == kind).map(|(_, path)| (*path).to_owned()).collect();
    // What SNS calls a policy in its topics and subscriptions is about archives and retries.
    let Some(known) = Specification::embedded().resource_type(kind).filter(|_| !kind.starts_with("AWS::SNS::")) else {
        return paths;
    };
    let marked = known.properties().map(|(name, _)| name).filter(|name| {
        known.scrutiny(Some(name)) == Some("InlineResourcePolicy")
            && !NO_POLICIES.contains(&format!("{kind}/{name}").as_str())
    });
    paths.extend(marked.map(str::to_owned));
    paths
}

/// Of a resource that is a policy: the property with the document, and the one that names what it is about.
pub(super) fn document_and_target(resource: &Resource) -> Option<(&'static str, String)> {
    const DOCUMENTS: [&str; 4] = ["PolicyDocument", "ResourcePolicy", "Policy", "PolicyText"];
    let kind = resource.resource_type.as_str();
    let has = |name: &str| resource.properties.get(name).is_some();
    if let Some((_, document, target)) = TARGETS.iter().find(|(name, ..)| *name == kind) {
        return has(document).then(|| (*document, (*target).to_owned()));
    }
    let known = Specification::embedded().resource_type(kind)?;
    if known.scrutiny(None) != Some("ResourcePolicyResource") {
        return None;
    }
    let document = DOCUMENTS.into_iter().find(|name| has(name))?;
    let target = known.primary_identifier().into_iter().find(|name| has(name));
    Some((document, target.unwrap_or_default()))
}
