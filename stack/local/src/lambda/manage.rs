//! Making, changing and removing functions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use super::code::{DIRECT_ZIP_LIMIT, check_zip, code_hash};
use super::function::{Configuration, Function, invalid, not_found};
use super::{Lambda, Reference};
use crate::cloud::Cloud;
use crate::persist::{lock, write_atomic};
use crate::wire::ServiceError;
use crate::wire::properties::text;

/// A package that was checked and kept.
struct Code {
    hash: String,
    size: u64,
}

impl Lambda {
    /// Makes a function. `input` has the members of `CreateFunction`, `code` the ones of its `Code`.
    pub(super) async fn create(
        &self,
        cloud: &Arc<Cloud>,
        name: &str,
        input: &Value,
        tags: BTreeMap<String, String>,
    ) -> Result<Function, ServiceError> {
        let mut latest = Configuration::create(name, &cloud.region, &cloud.account, input)?;
        let exists = || {
            ServiceError::new(
                StatusCode::CONFLICT,
                "ResourceConflictException",
                format!("Function already exist: {name}"),
            )
        };
        if self.configuration(name, None).is_some() {
            return Err(exists());
        }
        check_role(cloud, &latest.role)?;
        let zip = fetch_zip(cloud, input.get("Code").unwrap_or(&Value::Null)).await?;
        let _writing = self.code_files.lock().await;
        let code = keep(cloud, zip).await?;
        latest.code = code.hash;
        latest.code_size = code.size;
        self.functions.change(|functions| {
            if functions.contains_key(name) {
                return Err(exists());
            }
            let function = Function {
                latest,
                versions: Vec::new(),
                last_version: 0,
                policy: Vec::new(),
                event_invoke_config: None,
                reserved_concurrency: None,
                tags,
            };
            functions.insert(name.to_owned(), function.clone());
            Ok(function)
        })
    }

    /// A function by name.
    pub(super) fn function(&self, cloud: &Cloud, name: &str) -> Result<Function, ServiceError> {
        let missing = || not_found(&Reference { name: name.to_owned(), version: None }.arn(&cloud.region));
        self.functions.read(|functions| functions.get(name).cloned()).ok_or_else(missing)
    }

    /// All functions by name.
    pub(crate) fn all(&self) -> Vec<Function> {
        self.functions.read(|functions| functions.values().cloned().collect())
    }

    /// Changes what belongs to a function without making a new revision.
    pub(super) fn change<R>(
        &self,
        cloud: &Cloud,
        name: &str,
        change: impl FnOnce(&mut Function) -> Result<R, ServiceError>,
    ) -> Result<R, ServiceError> {
        let missing = || not_found(&Reference { name: name.to_owned(), version: None }.arn(&cloud.region));
        self.functions.change(|functions| change(functions.get_mut(name).ok_or_else(missing)?))
    }

    /// Changes settings. New calls run with the new ones.
    pub(super) async fn update_configuration(
        &self,
        cloud: &Arc<Cloud>,
        name: &str,
        input: &Value,
    ) -> Result<Configuration, ServiceError> {
        if let Some(role) = text(input, "Role") {
            check_role(cloud, role)?;
        }
        let (old, new) = self.change(cloud, name, |function| {
            check_revision(&function.latest, input)?;
            let old = function.latest.revision.clone();
            function.latest.change(input)?;
            Ok((old, function.latest.clone()))
        })?;
        self.pool(name).retire(&old).await;
        Ok(new)
    }

    /// Replaces the code. Calls that run end in the old one, new calls run in the new one.
    pub(super) async fn update_code(
        &self,
        cloud: &Arc<Cloud>,
        name: &str,
        input: &Value,
    ) -> Result<Configuration, ServiceError> {
        self.function(cloud, name)?;
        let zip = fetch_zip(cloud, input).await?;
        let _writing = self.code_files.lock().await;
        let code = keep(cloud, zip).await?;
        let (old, new) = self.change(cloud, name, |function| {
            check_revision(&function.latest, input)?;
            let old = function.latest.revision.clone();
            function.latest.code = code.hash;
            function.latest.code_size = code.size;
            function.latest.touch();
            Ok((old, function.latest.clone()))
        })?;
        self.pool(name).retire(&old).await;
        self.remove_unused_code(cloud);
        Ok(new)
    }

    /// Freezes settings and code under the next number; nothing new since the last version gives that one.
    pub(super) fn publish(&self, cloud: &Cloud, name: &str, input: &Value) -> Result<Configuration, ServiceError> {
        self.change(cloud, name, |function| {
            check_revision(&function.latest, input)?;
            if let Some(last) = function.versions.last()
                && last.code == function.latest.code
                && last.modified >= function.latest.modified
            {
                return Ok(last.clone());
            }
            function.last_version += 1;
            let mut version = function.latest.clone();
            version.touch();
            version.version = function.last_version.to_string();
            if let Some(description) = text(input, "Description") {
                description.clone_into(&mut version.description);
            }
            function.versions.push(version.clone());
            Ok(version)
        })
    }

