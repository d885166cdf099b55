//! All services together. A service reaches another one through this value only.

use std::path::PathBuf;
use std::sync::Arc;

use crate::acm::Acm;
use crate::apigateway::ApiGateway;
use crate::apigatewayv2::ApiGatewayV2;
use crate::cloudformation::CloudFormation;
use crate::cloudfront::CloudFront;
use crate::cloudwatch::CloudWatch;
use crate::code::Code;
use crate::cognito::Cognito;
use crate::dynamodb::DynamoDb;
use crate::ec2::Ec2;
use crate::ecr::Ecr;
use crate::ecs::Ecs;
use crate::error::LocalError;
use crate::events::Events;
use crate::execute_api::ExecuteApi;
use crate::iam::Iam;
use crate::kms::Kms;
use crate::lambda::Lambda;
use crate::logs::Logs;
use crate::mediaconvert::MediaConvert;
use crate::rds::Rds;
use crate::requests::Requests;
use crate::route53::Route53;
use crate::s3::S3;
use crate::scheduler::Scheduler;
use crate::secrets_manager::SecretsManager;
use crate::settings::{DEFAULT_ACCOUNT, Settings, Storage};
use crate::sns::Sns;
use crate::sqs::Sqs;
use crate::ssm::Ssm;

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
    pub(crate) acm: Acm,
    pub(crate) cloudformation: CloudFormation,
    pub(crate) cloudfront: CloudFront,
    pub(crate) dynamodb: DynamoDb,
    pub(crate) cloudwatch: CloudWatch,
    pub(crate) events: Events,
    pub(crate) code: Code,
    pub(crate) ec2: Ec2,
    pub(crate) ecr: Ecr,
    pub(crate) ecs: Ecs,
    pub(crate) apigateway: ApiGateway,
    pub(crate) apigatewayv2: ApiGatewayV2,
    pub(crate) execute_api: ExecuteApi,
    pub(crate) cognito: Cognito,
    pub(crate) iam: Iam,
    pub(crate) kms: Kms,
    pub(crate) lambda: Lambda,
    pub(crate) logs: Logs,
    pub(crate) mediaconvert: MediaConvert,
    pub(crate) rds: Rds,
    pub(crate) requests: Requests,
    pub(crate) route53: Route53,
    pub(crate) s3: S3,
    pub(crate) scheduler: Scheduler,
    pub(crate) secrets_manager: SecretsManager,
    pub(crate) sns: Sns,
    pub(crate) sqs: Sqs,
    pub(crate) ssm: Ssm,
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
        let cloudformation = CloudFormation::open(data_directory.as_deref(), &settings.faults)?;
        let iam = Iam::open(data_directory.as_deref())?.enforcing(settings.iam, cloudformation.declarations());
        Ok(Self {
            account: DEFAULT_ACCOUNT.to_owned(),
            region: settings.region.clone(),
            url,
            scratch,
            acm: Acm::open(data_directory.as_deref())?,
            cloudformation,
            cloudfront: CloudFront::open(data_directory.as_deref())?,
            cloudwatch: CloudWatch::open(data_directory.as_deref())?,
            code: Code::open(data_directory.as_deref())?,
            dynamodb: DynamoDb::open(data_directory.as_deref())?,
            ec2: Ec2::open(data_directory.as_deref())?,
            ecr: Ecr::open(data_directory.as_deref())?,
            ecs: Ecs::open(data_directory.as_deref())?,
            events: Events::open(data_directory.as_deref())?,
            apigateway: ApiGateway::open(data_directory.as_deref())?,
            apigatewayv2: ApiGatewayV2::open(data_directory.as_deref())?,
            execute_api: ExecuteApi::open(data_directory.as_deref())?,
            iam,
            kms: Kms::open(data_directory.as_deref())?,
            cognito: Cognito::open(data_directory.as_deref())?,
            lambda: Lambda::open(data_directory.as_deref())?,
            logs: Logs::open(data_directory.as_deref())?,
            mediaconvert: MediaConvert::open(data_directory.as_deref())?,
            rds: Rds::open(data_directory.as_deref())?,
            requests: Requests::default(),
            route53: Route53::open(data_directory.as_deref())?,
            s3: S3::open(data_directory.as_deref())?,
            scheduler: Scheduler::open(data_directory.as_deref())?,
            secrets_manager: SecretsManager::open(data_directory.as_deref())?,
            sns: Sns::open(data_directory.as_deref())?,
            sqs: Sqs::open(data_directory.as_deref())?,
            ssm: Ssm::open(data_directory.as_deref())?,
            data_directory,
        })
    }
    /// Goes on with what was under way: timers of what was kept, and services that work by themselves for others.
    pub(crate) fn resume(self: &Arc<Self>) {
        self.cloudwatch.resume(self);
        self.dynamodb.resume(self);
        Events::resume(self);
        Scheduler::resume(self);
        self.lambda.event_sources.resume(self);
        self.logs.resume(self);
        self.s3.resume(self);
    }
}
