//! Making, changing and removing functions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use super::code::{DIRECT_ZIP_LIMIT, check_zip, code_hash};
use super::function::{Configuration, Function, conflict, invalid, not_found, stale};
use super::runtimes::Runtime;
use super::{Lambda, Reference, settings};
use crate::cloud::Cloud;
use crate::persist::{lock, write_atomic};
use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, text};

/// A package that was checked and kept.
pub(super) struct Code {
    /// SHA-256 of the zip, hexadecimal.
    pub(super) hash: String,
    /// Bytes of the zip.
    pub(super) size: u64,
}

impl Lambda {
    /// Makes a function. `input` has the members of `CreateFunction`, `code` the ones of its `Code`.
    pub(super) async fn create(
        &self,
        cloud: &Arc<Cloud>,
        region: &str,
        name: &str,
        input: &Value,
        tags: BTreeMap<String, String>,
    ) -> Result<Function, ServiceError> {
        let mut latest = Configuration::create(name, region, &cloud.account, input)?;
        latest.layers = self.layer_uses(input)?.unwrap_or_default();
        let exists = || conflict(format!("Function already exist: {name}"));
        if self.configuration(name, None).is_some() {
            return Err(exists());
        }
        self.check_interpreter(&latest.runtime).await?;
        check_role(cloud, &latest.role)?;
        let zip = fetch_zip(cloud, input.get("Code").unwrap_or(&Value::Null)).await?;
        let _writing = self.code_files.lock().await;
        let code = keep(cloud, zip, checks(&latest)).await?;
        latest.code = code.hash;
        latest.code_size = code.size;
        self.functions.change(|functions| {
            if functions.contains_key(name) {
                return Err(exists());
            }
            let function = Function::new(latest, tags);
            functions.insert(name.to_owned(), function.clone());
            Ok(function)
        })
    }

    /// A function by name.
    pub(super) fn function(&self, cloud: &Cloud, name: &str) -> Result<Function, ServiceError> {
        let missing = || not_found(&Reference::of(name).arn(&cloud.region));
        self.functions.read(|functions| functions.get(name).cloned()).ok_or_else(missing)
    }

    /// All functions by name.
    pub(crate) fn all(&self) -> Vec<Function> {
        self.functions.read(|functions| functions.values().cloned().collect())
    }

