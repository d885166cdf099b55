//! Configurations of buckets that are kept as they come.

use std::sync::Arc;

use s3s::dto::{
    BucketLifecycleConfiguration, CORSConfiguration, DeleteBucketCorsInput, DeleteBucketCorsOutput,
    DeleteBucketEncryptionInput, DeleteBucketEncryptionOutput, DeleteBucketLifecycleInput, DeleteBucketLifecycleOutput,
    DeleteBucketOwnershipControlsInput, DeleteBucketOwnershipControlsOutput, DeleteBucketWebsiteInput,
    DeleteBucketWebsiteOutput, DeletePublicAccessBlockInput, DeletePublicAccessBlockOutput, GetBucketCorsInput,
    GetBucketCorsOutput, GetBucketEncryptionInput, GetBucketEncryptionOutput, GetBucketLifecycleConfigurationInput,
    GetBucketLifecycleConfigurationOutput, GetBucketNotificationConfigurationInput,
    GetBucketNotificationConfigurationOutput, GetBucketOwnershipControlsInput, GetBucketOwnershipControlsOutput,
    GetBucketVersioningInput, GetBucketVersioningOutput, GetBucketWebsiteInput, GetBucketWebsiteOutput,
    GetPublicAccessBlockInput, GetPublicAccessBlockOutput, NotificationConfiguration, OwnershipControls,
    OwnershipControlsRule, PublicAccessBlockConfiguration, PutBucketCorsInput, PutBucketCorsOutput,
    PutBucketEncryptionInput, PutBucketEncryptionOutput, PutBucketLifecycleConfigurationInput,
    PutBucketLifecycleConfigurationOutput, PutBucketNotificationConfigurationInput,
    PutBucketNotificationConfigurationOutput, PutBucketOwnershipControlsInput, PutBucketOwnershipControlsOutput,
    PutBucketVersioningInput, PutBucketVersioningOutput, PutBucketWebsiteInput, PutBucketWebsiteOutput,
    PutPublicAccessBlockInput, PutPublicAccessBlockOutput, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, WebsiteConfiguration,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::common::{bucket, request_facts};
use crate::cloud::Cloud;
use crate::s3::cors::METHODS;
use crate::s3::errors::{custom, invalid_request, not_served};
use crate::s3::notification::{announce, validate, with_ids};
use crate::s3::store::{Change, Kind, Moment, Record};

/// Keeps a configuration, or forgets it where there is none.
pub(in crate::s3) async fn configure<T: Serialize>(
    cloud: &Cloud,
    name: &str,
    kind: Kind,
    configuration: Option<&T>,
) -> S3Result<Moment> {
    let value = configuration.map(serde_json::to_value).transpose().map_err(S3Error::internal_error)?;
    cloud
        .s3
        .store
        .change(Vec::new(), |state, moment| {
            bucket(state, name)?;
            let record = Record::Configured { bucket: name.to_owned(), kind, value };
            Ok(Change { records: vec![record], answer: moment })
        })
        .await
}

async fn forget(cloud: &Cloud, name: &str, kind: Kind) -> S3Result<()> {
    configure::<()>(cloud, name, kind, None).await.map(|_| ())
}

/// The configuration of a bucket that must exist.
pub(super) fn kept<T: DeserializeOwned>(cloud: &Cloud, name: &str, kind: Kind) -> S3Result<Option<T>> {
    cloud.s3.store.read(|state| bucket(state, name).map(|bucket| bucket.configured(kind)))
}

fn missing(code: &'static str, message: &'static str) -> S3Error {
    custom(http::StatusCode::NOT_FOUND, code, message)
}

pub(super) async fn put_cors(
    cloud: &Arc<Cloud>,
    request: S3Request<PutBucketCorsInput>,
) -> S3Result<PutBucketCorsOutput> {
    let input = request.input;
    check_cors(&input.cors_configuration)?;
    configure(cloud, &input.bucket, Kind::Cors, Some(&input.cors_configuration)).await?;
    Ok(PutBucketCorsOutput::default())
}

/// Refuses rules that S3 refuses.
pub(in crate::s3) fn check_cors(configuration: &CORSConfiguration) -> S3Result<()> {
    if configuration.cors_rules.is_empty() || configuration.cors_rules.len() > 100 {
        return Err(S3Error::with_message(
            S3ErrorCode::MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema",
        ));
    }
    for rule in &configuration.cors_rules {
        if let Some(method) = rule.allowed_methods.iter().find(|method| !METHODS.contains(&method.as_str())) {
            return Err(invalid_request(format!(
                "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            )));
        }
        let headers = rule.allowed_headers.iter().flatten();
        for (what, text) in rule
            .allowed_origins
            .iter()
            .map(|text| ("AllowedOrigin", text))
            .chain(headers.map(|text| ("AllowedHeader", text)))
        {
            if text.matches('*').count() > 1 {
                return Err(invalid_request(format!("{what} \"{text}\" can not have more than one wildcard.")));
            }
        }
    }
    Ok(())
}

pub(super) fn get_cors(cloud: &Arc<Cloud>, input: &GetBucketCorsInput) -> S3Result<GetBucketCorsOutput> {
    let configuration: CORSConfiguration = kept(cloud, &input.bucket, Kind::Cors)?
        .ok_or_else(|| missing("NoSuchCORSConfiguration", "The CORS configuration does not exist"))?;
    Ok(GetBucketCorsOutput { cors_rules: Some(configuration.cors_rules) })
}

pub(super) async fn delete_cors(
    cloud: &Arc<Cloud>,
    request: S3Request<DeleteBucketCorsInput>,
) -> S3Result<DeleteBucketCorsOutput> {
    forget(cloud, &request.input.bucket, Kind::Cors).await?;
    Ok(DeleteBucketCorsOutput::default())
}

pub(super) async fn put_encryption(
    cloud: &Arc<Cloud>,
    request: S3Request<PutBucketEncryptionInput>,
) -> S3Result<PutBucketEncryptionOutput> {
    let input = request.input;
    let configuration = Some(&input.server_side_encryption_configuration);
    configure(cloud, &input.bucket, Kind::Encryption, configuration).await?;
    Ok(PutBucketEncryptionOutput::default())
}

pub(super) fn get_encryption(
    cloud: &Arc<Cloud>,
    input: &GetBucketEncryptionInput,
) -> S3Result<GetBucketEncryptionOutput> {
    let kept = kept::<ServerSideEncryptionConfiguration>(cloud, &input.bucket, Kind::Encryption)?;
    // Every bucket has a default since 2023.
    let configuration = kept.unwrap_or_else(|| ServerSideEncryptionConfiguration {
        rules: vec![ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: Some(ServerSideEncryptionByDefault {
                kms_master_key_id: None,
                sse_algorithm: ServerSideEncryption::from_static(ServerSideEncryption::AES256),
            }),
            bucket_key_enabled: Some(false),
        }],
    });
    Ok(GetBucketEncryptionOutput { server_side_encryption_configuration: Some(configuration) })
}

pub(super) async fn delete_encryption(
    cloud: &Arc<Cloud>,
    request: S3Request<DeleteBucketEncryptionInput>,
) -> S3Result<DeleteBucketEncryptionOutput> {
    forget(cloud, &request.input.bucket, Kind::Encryption).await?;
    Ok(DeleteBucketEncryptionOutput::default())
}

pub(super) async fn put_lifecycle(
    cloud: &Arc<Cloud>,
    request: S3Request<PutBucketLifecycleConfigurationInput>,
) -> S3Result<PutBucketLifecycleConfigurationOutput> {
    let input = request.input;
    let mut configuration = input.lifecycle_configuration.unwrap_or_default();
    for rule in &mut configuration.rules {
        if rule.id.as_deref().unwrap_or_default().is_empty() {
            rule.id = Some(uuid::Uuid::new_v4().to_string());
        }
    }
    configure(cloud, &input.bucket, Kind::Lifecycle, Some(&configuration)).await?;
    cloud.s3.resume(cloud);
    Ok(PutBucketLifecycleConfigurationOutput::default())
}

pub(super) fn get_lifecycle(
    cloud: &Arc<Cloud>,
    input: &GetBucketLifecycleConfigurationInput,
) -> S3Result<GetBucketLifecycleConfigurationOutput> {
    let configuration: BucketLifecycleConfiguration = kept(cloud, &input.bucket, Kind::Lifecycle)?
        .ok_or_else(|| missing("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"))?;
    Ok(GetBucketLifecycleConfigurationOutput { rules: Some(configuration.rules), ..Default::default() })
}

pub(super) async fn delete_lifecycle(
    cloud: &Arc<Cloud>,
    request: S3Request<DeleteBucketLifecycleInput>,
) -> S3Result<DeleteBucketLifecycleOutput> {
    forget(cloud, &request.input.bucket, Kind::Lifecycle).await?;
    Ok(DeleteBucketLifecycleOutput::default())
}

pub(super) async fn put_notification(
    cloud: &Arc<Cloud>,
    request: S3Request<PutBucketNotificationConfigurationInput>,
) -> S3Result<PutBucketNotificationConfigurationOutput> {
    let (ids, _) = request_facts(&request);
    let input = request.input;
    cloud.s3.store.read(|state| bucket(state, &input.bucket).map(|_| ()))?;
    let configuration = with_ids(input.notification_configuration);
    validate(cloud, &input.bucket, &configuration, input.skip_destination_validation == Some(true))?;
    let moment = configure(cloud, &input.bucket, Kind::Notification, Some(&configuration)).await?;
    announce(cloud, &input.bucket, &configuration, moment, &ids);
    Ok(PutBucketNotificationConfigurationOutput::default())
}

pub(super) fn get_notification(
    cloud: &Arc<Cloud>,
    input: &GetBucketNotificationConfigurationInput,
) -> S3Result<GetBucketNotificationConfigurationOutput> {
    let kept: NotificationConfiguration = kept(cloud, &input.bucket, Kind::Notification)?.unwrap_or_default();
    Ok(GetBucketNotificationConfigurationOutput {
        event_bridge_configuration: kept.event_bridge_configuration,
        lambda_function_configurations: kept.lambda_function_configurations,
        queue_configurations: kept.queue_configurations,
        topic_configurations: kept.topic_configurations,
    })
}

pub(super) async fn put_ownership(
    cloud: &Arc<Cloud>,
    request: S3Request<PutBucketOwnershipControlsInput>,
) -> S3Result<PutBucketOwnershipControlsOutput> {
    let input = request.input;
    let [rule] = input.ownership_controls.rules.as_slice() else {
        return Err(S3Error::with_message(
            S3ErrorCode::MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema",
        ));
    };
    configure(cloud, &input.bucket, Kind::Ownership, Some(&rule.object_ownership.as_str())).await?;
    Ok(PutBucketOwnershipControlsOutput::default())
}

pub(super) fn get_ownership(
    cloud: &Arc<Cloud>,
    input: &GetBucketOwnershipControlsInput,
) -> S3Result<GetBucketOwnershipControlsOutput> {
    let ownership: String = kept(cloud, &input.bucket, Kind::Ownership)?
        .ok_or_else(|| missing("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"))?;
    let controls = OwnershipControls { rules: vec![OwnershipControlsRule { object_ownership: ownership.into() }] };
    Ok(GetBucketOwnershipControlsOutput { ownership_controls: Some(controls) })
}

pub(super) async fn delete_ownership(
    cloud: &Arc<Cloud>,
    request: S3Request<DeleteBucketOwnershipControlsInput>,
) -> S3Result<DeleteBucketOwnershipControlsOutput> {
    forget(cloud, &request.input.bucket, Kind::Ownership).await?;
    Ok(DeleteBucketOwnershipControlsOutput::default())
}

pub(super) async fn put_public_access_block(
    cloud: &Arc<Cloud>,
    request: S3Request<PutPublicAccessBlockInput>,
) -> S3Result<PutPublicAccessBlockOutput> {
    let input = request.input;
    let configuration = Some(&input.public_access_block_configuration);
    configure(cloud, &input.bucket, Kind::PublicAccessBlock, configuration).await?;
    Ok(PutPublicAccessBlockOutput::default())
}

pub(super) fn get_public_access_block(
    cloud: &Arc<Cloud>,
    input: &GetPublicAccessBlockInput,
) -> S3Result<GetPublicAccessBlockOutput> {
    let block: PublicAccessBlockConfiguration =
        kept(cloud, &input.bucket, Kind::PublicAccessBlock)?.ok_or_else(|| {
            missing("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
        })?;
    Ok(GetPublicAccessBlockOutput { public_access_block_configuration: Some(block) })
}

pub(super) async fn delete_public_access_block(
    cloud: &Arc<Cloud>,
    request: S3Request<DeletePublicAccessBlockInput>,
) -> S3Result<DeletePublicAccessBlockOutput> {
    forget(cloud, &request.input.bucket, Kind::PublicAccessBlock).await?;
    Ok(DeletePublicAccessBlockOutput::default())
}

pub(super) async fn put_versioning(
    cloud: &Arc<Cloud>,
    request: S3Request<PutBucketVersioningInput>,
) -> S3Result<PutBucketVersioningOutput> {
    let input = request.input;
    if input.versioning_configuration.mfa_delete.as_ref().is_some_and(|mfa| mfa.as_str() == "Enabled") {
        return Err(not_served("deletion with multi-factor authentication"));
    }
    let status = input.versioning_configuration.status.map(|status| status.as_str().to_owned());
    match status.as_deref() {
        Some("Enabled" | "Suspended") => {}
        None => {
            return Err(custom(
                http::StatusCode::BAD_REQUEST,
                "IllegalVersioningConfigurationException",
                "The Versioning element must be specified",
            ));
        }
        Some(_) => {
            return Err(S3Error::with_message(
                S3ErrorCode::MalformedXML,
                "The XML you provided was not well-formed or did not validate against our published schema",
            ));
        }
    }
    configure(cloud, &input.bucket, Kind::Versioning, status.as_ref()).await?;
    Ok(PutBucketVersioningOutput::default())
}

pub(super) fn get_versioning(
    cloud: &Arc<Cloud>,
    input: &GetBucketVersioningInput,
) -> S3Result<GetBucketVersioningOutput> {
    let status = kept::<String>(cloud, &input.bucket, Kind::Versioning)?;
    Ok(GetBucketVersioningOutput { status: status.map(Into::into), ..Default::default() })
}

pub(super) async fn put_website(
    cloud: &Arc<Cloud>,
    request: S3Request<PutBucketWebsiteInput>,
) -> S3Result<PutBucketWebsiteOutput> {
    let input = request.input;
    configure(cloud, &input.bucket, Kind::Website, Some(&input.website_configuration)).await?;
    Ok(PutBucketWebsiteOutput::default())
}

pub(super) fn get_website(cloud: &Arc<Cloud>, input: &GetBucketWebsiteInput) -> S3Result<GetBucketWebsiteOutput> {
    let website: WebsiteConfiguration = kept(cloud, &input.bucket, Kind::Website)?.ok_or_else(|| {
        missing("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")
    })?;
    Ok(GetBucketWebsiteOutput {
        error_document: website.error_document,
        index_document: website.index_document,
        redirect_all_requests_to: website.redirect_all_requests_to,
        routing_rules: website.routing_rules,
    })
}

pub(super) async fn delete_website(
    cloud: &Arc<Cloud>,
    request: S3Request<DeleteBucketWebsiteInput>,
) -> S3Result<DeleteBucketWebsiteOutput> {
    forget(cloud, &request.input.bucket, Kind::Website).await?;
    Ok(DeleteBucketWebsiteOutput::default())
}
