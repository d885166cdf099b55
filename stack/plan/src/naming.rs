//! Names of everything in one environment: logical ids, physical names, and what expressions see of them.

use serde_json::{Map, Value, json};

use crate::construct::{Declared, Kind};
use crate::deferred;
use crate::names::{
    self, BUCKET_NAME, FUNCTION_NAME, ORIGIN_ACCESS_CONTROL_NAME, STACK_NAME, TOPIC_NAME, logical_id, physical,
};
use crate::project::Project;
use crate::settings::Settings;

/// Names of one environment.
pub(crate) struct Naming {
    pub(crate) stack_name: String,
    /// `<stack>-<suffix>` before every name.
    base: String,
    region: String,
    account: String,
    partition: &'static str,
    service_domain: &'static str,
}

impl Naming {
    pub(crate) fn new(project: &Project, settings: &Settings) -> Self {
        let base = names::join(&[&project.name, &settings.environment.suffix]);
        Self {
            stack_name: physical(&base, "", STACK_NAME),
            base,
            region: settings.region.clone(),
            account: settings.account.clone(),
            partition: settings.partition(),
            service_domain: settings.service_domain(),
        }
    }

    pub(crate) fn bucket_id(name: &str) -> String {
        logical_id(name, "Bucket")
    }

    pub(crate) fn function_id(name: &str) -> String {
        logical_id(name, "Function")
    }

    pub(crate) fn topic_id(name: &str) -> String {
        logical_id(name, "Topic")
    }

    pub(crate) fn distribution_id(name: &str) -> String {
        logical_id(name, "Distribution")
    }

    /// Template parameter with the key of a function's code.
    pub(crate) fn code_key_id(name: &str) -> String {
        logical_id(name, "CodeKey")
    }

    /// Bucket names are global: account and region make them ours.
    pub(crate) fn bucket(&self, name: &str) -> String {
        let tail = names::join(&[&self.account, &self.region]);
        physical(&names::join(&[&self.base, name]), &tail, BUCKET_NAME)
    }

    pub(crate) fn bucket_arn(&self, name: &str) -> String {
        format!("arn:{}:s3:::{}", self.partition, self.bucket(name))
    }

    /// Regional domain name of a bucket.
    pub(crate) fn bucket_domain(&self, name: &str) -> String {
        format!("{}.s3.{}.{}", self.bucket(name), self.region, self.service_domain)
    }

    pub(crate) fn function(&self, name: &str) -> String {
        physical(&names::join(&[&self.base, name]), "", FUNCTION_NAME)
    }

    pub(crate) fn function_arn(&self, name: &str) -> String {
        format!("arn:{}:lambda:{}:{}:function:{}", self.partition, self.region, self.account, self.function(name))
    }

    pub(crate) fn log_group(&self, function: &str) -> String {
        format!("/aws/lambda/{}", self.function(function))
    }

    pub(crate) fn topic(&self, name: &str) -> String {
        physical(&names::join(&[&self.base, name]), "", TOPIC_NAME)
    }

    pub(crate) fn topic_arn(&self, name: &str) -> String {
        format!("arn:{}:sns:{}:{}:{}", self.partition, self.region, self.account, self.topic(name))
    }

    /// Origin access controls are global to the account, so the region is part of the name.
    pub(crate) fn origin_access_control(&self, distribution: &str) -> String {
        physical(&names::join(&[&self.base, distribution]), &self.region, ORIGIN_ACCESS_CONTROL_NAME)
    }

    /// ARN of a distribution, whose id only AWS knows.
    pub(crate) fn distribution_arn(name: &str) -> String {
        format!(
            "arn:{}:cloudfront::{}:distribution/{}",
            deferred::reference("AWS::Partition"),
            deferred::reference("AWS::AccountId"),
            deferred::reference(&Self::distribution_id(name))
        )
    }

    /// What expressions see of every construct: `bucket.assets.name` and the like.
    pub(crate) fn attributes(&self, declared: &Declared) -> Map<String, Value> {
        let attributes = |kind: Kind, name: &str| match kind {
            Kind::Bucket => json!({
                "name": self.bucket(name),
                "arn": self.bucket_arn(name),
                "domain": self.bucket_domain(name),
            }),
            Kind::Distribution => {
                let domain = deferred::attribute(&Self::distribution_id(name), "DomainName");
                json!({
                    "id": deferred::reference(&Self::distribution_id(name)),
                    "arn": Self::distribution_arn(name),
                    "url": format!("https://{domain}"),
                    "domain": domain,
                })
            }
            Kind::Function => json!({ "name": self.function(name), "arn": self.function_arn(name) }),
            Kind::Topic => json!({ "name": self.topic(name), "arn": self.topic_arn(name) }),
        };
        let of_kind = |kind: Kind| {
            let members = declared.names(kind).iter().map(|name| (name.clone(), attributes(kind, name)));
            (kind.word().to_owned(), Value::Object(members.collect()))
        };
        Kind::ALL.into_iter().map(of_kind).collect()
    }
}
