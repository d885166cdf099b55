//! SDK configuration from what Lambda puts into the environment.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::SharedAsyncSleep;
use wiring::Environment;

/// Where a function runs, and in whose name.
#[derive(Debug, Clone)]
pub struct CloudSettings {
    /// Region of the function.
    pub region: String,
    /// Keys of its role.
    pub credentials: wiring::Credentials,
    /// Address of every service, where it is not AWS's own (`AWS_ENDPOINT_URL`).
    pub endpoint: Option<String>,
    /// Address of S3 alone (`AWS_ENDPOINT_URL_S3`), before [`Self::endpoint`].
    pub storage_endpoint: Option<String>,
}

impl CloudSettings {
    /// Reads `AWS_REGION`, the credentials, and the addresses of a local cloud.
    pub fn read(environment: &mut Environment<'_>) -> Self {
        Self {
            region: environment.region(),
            credentials: environment.credentials(),
            endpoint: environment.optional("AWS_ENDPOINT_URL"),
            storage_endpoint: environment.optional("AWS_ENDPOINT_URL_S3"),
        }
    }

    /// Address of S3, where it is not AWS's own. A bucket's name as a host cannot be resolved below it: a client takes
    /// `force_path_style` with it.
    #[must_use]
    pub fn storage(&self) -> Option<&str> {
        self.storage_endpoint.as_deref().or(self.endpoint.as_deref())
    }
}

/// The configuration for every SDK client of a function. Nothing but the settings is asked for credentials: further
/// sources would delay the start.
///
/// Defaults: 2 s to connect, 10 s to the first byte, 20 s for an attempt, three attempts.
#[must_use]
pub fn sdk_config(settings: &CloudSettings) -> SdkConfig {
    let keys = settings.credentials.clone();
    let credentials = Credentials::new(keys.access_key, keys.secret_key, keys.session_token, None, "environment");
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .read_timeout(Duration::from_secs(10))
        .operation_attempt_timeout(Duration::from_secs(20))
        .build();
    let addresses = [settings.storage(), settings.endpoint.as_deref()];
    // Roots of certificates are read only where TLS is spoken: that is most of a cold start.
    let plain_http =
        settings.endpoint.is_some() && addresses.iter().flatten().all(|address| address.starts_with("http://"));
    let http_client = if plain_http {
        Builder::new().build_http()
    } else {
        Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
    };
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts)
        .http_client(http_client);
    config.set_endpoint_url(settings.endpoint.clone());
    config.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> CloudSettings {
        let variable = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let mut environment = Environment::new(&variable);
        let settings = CloudSettings::read(&mut environment);
        environment.finish(Some(settings)).unwrap()
    }

    #[test]
    fn the_environment_decides_on_addresses() {
        let keys = [("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        let aws = settings(&keys);
        assert_eq!((aws.storage(), sdk_config(&aws).endpoint_url()), (None, None));
        assert_eq!(sdk_config(&aws).region().map(AsRef::as_ref), Some("eu-west-1"));

        let local = settings(&[&keys[..], &[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]].concat());
        assert_eq!(local.storage(), Some("http://127.0.0.1:1"));
        assert_eq!(sdk_config(&local).endpoint_url(), Some("http://127.0.0.1:1"));

        let both = settings(
            &[&keys[..], &[("AWS_ENDPOINT_URL", "http://127.0.0.1:1"), ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2")]]
                .concat(),
        );
        assert_eq!(both.storage(), Some("http://127.0.0.1:2"));
        assert_eq!(sdk_config(&both).endpoint_url(), Some("http://127.0.0.1:1"));
    }
}
