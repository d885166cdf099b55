//! Managed policies of CloudFront, by the names that AWS gives them.
//!
//! Names and ids are those of the pages "Use managed cache policies", "Use managed origin request policies" and "Use
//! managed response headers policies" of the CloudFront developer guide. Policies that Amplify Hosting keeps for itself
//! are left out, as that guide asks.

use crate::fault::FaultKind;
use crate::project::Text;
use crate::scope::Scope;

/// A name and an id.
type Policy = (&'static str, &'static str);

/// Managed cache policies.
pub(super) const CACHE: &[Policy] = &[
    ("CachingOptimized", "658327ea-f89d-4fab-a63d-7e88639e58f6"),
    ("CachingOptimizedForUncompressedObjects", "b2884449-e4de-46a7-ac36-70bc7f1ddd6d"),
    ("CachingDisabled", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"),
    ("UseOriginCacheControlHeaders", "83da9c7e-98b4-4e11-a168-04f0df8e2c65"),
    ("UseOriginCacheControlHeaders-QueryStrings", "4cc15a8a-d715-48a4-82b8-cc0b614638fe"),
    ("Amplify", "2e54312d-136d-493c-8eb9-b001f22f67d2"),
    ("Elemental-MediaPackage", "08627262-05a9-4f76-9ded-b50ca2e3a84f"),
];

/// Managed origin request policies.
pub(super) const ORIGIN_REQUEST: &[Policy] = &[
    ("CORS-CustomOrigin", "59781a5b-3903-41f3-afcb-af62929ccde1"),
    ("CORS-S3Origin", "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"),
    ("AllViewerExceptHostHeader", "b689b0a8-53d0-40ab-baf2-68738e2966ac"),
    ("AllViewer", "216adef6-5c7f-47e4-b989-5492eafa07d3"),
    ("AllViewerAndCloudFrontHeaders-2022-06", "33f36d7e-f396-46d9-90e0-52428a34d9dc"),
    ("HostHeaderOnly", "bf0718e1-ba1e-49d1-88b1-f726733018ae"),
    ("UserAgentRefererHeaders", "acba4595-bd28-49b8-b9fe-13317c0390fa"),
    ("Elemental-MediaTailor-PersonalizedManifests", "775133bc-15f2-49f9-abea-afb2e0bf67d2"),
];

/// Managed response headers policies.
pub(super) const RESPONSE_HEADERS: &[Policy] = &[
    ("SimpleCORS", "60669652-455b-4ae9-85a4-c4c02393f86c"),
    ("CORS-With-Preflight", "5cc3b908-e619-4b99-88e5-2cf7f45965bd"),
    ("SecurityHeadersPolicy", "67f7725c-6f97-4210-82d7-5512b31e9d03"),
    ("CORS-and-SecurityHeadersPolicy", "e61eb60c-9c35-4d20-a928-2b84e02af89c"),
    ("CORS-with-preflight-and-SecurityHeadersPolicy", "eaab4381-ed33-4a86-88ca-d9558dc6cd63"),
];

/// Id of a managed policy of a list. Names that the lists lack have none.
pub(super) fn id_of(name: &str, policies: &[Policy]) -> String {
    policies.iter().find(|(own, _)| *own == name).map_or_else(String::new, |(_, id)| (*id).to_owned())
}

/// The id of a managed policy by its name, or an id as it is.
pub(super) fn read_policy(text: &Text, what: &str, policies: &[Policy], scope: &Scope<'_>) -> Option<String> {
    let value = scope.literal(text)?;
    if let Some((_, id)) = policies.iter().find(|(name, _)| *name == value) {
        return Some((*id).to_owned());
    }
    let groups: Vec<&str> = value.split('-').collect();
    let is_id = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if is_id {
        return Some(value);
    }
    let names: Vec<&str> = policies.iter().map(|(name, _)| *name).collect();
    let help = format!("one of {}, or the id of a policy of your own", names.join(", "));
    scope.sink().push(FaultKind::BadValue { value, expected: format!("a {what}"), help }, &text.place);
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_id_is_one_and_belongs_to_one_policy() {
        let all: Vec<&Policy> = CACHE.iter().chain(ORIGIN_REQUEST).chain(RESPONSE_HEADERS).collect();
        let ids: BTreeSet<&str> = all.iter().map(|(_, id)| *id).collect();
        assert_eq!(ids.len(), 20);
        assert_eq!(ids.len(), all.len());
        for id in ids {
            let lengths: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert!(
                id.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)),
                "{id}"
            );
        }
        assert_eq!(id_of("AllViewerExceptHostHeader", ORIGIN_REQUEST), "b689b0a8-53d0-40ab-baf2-68738e2966ac");
    }
}
