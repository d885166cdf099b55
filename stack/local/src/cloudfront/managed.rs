//! Policies that AWS manages, by their ids.

use serde_json::{Value, json};

/// A managed cache policy, as a template would write it.
pub(super) fn cache_policy(id: &str) -> Option<Value> {
    let keyed = |minimum: i64, default: i64, query: &str, headers: &[&str], cookies: &str| {
        json!({
            "MinTTL": minimum, "DefaultTTL": default, "MaxTTL": 31_536_000,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "QueryStringsConfig": {"QueryStringBehavior": query},
                "HeadersConfig": {"HeaderBehavior": if headers.is_empty() { "none" } else { "whitelist" }, "Headers": headers},
                "CookiesConfig": {"CookieBehavior": cookies},
            },
        })
    };
    let origin_headers = ["Host", "Origin", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];
    Some(match id {
        // CachingOptimized, CachingOptimizedForUncompressedObjects
        "658327ea-f89d-4fab-a63d-7e88639e58f6" | "b2884449-e4de-46a7-ac36-70bc7f1ddd6d" => {
            keyed(1, 86_400, "none", &[], "none")
        }
        // CachingDisabled
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" => json!({"MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 0}),
        // Elemental-MediaPackage
        "08627262-05a9-4f76-9ded-b50ca2e3a84f" => keyed(0, 86_400, "all", &["Origin"], "none"),
        // Amplify
        "2e54312d-136d-493c-8eb9-b001f22f67d2" => {
            keyed(2, 2, "all", &["Authorization", "CloudFront-Viewer-Country", "Host"], "all")
        }
        // UseOriginCacheControlHeaders
        "83da9c7e-98b4-4e11-a168-04f0df8e2c65" => keyed(0, 0, "none", &origin_headers, "all"),
        // UseOriginCacheControlHeaders-QueryStrings
        "4cc15a8a-d715-48a4-82b8-cc0b614638fe" => keyed(0, 0, "all", &origin_headers, "all"),
        _ => return None,
    })
}

/// A managed origin request policy, as a template would write it.
pub(super) fn origin_request_policy(id: &str) -> Option<Value> {
    let named = |headers: &[&str]| {
        json!({
            "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": headers},
            "QueryStringsConfig": {"QueryStringBehavior": "none"},
            "CookiesConfig": {"CookieBehavior": "none"},
        })
    };
    let everything = |behavior: &str, headers: &[&str]| {
        json!({
            "HeadersConfig": {"HeaderBehavior": behavior, "Headers": headers},
            "QueryStringsConfig": {"QueryStringBehavior": "all"},
            "CookiesConfig": {"CookieBehavior": "all"},
        })
    };
    Some(match id {
        // CORS-S3Origin
        "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf" => {
            named(&["Origin", "Access-Control-Request-Headers", "Access-Control-Request-Method"])
        }
        // CORS-CustomOrigin
        "59781a5b-3903-41f3-afcb-af62929ccde1" => named(&["Origin"]),
        // AllViewer, AllViewerAndCloudFrontHeaders-2022-06
        "216adef6-5c7f-47e4-b989-5492eafa07d3" | "33f36d7e-f396-46d9-90e0-52428a34d9dc" => everything("allViewer", &[]),
        // AllViewerExceptHostHeader
        "b689b0a8-53d0-40ab-baf2-68738e2966ac" => everything("allExcept", &["Host"]),
        // UserAgentRefererHeaders
        "acba4595-bd28-49b8-b9fe-13317c0390fa" => named(&["User-Agent", "Referer"]),
        _ => return None,
    })
}

/// Whether AWS manages a cache policy of this id.
pub(super) fn is_cache_policy(id: &str) -> bool {
    cache_policy(id).is_some()
}

/// Whether AWS manages an origin request policy of this id.
pub(super) fn is_origin_request_policy(id: &str) -> bool {
    origin_request_policy(id).is_some()
}

/// A managed response headers policy, as a template would write it.
pub(super) fn response_headers_policy(id: &str) -> Option<Value> {
    let simple = json!({
        "AccessControlAllowCredentials": false,
        "AccessControlAllowHeaders": {"Items": ["*"]},
        "AccessControlAllowMethods": {"Items": ["GET", "HEAD"]},
        "AccessControlAllowOrigins": {"Items": ["*"]},
        "OriginOverride": false,
    });
    let preflight = json!({
        "AccessControlAllowCredentials": false,
        "AccessControlAllowHeaders": {"Items": ["*"]},
        "AccessControlAllowMethods": {"Items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]},
        "AccessControlAllowOrigins": {"Items": ["*"]},
        "AccessControlExposeHeaders": {"Items": ["*"]},
        "OriginOverride": false,
    });
    let security = json!({
        "XSSProtection": {"Override": false, "Protection": true, "ModeBlock": true},
        "FrameOptions": {"Override": false, "FrameOption": "SAMEORIGIN"},
        "ReferrerPolicy": {"Override": false, "ReferrerPolicy": "strict-origin-when-cross-origin"},
        "ContentTypeOptions": {"Override": true},
        "StrictTransportSecurity": {"Override": false, "AccessControlMaxAgeSec": 31_536_000},
    });
    match id {
        // SimpleCORS
        "60669652-455b-4ae9-85a4-c4c02393f86c" => Some(json!({"CorsConfig": simple})),
        // CORS-With-Preflight
        "5cc3b908-e619-4b99-88e5-2cf7f45965bd" => Some(json!({"CorsConfig": preflight})),
        // SecurityHeadersPolicy
        "67f7725c-6f97-4210-82d7-5512b31e9d03" => Some(json!({"SecurityHeadersConfig": security})),
        // CORS-and-SecurityHeadersPolicy
        "e61eb60c-9c35-4d20-a928-2b84e02af89c" => {
            Some(json!({"CorsConfig": simple, "SecurityHeadersConfig": security}))
        }
        // CORS-with-preflight-and-SecurityHeadersPolicy
        "eaab4381-ed33-4a86-88ca-d9558dc6cd63" => {
            Some(json!({"CorsConfig": preflight, "SecurityHeadersConfig": security}))
        }
        _ => None,
    }
}