    /// Removes a function, or one published version of it.
    pub(super) async fn delete(&self, cloud: &Arc<Cloud>, reference: &Reference) -> Result<(), ServiceError> {
        let name = &reference.name;
        match reference.version.as_deref() {
            Some(super::LATEST) => {
                return Err(invalid("$LATEST version cannot be deleted without deleting the function."));
            }
            Some(version) => {
                let retired = self.change(cloud, name, |function| {
                    let at = function.versions.iter().position(|one| one.version == version);
                    let at = at.ok_or_else(|| not_found(&reference.arn(&cloud.region)))?;
                    Ok(function.versions.remove(at).revision)
                })?;
                self.pool(name).retire(&retired).await;
            }
            None => {
                self.functions.change(|functions| {
                    functions.remove(name).map(drop).ok_or_else(|| not_found(&reference.arn(&cloud.region)))
                })?;
                let pool = lock(&self.pools).remove(name);
                if let Some(pool) = pool {
                    pool.end_all().await;
                }
            }
        }
        let _writing = self.code_files.lock().await;
        self.remove_unused_code(cloud);
        Ok(())
    }

    /// Removes packages that no version of any function has any more.
    fn remove_unused_code(&self, cloud: &Cloud) {
        let used: BTreeSet<String> = self.functions.read(|functions| {
            functions
                .values()
                .flat_map(|function| std::iter::once(&function.latest).chain(&function.versions))
                .map(|version| version.code.clone())
                .collect()
        });
        let directory = Self::code_file(cloud, "any");
        let Some(Ok(files)) = directory.parent().map(std::fs::read_dir) else { return };
        for file in files.flatten() {
            let name = file.file_name();
            let unused =
                name.to_str().and_then(|name| name.strip_suffix(".zip")).is_some_and(|code| !used.contains(code));
            if unused && let Err(error) = std::fs::remove_file(file.path()) {
                tracing::debug!(%error, "an unused package could not be removed");
            }
        }
    }
}

/// Refuses a role that does not let Lambda in.
fn check_role(cloud: &Cloud, role: &str) -> Result<(), ServiceError> {
    if cloud.iam.is_assumable_by(role, "lambda.amazonaws.com") {
        return Ok(());
    }
    Err(invalid("The role defined for the function cannot be assumed by Lambda."))
}

fn check_revision(latest: &Configuration, input: &Value) -> Result<(), ServiceError> {
    if text(input, "RevisionId").is_some_and(|revision| revision != latest.revision) {
        return Err(ServiceError::new(
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
        ));
    }
    Ok(())
}

/// The zip that `S3Bucket` and `S3Key` or `ZipFile` name.
async fn fetch_zip(cloud: &Cloud, code: &Value) -> Result<Bytes, ServiceError> {
    if code.get("ImageUri").is_some() {
        return Err(invalid("the local cloud does not run container images: package the function as a zip"));
    }
    if let Some(encoded) = text(code, "ZipFile") {
        let zip = STANDARD
            .decode(encoded)
            .map_err(|_| invalid("Could not unzip uploaded file. Please check your file, then try to upload again."))?;
        if zip.len() > DIRECT_ZIP_LIMIT {
            return Err(ServiceError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLargeException",
                format!("Zipped size must be smaller than {DIRECT_ZIP_LIMIT} bytes"),
            ));
        }
        return Ok(zip.into());
    }
    let (Some(bucket), Some(key)) = (text(code, "S3Bucket"), text(code, "S3Key")) else {
        return Err(invalid("Please provide a source for function code."));
    };
    match cloud.s3.object(bucket, key).await? {
        Some(object) => Ok(object.bytes),
        None => Err(invalid(
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
        )),
    }
}

/// Checks a zip and writes it to its file. The caller holds `code_files`.
async fn keep(cloud: &Arc<Cloud>, zip: Bytes) -> Result<Code, ServiceError> {
    let cloud = Arc::clone(cloud);
    let kept = tokio::task::spawn_blocking(move || {
        check_zip(&zip)?;
        let hash = code_hash(&zip);
        let file = Lambda::code_file(&cloud, &hash);
        let failed =
            |error: std::io::Error| ServiceError::internal(format!("cannot write `{}`: {error}", file.display()));
        if let Some(directory) = file.parent() {
            std::fs::create_dir_all(directory).map_err(failed)?;
        }
        if !file.is_file() {
            write_atomic(&file, &zip).map_err(failed)?;
        }
        Ok(Code { hash, size: zip.len() as u64 })
    });
    kept.await.unwrap_or_else(|error| Err(ServiceError::internal(format!("cannot keep the code: {error}"))))
}
