//! The pages of constructs: their examples plan, and they name every key.

use super::*;
use crate::fault::FaultKind;

const HTTP_API: &str = include_str!("../../../../docs/constructs/http_api.md");
const REST_API: &str = include_str!("../../../../docs/constructs/rest_api.md");
const USER_POOL: &str = include_str!("../../../../docs/constructs/user_pool.md");
const DOMAIN: &str = include_str!("../../../../docs/constructs/domain.md");
const DISTRIBUTION: &str = include_str!("../../../../docs/constructs/distribution.md");

#[test]
fn the_examples_of_the_pages_plan() {
    let domain = "parameters: { domain: '' }\n";
    for (page, around) in [
        (HTTP_API, format!("{domain}functions: {{ presign-upload: {{}}, jwt-authorizer: {{}} }}\n")),
        (REST_API, "functions: { image-insert: {} }\nbuckets: { images: {} }\n".to_owned()),
        (USER_POOL, "parameters: { user_pool_id: '', client_id: '' }\n".to_owned()),
        (DOMAIN, "functions: { list-items: {} }\nbuckets: { assets: {} }\n".to_owned()),
        (
            DISTRIBUTION,
            format!(
                "{domain}functions: {{ f: {{}} }}\nhttp_apis: {{ api: {{ routes: {{ $default: f }} }} }}\nbuckets: {{ site: {{}}, thumbnails: {{}} }}\n"
            ),
        ),
    ] {
        let example = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
        let text = format!("stack: s\nregion: eu-central-1\n{around}{example}");
        plan_text(&text, &context());
        // With a domain as well, where the example takes one.
        let with_domain = text
            .replace("domain: ''", "domain: example.com")
            .replace("domain: \"\", zone: \"\"", "domain: example.com, zone: Z1A");
        if text.contains("domains:") {
            assert_eq!(plan_text(&with_domain, &context()).companions.len(), 1);
        }
    }
}

/// Keys that may stand beside a key that nobody knows.
fn known_keys(text: &str) -> Vec<String> {
    let faults = faults_of(&format!("stack: s\nregion: us-east-1\n{text}"), &context());
    let unknown = faults.faults().iter().find_map(|fault| match &fault.kind {
        FaultKind::UnknownKey { key, known } if key == "nobody" => Some(known.clone()),
        _ => None,
    });
    unknown.unwrap_or_else(|| panic!("{text}\n{}", shown(&faults)))
}

#[test]
fn the_pages_name_every_key() {
    for (page, text) in [
        (HTTP_API, "http_apis: { a: { nobody: x } }"),
        (HTTP_API, "http_apis: { a: { routes: { 'GET /': { nobody: x } } } }"),
        (HTTP_API, "http_apis: { a: { authorizers: { x: { nobody: x } } } }"),
        (HTTP_API, "http_apis: { a: { cors: { nobody: x } } }"),
        (HTTP_API, "http_apis: { a: { throttle: { nobody: x } } }"),
        (REST_API, "rest_apis: { a: { nobody: x } }"),
        (REST_API, "rest_apis: { a: { routes: { 'GET /': { nobody: x } } } }"),
        (REST_API, "rest_apis: { a: { authorizers: { x: { function: f, nobody: x } } } }"),
        (REST_API, "rest_apis: { a: { plans: { x: { nobody: x } } } }"),
        (REST_API, "rest_apis: { a: { cors: { nobody: x } } }"),
        (USER_POOL, "user_pools: { a: { nobody: x } }"),
        (USER_POOL, "user_pools: { a: { clients: { x: { nobody: x } } } }"),
        (USER_POOL, "user_pools: { a: { password: { nobody: x } } }"),
        (DOMAIN, "domains: { a: { nobody: x } }"),
        (DISTRIBUTION, "distributions: { a: { nobody: x } }"),
        (DISTRIBUTION, "distributions: { a: { paths: { '/x': { nobody: x } } } }"),
        (DISTRIBUTION, "distributions: { a: { errors: { 404: { nobody: x } } } }"),
    ] {
        let known = known_keys(text);
        assert!(known.len() > 1, "{text}");
        for key in known {
            let is_named = page.contains(&format!("`{key}`"))
                || page.contains(&format!("{key},"))
                || page.contains(&format!("{key} }}"));
            assert!(is_named, "the page lacks `{key}` of {text}");
        }
    }
}
