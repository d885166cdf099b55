//! All services together. A service reaches another one through this value only.

use std::path::PathBuf;

use crate::cloudformation::CloudFormation;
use crate::cloudfront::CloudFront;
use crate::cognito::Cognito;
use crate::error::LocalError;
use crate::iam::Iam;
use crate::lambda::Lambda;
use crate::logs::Logs;
use crate::s3::S3;
use crate::settings::{DEFAULT_ACCOUNT, Settings, Storage};
use crate::sns::Sns;

/// The services of one local cloud and what they share.
pub(crate) struct Cloud {
    /// Twelve-digit account id.
    pub(crate) account: String,
    /// Region of callers that name none.
    pub(crate) region: String,
    /// `http://127.0.0.1:PORT`, how child processes and pages reach this cloud.
    pub(crate) url: String,
    /// Where state is kept, absent when it is in memory only.
    pub(crate) data_directory: Option<PathBuf>,
    /// Unpacked functions, multipart parts and the like; removed when the cloud stops.
    pub(crate) scratch: tempfile::TempDir,
    pub(crate) cloudformation: CloudFormation,
    pub(crate) cloudfront: CloudFront,
    pub(crate) cognito: Cognito,
    pub(crate) iam: Iam,
    pub(crate) lambda: Lambda,
    pub(crate) logs: Logs,
    pub(crate) s3: S3,
    pub(crate) sns: Sns,
}

impl Cloud {
    /// Opens every service. `url` is known by then, because the listener is bound first.
    pub(crate) fn open(settings: &Settings, url: String) -> Result<Self, LocalError> {
        let data_directory = match &settings.storage {
            Storage::Memory => None,
            Storage::Directory(path) => {
                std::fs::create_dir_all(path)
                    .map_err(|source| LocalError::DataDirectory { path: path.clone(), source })?;
                Some(path.clone())
            }
        };
        let scratch = tempfile::Builder::new()
            .prefix("stack-local-")
            .tempdir()
            .map_err(|source| LocalError::DataDirectory { path: std::env::temp_dir(), source })?;
        let cloudformation = CloudFormation::open(data_directory.as_deref())?;
        let iam = Iam::open(data_directory.as_deref())?.enforcing(settings.iam, cloudformation.declarations());
        Ok(Self {
            account: DEFAULT_ACCOUNT.to_owned(),
            region: settings.region.clone(),
            url,
            scratch,
            cloudformation,
            cloudfront: CloudFront::open(data_directory.as_deref())?,
            cognito: Cognito::open(data_directory.as_deref())?,
            iam,
            lambda: Lambda::open(data_directory.as_deref())?,
            logs: Logs::open(data_directory.as_deref())?,
            s3: S3::open(data_directory.as_deref())?,
            sns: Sns::open(data_directory.as_deref())?,
            data_directory,
        })
    }
}
