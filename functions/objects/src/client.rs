//! The way to S3.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use clients::{CloudSettings, sdk_config};

/// The client of a function: S3 itself, or what answers in its place, where the name of a bucket is no host.
#[must_use]
pub fn client(cloud: &CloudSettings) -> Client {
    let mut config = Builder::from(&sdk_config(cloud)).force_path_style(cloud.storage().is_some());
    config.set_endpoint_url(cloud.storage().map(str::to_owned));
    Client::from_conf(config.build())
}
