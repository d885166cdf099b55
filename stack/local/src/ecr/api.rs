//! The wire format of ECR: JSON 1.1.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{REPOSITORY, refused, registry};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal};
use crate::records::{Record, epoch_seconds, now, random_hex};
use crate::wire::{JsonCall, Protocol, ServiceError};

/// Hours that a token is good for.
const TOKEN_LIFE: i64 = 12 * 3_600_000;

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let answered = JsonCall::read(cloud, request).await.and_then(|call| {
        let JsonCall { caller, region, operation, input } = call;
        Call { cloud, region, input }.answer(&caller, &operation)
    });
    Protocol::Json.json_answer(answered)
}

/// One request.
struct Call<'a> {
    cloud: &'a Cloud,
    region: String,
    input: Value,
}

/// `(member of the API, property of the template)` of what a request may set.
const SETTINGS: [(&str, &str); 2] =
    [("imageTagMutability", "ImageTagMutability"), ("encryptionConfiguration", "EncryptionConfiguration")];

impl Call<'_> {
    fn answer(&self, caller: &Principal, operation: &str) -> Result<Value, ServiceError> {
        let name = self.input["repositoryName"].as_str();
        let named = name.map(|name| format!("arn:aws:ecr:{}:{}:repository/{name}", self.region, self.cloud.account));
        let resource =
            self.input["resourceArn"].as_str().map(str::to_owned).or(named).unwrap_or_else(|| "*".to_owned());
        self.cloud.iam.authorize(caller, &Access::new(&format!("ecr:{operation}"), &resource))?;
        match operation {
            "CreateRepository" => {
                let tags = self.tags();
                let record = self.cloud.ecr.create(self.cloud, &self.region, &self.properties(), tags)?;
                Ok(json!({"repository": self.show(&record)}))
            }
            "DescribeRepositories" => self.describe(),
            "DeleteRepository" => {
                let record = self.cloud.ecr.remove(&self.region, self.name()?)?;
                Ok(json!({"repository": self.show(&record)}))
            }
            "GetAuthorizationToken" => {
                let token = STANDARD.encode(format!("AWS:{}", random_hex(32)));
                let endpoint = format!("https://{}", registry(self.cloud, &self.region));
                let data = json!({"authorizationToken": token, "expiresAt": epoch_seconds(now() + TOKEN_LIFE), "proxyEndpoint": endpoint});
                Ok(json!({"authorizationData": [data]}))
            }
            "GetLifecyclePolicy" | "PutLifecyclePolicy" | "DeleteLifecyclePolicy" => self.lifecycle(operation),
            "GetRepositoryPolicy" | "SetRepositoryPolicy" | "DeleteRepositoryPolicy" => self.policy(operation),
            "PutImageTagMutability" => {
                let given = self.properties();
                let record = self.cloud.ecr.change(&self.region, self.name()?, |record| {
                    record.properties.remove("ImageTagMutabilityExclusionFilters");
                    record.properties.extend(given.as_object().cloned().unwrap_or_default());
                })?;
                Ok(json!({
                    "registryId": self.cloud.account, "repositoryName": record.id,
                    "imageTagMutability": record.property("ImageTagMutability"),
                }))
            }
            "PutImageScanningConfiguration" => {
                let given = self.properties();
                let record = self.cloud.ecr.change(&self.region, self.name()?, |record| {
                    record.properties.extend(given.as_object().cloned().unwrap_or_default());
                })?;
                Ok(json!({
                    "registryId": self.cloud.account, "repositoryName": record.id,
                    "imageScanningConfiguration": self.input["imageScanningConfiguration"],
                }))
            }
            "ListImages" => self.repository().map(|_| json!({"imageIds": []})),
            "DescribeImages" => self.repository().map(|_| json!({"imageDetails": []})),
            "BatchGetImage" => self.repository().map(|_| json!({"images": [], "failures": self.not_found()})),
            "BatchDeleteImage" => self.repository().map(|_| json!({"imageIds": [], "failures": self.not_found()})),
            "InitiateLayerUpload"
            | "UploadLayerPart"
            | "CompleteLayerUpload"
            | "PutImage"
            | "BatchCheckLayerAvailability" => Err(refused(
                "InvalidParameterException",
                "the local cloud keeps no images: its repositories are recorded, and nothing can be pushed into them",
            )),
            "TagResource" | "UntagResource" | "ListTagsForResource" => self.tag(operation),
            other => Err(ServiceError::unknown_operation("ECR", other)),
        }
    }

    fn name(&self) -> Result<&str, ServiceError> {
        self.input["repositoryName"]
            .as_str()
            .ok_or_else(|| refused("InvalidParameterException", "repositoryName must be given"))
    }

    fn repository(&self) -> Result<Record, ServiceError> {
        self.cloud.ecr.repository(&self.region, self.name()?)
    }

    fn tags(&self) -> BTreeMap<String, String> {
        crate::wire::properties::tags(&json!({"Tags": self.input["tags"]}), &BTreeMap::new())
    }

    /// The body in the form of the template.
    fn properties(&self) -> Value {
        let mut properties = Map::new();
        if let Some(name) = self.input["repositoryName"].as_str() {
            properties.insert("RepositoryName".to_owned(), json!(name));
        }
        for (member, property) in SETTINGS {
            if let Some(value) = self.input.get(member) {
                properties.insert(property.to_owned(), crate::wire::members::pascal(value));
            }
        }
        if let Some(scans) = self.input["imageScanningConfiguration"]["scanOnPush"].as_bool() {
            properties.insert("ImageScanningConfiguration".to_owned(), json!({"ScanOnPush": scans}));
        }
        if let Some(filters) = self.input["imageTagMutabilityExclusionFilters"].as_array() {
            let filters = filters.iter().map(|filter| {
                json!({"ImageTagMutabilityExclusionFilterType": filter["filterType"], "ImageTagMutabilityExclusionFilterValue": filter["filter"]})
            });
            properties.insert("ImageTagMutabilityExclusionFilters".to_owned(), filters.collect());
        }
        Value::Object(properties)
    }

    fn not_found(&self) -> Value {
        let ids = self.input["imageIds"].as_array().map_or(&[][..], Vec::as_slice);
        ids.iter().map(|id| json!({"imageId": id, "failureCode": "ImageNotFound", "failureReason": "Requested image not found"})).collect()
    }

    fn describe(&self) -> Result<Value, ServiceError> {
        let names = self.input["repositoryNames"].as_array().map_or(&[][..], Vec::as_slice);
        let records = if names.is_empty() {
            self.cloud.ecr.records.list(&self.region, REPOSITORY)
        } else {
            let found =
                names.iter().filter_map(Value::as_str).map(|name| self.cloud.ecr.repository(&self.region, name));
            found.collect::<Result<_, _>>()?
        };
        let shown: Vec<Value> = records.iter().map(|record| self.show(record)).collect();
        Ok(json!({"repositories": shown}))
    }

    fn show(&self, record: &Record) -> Value {
        let encryption =
            record.properties.get("EncryptionConfiguration").cloned().unwrap_or(json!({"EncryptionType": "AES256"}));
        let scans = record.property("ImageScanningConfiguration")["ScanOnPush"].as_bool().unwrap_or(false);
        let mut shown = json!({
            "repositoryArn": record.attribute("Arn"), "registryId": self.cloud.account, "repositoryName": record.id,
            "repositoryUri": record.attribute("RepositoryUri"), "createdAt": epoch_seconds(record.created),
            "imageTagMutability": record.property("ImageTagMutability").as_str().unwrap_or("MUTABLE"),
            "imageScanningConfiguration": {"scanOnPush": scans},
            "encryptionConfiguration": crate::wire::members::camel(&encryption),
        });
        if let Some(filters) = record.property("ImageTagMutabilityExclusionFilters").as_array() {
            let filters = filters.iter().map(|filter| {
                json!({"filterType": filter["ImageTagMutabilityExclusionFilterType"], "filter": filter["ImageTagMutabilityExclusionFilterValue"]})
            });
            shown["imageTagMutabilityExclusionFilters"] = filters.collect();
        }
        shown
    }

    fn lifecycle(&self, operation: &str) -> Result<Value, ServiceError> {
        let before = self.repository()?;
        let text = before.property("LifecyclePolicy")["LifecyclePolicyText"].clone();
        let mut answer =
            json!({"registryId": self.cloud.account, "repositoryName": before.id, "lifecyclePolicyText": text});
        if operation == "PutLifecyclePolicy" {
            answer["lifecyclePolicyText"] = self.input["lifecyclePolicyText"].clone();
            let policy = json!({"LifecyclePolicyText": self.input["lifecyclePolicyText"]});
            self.cloud.ecr.change(&self.region, &before.id, |record| {
                record.properties.insert("LifecyclePolicy".to_owned(), policy);
            })?;
            return Ok(answer);
        }
        if text.is_null() {
            return Err(refused(
                "LifecyclePolicyNotFoundException",
                format!(
                    "Lifecycle policy does not exist for the repository with name '{}' in the registry with id '{}'",
                    before.id, self.cloud.account
                ),
            ));
        }
        if operation == "DeleteLifecyclePolicy" {
            self.cloud.ecr.change(&self.region, &before.id, |record| {
                record.properties.remove("LifecyclePolicy");
            })?;
        }
        Ok(answer)
    }

    fn policy(&self, operation: &str) -> Result<Value, ServiceError> {
        let before = self.repository()?;
        let text = match before.property("RepositoryPolicyText") {
            Value::Null => Value::Null,
            Value::String(text) => json!(text),
            document => json!(document.to_string()),
        };
        let mut answer = json!({"registryId": self.cloud.account, "repositoryName": before.id, "policyText": text});
        if operation == "SetRepositoryPolicy" {
            let given = self.input["policyText"].as_str().unwrap_or_default();
            let document: Value = serde_json::from_str(given).map_err(|error| {
                refused("InvalidParameterException", format!("Invalid repository policy provided: {error}"))
            })?;
            answer["policyText"] = json!(given);
            self.cloud.ecr.change(&self.region, &before.id, |record| {
                record.properties.insert("RepositoryPolicyText".to_owned(), document);
            })?;
            return Ok(answer);
        }
        if text.is_null() {
            return Err(refused(
                "RepositoryPolicyNotFoundException",
                format!(
                    "Repository policy does not exist for the repository with name '{}' in the registry with id '{}'",
                    before.id, self.cloud.account
                ),
            ));
        }
        if operation == "DeleteRepositoryPolicy" {
            self.cloud.ecr.change(&self.region, &before.id, |record| {
                record.properties.remove("RepositoryPolicyText");
            })?;
        }
        Ok(answer)
    }

    fn tag(&self, operation: &str) -> Result<Value, ServiceError> {
        let arn = self.input["resourceArn"].as_str().unwrap_or_default();
        let name = arn.split_once(":repository/").map(|(_, name)| name).unwrap_or_default();
        let keys: Vec<&str> =
            self.input["tagKeys"].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str).collect();
        let tags = self.tags();
        let record = self.cloud.ecr.change(&self.region, name, |record| match operation {
            "TagResource" => record.tags.extend(tags),
            "UntagResource" => record.tags.retain(|key, _| !keys.contains(&key.as_str())),
            _ => {}
        })?;
        if operation == "ListTagsForResource" {
            let list: Vec<Value> = record.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            return Ok(json!({"tags": list}));
        }
        Ok(json!({}))
    }
}
