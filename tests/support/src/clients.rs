//! Clients of the AWS SDK, pointed at one endpoint.

use aws_credential_types::Credentials;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// One client per service, for one endpoint and region, with the local cloud's fixed keys.
#[derive(Debug, Clone)]
pub struct Clients {
    /// S3, path style.
    pub s3: aws_sdk_s3::Client,
    /// CloudFormation.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// Lambda.
    pub lambda: aws_sdk_lambda::Client,
    /// CloudWatch Logs.
    pub logs: aws_sdk_cloudwatchlogs::Client,
}

impl Clients {
    /// Clients of `endpoint` in `region`.
    #[must_use]
    pub fn new(endpoint: &str, region: &str) -> Self {
        let http: SharedHttpClient = Builder::new().build_http();
        let keys = Credentials::new("test", "test", None, None, "tests");
        macro_rules! config {
            ($sdk:ident) => {
                $sdk::Config::builder()
                    .behavior_version($sdk::config::BehaviorVersion::latest())
                    .region($sdk::config::Region::new(region.to_owned()))
                    .endpoint_url(endpoint)
                    .credentials_provider(keys.clone())
                    .http_client(http.clone())
            };
        }
        Self {
            s3: aws_sdk_s3::Client::from_conf(config!(aws_sdk_s3).force_path_style(true).build()),
            cloudformation: aws_sdk_cloudformation::Client::from_conf(config!(aws_sdk_cloudformation).build()),
            lambda: aws_sdk_lambda::Client::from_conf(config!(aws_sdk_lambda).build()),
            logs: aws_sdk_cloudwatchlogs::Client::from_conf(config!(aws_sdk_cloudwatchlogs).build()),
        }
    }

    /// Writes lines, with their times in milliseconds since 1970, to a log stream that is made if it is not there.
    pub async fn write_log(&self, group: &str, lines: &[(i64, &str)]) {
        // They are there from the second time on.
        let _ = self.logs.create_log_group().log_group_name(group).send().await;
        let _ = self.logs.create_log_stream().log_group_name(group).log_stream_name("written").send().await;
        let mut call = self.logs.put_log_events().log_group_name(group).log_stream_name("written");
        for (timestamp, message) in lines {
            let event = InputLogEvent::builder().timestamp(*timestamp).message(*message).build();
            call = call.log_events(event.expect("an event"));
        }
        call.send().await.expect("PutLogEvents");
    }

    /// Names of the stacks that exist (deleted ones are not told), sorted.
    pub async fn stack_names(&self) -> Vec<String> {
        let answer = self.cloudformation.describe_stacks().send().await.expect("DescribeStacks");
        let mut names: Vec<String> = answer
            .stacks()
            .iter()
            .filter(|stack| stack.stack_status().is_none_or(|status| status.as_str() != "DELETE_COMPLETE"))
            .filter_map(|stack| stack.stack_name().map(str::to_owned))
            .collect();
        names.sort();
        names
    }

    /// Names of all buckets, sorted.
    pub async fn bucket_names(&self) -> Vec<String> {
        let answer = self.s3.list_buckets().send().await.expect("ListBuckets");
        let mut names: Vec<String> =
            answer.buckets().iter().filter_map(|bucket| bucket.name().map(str::to_owned)).collect();
        names.sort();
        names
    }

    /// Names of all functions, sorted.
    pub async fn function_names(&self) -> Vec<String> {
        let answer = self.lambda.list_functions().send().await.expect("ListFunctions");
        let mut names: Vec<String> =
            answer.functions().iter().filter_map(|function| function.function_name().map(str::to_owned)).collect();
        names.sort();
        names
    }
}
