//! Wiring: the environment, an S3 client, the Lambda runtime.

use std::process::ExitCode;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_runtime::{LambdaEvent, service_fn};
use process_image::{Dependencies, Log, Settings, SettingsError, StandardOutput, handle};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok();
    let dependencies = match Settings::read(variable).and_then(|settings| connect(variable, settings)) {
        Ok(dependencies) => dependencies,
        Err(error) => {
            StandardOutput.error("incomplete-environment", json!({}), &error.to_string());
            return ExitCode::FAILURE;
        }
    };
    let dependencies = &dependencies;
    let serve = |event: LambdaEvent<Value>| async move { handle(event.payload, dependencies).await };
    match lambda_runtime::run(service_fn(serve)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            StandardOutput.error("runtime-api-failed", json!({}), &error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// An S3 client from what Lambda puts into the environment; asking further sources of credentials would delay the start.
fn connect(variable: impl Fn(&str) -> Option<String>, settings: Settings) -> Result<Dependencies, SettingsError> {
    let mut faults = Vec::new();
    let mut required = |name: &str| {
        variable(name).filter(|value| !value.is_empty()).unwrap_or_else(|| {
            faults.push(format!("{name} is missing (Lambda sets it)"));
            String::new()
        })
    };
    let region = required("AWS_REGION");
    let (access_key, secret_key) = (required("AWS_ACCESS_KEY_ID"), required("AWS_SECRET_ACCESS_KEY"));
    if !faults.is_empty() {
        return Err(SettingsError { faults });
    }
    let credentials = Credentials::new(access_key, secret_key, variable("AWS_SESSION_TOKEN"), None, "environment");
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .read_timeout(Duration::from_secs(10))
        .operation_attempt_timeout(Duration::from_secs(20))
        .build();
    let endpoint = variable("AWS_ENDPOINT_URL_S3").or_else(|| variable("AWS_ENDPOINT_URL"));
    let plain_http = endpoint.as_deref().is_some_and(|url| url.starts_with("http://"));
    let http_client = if plain_http {
        Builder::new().build_http()
    } else {
        Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
    };
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region))
        .credentials_provider(credentials)
        .timeout_config(timeouts)
        .http_client(http_client)
        // A bucket's name as a host cannot be resolved below an endpoint of one's own.
        .force_path_style(endpoint.is_some());
    let config = if let Some(url) = endpoint { config.endpoint_url(url) } else { config };
    Ok(Dependencies { s3: Client::from_conf(config.build()), settings, log: Box::new(StandardOutput) })
}