    /// Whether there is a function of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.functions.read(|functions| functions.contains_key(name))
    }

    /// Changes what belongs to a function without making a new revision.
    pub(super) fn change<R>(
        &self,
        cloud: &Cloud,
        name: &str,
        change: impl FnOnce(&mut Function) -> Result<R, ServiceError>,
    ) -> Result<R, ServiceError> {
        let missing = || not_found(&Reference::of(name).arn(&cloud.region));
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
        let layers = self.layer_uses(input)?;
        if let Some(runtime) = text(input, "Runtime")
            && Runtime::parse(runtime).is_ok()
        {
            self.check_interpreter(runtime).await?;
        }
        let (old, new) = self.change(cloud, name, |function| {
            check_revision(&function.latest, input)?;
            let old = function.latest.revision.clone();
            function.latest.change(input)?;
            if let Some(layers) = layers {
                function.latest.layers = layers;
            }
            Ok((old, function.latest.clone()))
        })?;
        self.pool(name).retire(&old).await;
        Ok(new)
    }

    /// Replaces the code. Calls that run end in the old one, new calls run in the new one. With `DryRun` everything is
    /// checked and nothing changes.
    pub(super) async fn update_code(
        &self,
        cloud: &Arc<Cloud>,
        name: &str,
        input: &Value,
    ) -> Result<Configuration, ServiceError> {
        let current = self.function(cloud, name)?.latest;
        check_revision(&current, input)?;
        let architecture = match input.get("Architectures").and_then(Value::as_array) {
            Some(list) => settings::architecture(list)?,
            None => current.architecture.clone(),
        };
        let zip = fetch_zip(cloud, input).await?;
        if input.get("DryRun").and_then(as_flag) == Some(true) {
            checks(&current)(&zip)?;
            let (code, code_size) = (code_hash(&zip), zip.len() as u64);
            return Ok(Configuration { architecture, code, code_size, ..current });
        }
        let _writing = self.code_files.lock().await;
        let code = keep(cloud, zip, checks(&current)).await?;
        let (old, new) = self.change(cloud, name, |function| {
            check_revision(&function.latest, input)?;
            let old = function.latest.revision.clone();
            function.latest.code = code.hash;
            function.latest.code_size = code.size;
            function.latest.architecture = architecture;
            function.latest.touch();
            Ok((old, function.latest.clone()))
        })?;
        self.pool(name).retire(&old).await;
        self.remove_unused_code(cloud);
        Ok(new)
    }

    /// Removes a function, or one published version of it.
    pub(super) async fn delete(&self, cloud: &Arc<Cloud>, reference: &Reference) -> Result<(), ServiceError> {
        let name = &reference.name;
        match reference.qualifier.as_deref() {
            Some(super::LATEST) => {
                return Err(invalid("$LATEST version cannot be deleted without deleting the function."));
            }
            Some(_) if reference.alias().is_some() => {
                return Err(invalid("Deletion of aliases is not currently supported."));
            }
            Some(version) => self.delete_version(cloud, name, version).await?,
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

    /// Removes packages that no version of any function or layer has any more. The caller holds `code_files`.
    pub(super) fn remove_unused_code(&self, cloud: &Cloud) {
        let mut used: BTreeSet<String> = self.functions.read(|functions| {
            functions
                .values()
                .flat_map(|function| std::iter::once(&function.latest).chain(&function.versions))
                .flat_map(|version| {
                    std::iter::once(&version.code).chain(version.layers.iter().map(|layer| &layer.code))
                })
                .cloned()
                .collect()
        });
        let layers = self.all_layers();
        used.extend(layers.values().flat_map(|layer| &layer.versions).map(|version| version.code.clone()));
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

pub(super) fn check_revision(latest: &Configuration, input: &Value) -> Result<(), ServiceError> {
    if text(input, "RevisionId").is_some_and(|revision| revision != latest.revision) {
        return Err(stale("GetFunction/GetAlias"));
    }
    Ok(())
}

/// How the package of a function is checked. One with layers may have its `bootstrap` there.
fn checks(configuration: &Configuration) -> impl FnOnce(&[u8]) -> Result<(), ServiceError> + Send + use<> {
    let needs_bootstrap =
        Runtime::of(&configuration.runtime) == Some(Runtime::Custom) && configuration.layers.is_empty();
    move |zip| check_zip(zip, needs_bootstrap)
}

/// The zip that `S3Bucket` and `S3Key` or `ZipFile` name.
pub(super) async fn fetch_zip(cloud: &Cloud, code: &Value) -> Result<Bytes, ServiceError> {
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
    if let Some(version) = text(code, "S3ObjectVersion") {
        return Err(invalid(format!(
            "the local cloud takes the current version of a package, not `{version}`: leave S3ObjectVersion out"
        )));
    }
    let absent = |code: &str, message: &str| {
        Err(invalid(format!("Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}")))
    };
    match cloud.s3.object(bucket, key).await? {
        Some(object) => Ok(object.bytes),
        None if cloud.s3.list_bucket_names().iter().any(|name| name == bucket) => {
            absent("NoSuchKey", "The specified key does not exist.")
        }
        None => absent("NoSuchBucket", "The specified bucket does not exist"),
    }
}

/// Checks a zip and writes it to its file. The caller holds `code_files`.
pub(super) async fn keep(
    cloud: &Arc<Cloud>,
    zip: Bytes,
    check: impl FnOnce(&[u8]) -> Result<(), ServiceError> + Send + 'static,
) -> Result<Code, ServiceError> {
    let cloud = Arc::clone(cloud);
    let kept = tokio::task::spawn_blocking(move || {
        check(&zip)?;
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
