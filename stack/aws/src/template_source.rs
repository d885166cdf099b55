//! How a template reaches CloudFormation: in the call, or through the artifact bucket when it is large.

use sha2::{Digest, Sha256};
use stack_plan::Template;

use crate::connect::Aws;
use crate::error::{AwsError, Result};
use crate::upload::put_bytes_once;

/// Longest template in a call, in bytes.
const INLINE_LIMIT: usize = 51_200;
/// Longest template at all, in bytes.
const LIMIT: usize = 1_048_576;

/// A template as a call takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TemplateSource {
    Body(String),
    Url(String),
}

/// The template as compact JSON, checked against the limit.
pub(crate) fn render_template(template: &Template) -> Result<String> {
    let text = serde_json::to_string(template).map_err(|source| AwsError::TemplateNotJson { source })?;
    if text.len() > LIMIT {
        return Err(AwsError::TemplateTooLarge { bytes: text.len(), limit: LIMIT });
    }
    Ok(text)
}

/// True when the text must go through the artifact bucket.
pub(crate) fn needs_bucket(text: &str) -> bool {
    text.len() > INLINE_LIMIT
}

/// Uploads a large template under its hash; a small one goes along in the call.
pub(crate) async fn prepare(aws: &Aws, text: String, bucket: Option<(&str, &str)>) -> Result<TemplateSource> {
    let Some((bucket, account)) = bucket.filter(|_| needs_bucket(&text)) else {
        return Ok(TemplateSource::Body(text));
    };
    let hash = hex::encode(Sha256::digest(text.as_bytes()));
    let key = format!("templates/{hash}.json");
    put_bytes_once(aws, bucket, account, &key, text.into_bytes()).await?;
    Ok(TemplateSource::Url(object_url(aws, bucket, &key)))
}

fn object_url(aws: &Aws, bucket: &str, key: &str) -> String {
    let target = aws.target();
    if let Some(endpoint) = &target.endpoint_url {
        return format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/'));
    }
    let domain = if target.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://{bucket}.s3.{}.{domain}/{key}", target.region)
}
