//! Environments of the function, before one S3.

use std::sync::Arc;

use aws_sdk_s3::config::retry::RetryConfig;
use clients::{CloudSettings, sdk_config};
use function_testing::{Facts, Gate, GatedConnector, ManualClock, MemoryStorage};
use process_image::{Dependencies, Settings};
use wiring::{Credentials, Environment};

/// S3, and what stands before it.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) storage: MemoryStorage,
    pub(crate) gate: Gate,
}

impl World {
    /// A new environment of Lambda.
    pub(crate) fn environment(&self, number: usize) -> Arc<Dependencies> {
        let (gate, storage) = (self.gate.clone(), self.storage.clone());
        let connector = GatedConnector { environment: number, gate, storage, secret: String::new() };
        let settings = CloudSettings {
            region: "us-east-1".into(),
            credentials: Credentials { access_key: "AKID".into(), secret_key: "CANARY".into(), session_token: None },
            endpoint: Some(MemoryStorage::ENDPOINT.into()),
            storage_endpoint: None,
        };
        // It tries once: another attempt is the schedule's.
        let sdk = sdk_config(&settings).into_builder().http_client(connector.http_client());
        let sdk = sdk.retry_config(RetryConfig::disabled()).build();
        let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
        let variable = |name: &str| match name {
            "DEST_BUCKET" => Some("assets".to_owned()),
            "WIDTH" | "HEIGHT" => Some("8".to_owned()),
            _ => None,
        };
        Arc::new(Dependencies {
            s3: aws_sdk_s3::Client::from_conf(s3),
            distribution: None,
            settings: Settings::read(&mut Environment::new(&variable)),
            clock: Arc::new(ManualClock::at(1_795_832_645)),
            log: Box::new(Facts::default()),
        })
    }
}
