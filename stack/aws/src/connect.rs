//! The way to AWS: region, credentials, endpoint, time limits, retries.

use std::net::IpAddr;
use std::time::Duration;

use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudformation::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, Connector, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::error::{AwsError, Result, failed};

/// Where to deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// AWS region (`eu-central-1`).
    pub region: String,
    /// Profile of the AWS configuration files; the default chain when absent. Unused when `local`.
    pub profile: Option<String>,
    /// Endpoint that serves every service, instead of AWS's own.
    pub endpoint_url: Option<String>,
    /// True for the local cloud: the fixed keys `test`/`test` are used and no credential source is asked.
    pub local: bool,
}

/// How long a call may take and how often it is tried.
///
/// The default suits AWS. Tests give milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Longest time to open a connection. Default 5 s.
    pub connect: Duration,
    /// Longest time to wait for the first byte of an answer. Default 60 s.
    pub read: Duration,
    /// Longest time of one try, its body included. Default 90 s; uploads have [`CallLimits::upload`].
    pub attempt: Duration,
    /// Longest time of a call over all its tries. Default 5 min.
    pub call: Duration,
    /// Longest time of one try of an upload. Default 15 min, as a zip may have 250 MB and a line may be slow.
    pub upload: Duration,
    /// Number of tries, the first included. Default 7.
    pub attempts: u32,
    /// Pause before the second try, doubled (with jitter) for each further one. Default 1 s.
    pub backoff: Duration,
    /// Longest pause between tries. Default 15 s.
    pub longest_backoff: Duration,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_mins(1),
            attempt: Duration::from_secs(90),
            call: Duration::from_mins(5),
            upload: Duration::from_mins(15),
            attempts: 7,
            backoff: Duration::from_secs(1),
            longest_backoff: Duration::from_secs(15),
        }
    }
}

/// Clients of the services that the deployer calls, all with the same region, credentials, limits and endpoint.
#[derive(Debug, Clone)]
pub struct Aws {
    pub(crate) cloudformation: aws_sdk_cloudformation::Client,
    pub(crate) cloudfront: aws_sdk_cloudfront::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) sts: aws_sdk_sts::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) limits: CallLimits,
    config: SdkConfig,
    target: Target,
}

impl Aws {
    /// Prepares the clients with the default [`CallLimits`].
    ///
    /// No call is made to AWS: credentials are looked up when the first call needs them. Profile files are read.
    ///
    /// # Errors
    /// None today; a target that cannot be used will be told here.
    pub async fn connect(target: &Target) -> Result<Self> {
        Self::connect_with(target, CallLimits::default()).await
    }

    /// [`Aws::connect`] with limits of one's own.
    ///
    /// # Errors
    /// As [`Aws::connect`].
    pub async fn connect_with(target: &Target, limits: CallLimits) -> Result<Self> {
        Ok(Self::of(sdk_config(target, limits).await, limits, target.clone()))
    }

    /// The same clients for another region: same credentials, same limits, same endpoint where one is given.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
        Self::of(config, self.limits, Target { region: region.to_owned(), ..self.target.clone() })
    }

    fn of(config: SdkConfig, limits: CallLimits, target: Target) -> Self {
        let s3 = aws_sdk_s3::config::Builder::from(&config)
            // One loopback port serves every bucket; virtual-host names would need DNS of their own.
            .force_path_style(target.endpoint_url.is_some())
            .build();
        Self {
            cloudformation: aws_sdk_cloudformation::Client::new(&config),
            cloudfront: aws_sdk_cloudfront::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sts: aws_sdk_sts::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            logs: aws_sdk_cloudwatchlogs::Client::new(&config),
            limits,
            config,
            target,
        }
    }

    /// What these clients point at.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Twelve-digit account id of the credentials (STS `GetCallerIdentity`).
    ///
    /// # Errors
    /// No or expired credentials, no connection.
    pub async fn account(&self) -> Result<String> {
        let identity = self.sts.get_caller_identity().send().await.map_err(failed("STS", "GetCallerIdentity"))?;
        identity.account.ok_or(AwsError::IncompleteAnswer {
            service: "STS",
            operation: "GetCallerIdentity",
            missing: "Account",
        })
    }

    /// True when the endpoint is on this machine, where asking often costs nothing.
    pub(crate) fn is_near(&self) -> bool {
        is_near(&self.target)
    }
}

fn is_near(target: &Target) -> bool {
    target.local || target.endpoint_url.as_deref().and_then(host_of).is_some_and(is_of_this_machine)
}

/// The host of a URL, without port and brackets.
fn host_of(url: &str) -> Option<&str> {
    let authority = url.split_once("://")?.1.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    match host.strip_prefix('[') {
        Some(address) => address.split(']').next(),
        None => host.split(':').next(),
    }
}

/// True for a loopback address, and for names that no other machine can have (RFC 6761).
fn is_of_this_machine(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        || host == "localhost"
        || host.ends_with(".localhost")
}

/// Connections by TLS, and through the proxy that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name; never to an endpoint on this
/// machine, which no proxy reaches.
fn http_client(target: &Target) -> SharedHttpClient {
    let is_near = is_near(target);
    Builder::new().build_with_connector_fn(move |settings, components| {
        let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let mut connector = Connector::builder().tls_provider(tls);
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config((!is_near).then(ProxyConfig::from_env));
        connector.build()
    })
}

/// The configuration that every client shares.
async fn sdk_config(target: &Target, limits: CallLimits) -> SdkConfig {
    let http_client = http_client(target);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(limits.connect)
        .read_timeout(limits.read)
        .operation_attempt_timeout(limits.attempt)
        .operation_timeout(limits.call)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(limits.attempts)
        .with_initial_backoff(limits.backoff)
        .with_max_backoff(limits.longest_backoff);
    let region = Region::new(target.region.clone());
    if target.local {
        // Not through the loader: it would read profiles and, without keys, ask the instance metadata service.
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region)
            .http_client(http_client)
            .timeout_config(timeouts)
            .retry_config(retries)
            .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(
                aws_smithy_async::rt::sleep::TokioSleep::new(),
            ))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "test",
                "test",
                None,
                None,
                "local-cloud",
            )));
        config.set_endpoint_url(target.endpoint_url.clone());
        return config.build();
    }
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .http_client(http_client)
        .timeout_config(timeouts)
        .retry_config(retries);
    if let Ok(name) = AppName::new("stack") {
        loader = loader.app_name(name);
    }
    if let Some(profile) = &target.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = &target.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    loader.load().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_near() {
        for near in [
            "http://127.0.0.1:4566",
            "http://[::1]:1/x",
            "https://localhost",
            "http://s3.localhost:4566",
            "http://127.9.9.9",
        ] {
            assert!(host_of(near).is_some_and(is_of_this_machine), "{near}");
        }
        for far in [
            "https://localhost.evil.example",
            "https://127.evil.example",
            "https://evil.example/://127.0.0.1",
            "https://localhost@evil.example",
            "https://sqs.eu-central-1.amazonaws.com",
            "127.0.0.1",
        ] {
            assert!(!host_of(far).is_some_and(is_of_this_machine), "{far}");
        }
    }
}
