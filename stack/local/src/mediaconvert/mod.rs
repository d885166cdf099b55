//! `MediaConvert`: queues, templates, presets, and jobs that `ffmpeg` of this machine does.
//!
//! `settings` reads what a job asks for, `transcode` turns it into calls of ffmpeg, `jobs` keeps and runs jobs, `events` tells
//! of their states.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::records::{Record, Records};
use crate::wire::ServiceError;

pub(crate) mod api;
mod events;
mod jobs;
mod overlay;
pub(crate) mod resources;
mod settings;
#[cfg(test)]
mod tests;
mod transcode;

/// Kinds of records.
const QUEUE: &str = "Queue";
const TEMPLATE: &str = "JobTemplate";
const PRESET: &str = "Preset";
const JOB: &str = "Job";

/// Jobs that run at the same time: ffmpeg takes all cores by itself.
const PARALLEL: usize = 1;

/// State of the service.
pub(crate) struct MediaConvert {
    records: Records,
    /// Jobs that wait or run, by id.
    running: Mutex<HashMap<String, AbortHandle>>,
    turns: Arc<Semaphore>,
}

impl MediaConvert {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self {
            records: Records::open(data_directory, "mediaconvert")?,
            running: Mutex::default(),
            turns: Arc::new(Semaphore::new(PARALLEL)),
        })
    }

    /// A queue, template or preset by name; the queue `Default` is always there.
    fn named(&self, cloud: &Cloud, region: &str, kind: &str, name: &str) -> Result<Record, ServiceError> {
        let name = name.rsplit('/').next().unwrap_or(name);
        if let Some(record) = self.records.get(region, kind, name) {
            return Ok(record);
        }
        if kind == QUEUE && name == "Default" {
            let properties = json!({"Name": name, "PricingPlan": "ON_DEMAND", "Status": "ACTIVE"});
            return Ok(Record::new(kind, name, region, &properties)
                .with("Arn", arn(cloud, region, kind, name))
                .with("Name", name));
        }
        Err(ServiceError::not_found("NotFoundException", format!("{} Not Found: {name}", title(kind))))
    }

    /// Makes a queue, template or preset from properties in the form of the template.
    fn create(
        &self,
        cloud: &Cloud,
        region: &str,
        kind: &str,
        properties: &Value,
        tags: BTreeMap<String, String>,
    ) -> Result<Record, ServiceError> {
        let name =
            properties["Name"].as_str().filter(|name| !name.is_empty()).ok_or_else(|| bad("name must be given"))?;
        self.check(cloud, region, kind, properties)?;
        let record = Record::new(kind, name, region, properties)
            .with("Arn", arn(cloud, region, kind, name))
            .with("Name", name)
            .tagged(tags);
        self.records.change(|table| {
            if table.get(region, kind, name).is_some() || (kind == QUEUE && name == "Default") {
                return Err(ServiceError::new(
                    http::StatusCode::CONFLICT,
                    "ConflictException",
                    format!("{} already exists: {name}", title(kind)),
                ));
            }
            table.put(record.clone());
            Ok(record)
        })
    }

    /// Writes a queue, template or preset anew.
    fn update(
        &self,
        cloud: &Cloud,
        before: &Record,
        properties: &Value,
        tags: BTreeMap<String, String>,
    ) -> Result<Record, ServiceError> {
        self.check(cloud, &before.region, &before.kind, properties)?;
        self.records.change(|table| {
            let record =
                table.get_mut(&before.region, &before.kind, &before.id).ok_or_else(|| bad("it was removed"))?;
            record.describe(properties, tags);
            Ok(record.clone())
        })
    }

    fn check(&self, cloud: &Cloud, region: &str, kind: &str, properties: &Value) -> Result<(), ServiceError> {
        match kind {
            QUEUE if properties["PricingPlan"] == "RESERVED" => {
                Err(bad("the local cloud has no reserved queues: leave `PricingPlan` at `ON_DEMAND`"))
            }
            TEMPLATE => {
                if let Some(queue) = properties["Queue"].as_str() {
                    self.named(cloud, region, QUEUE, queue)?;
                }
                if !properties["SettingsJson"].is_object() {
                    return Err(bad("a job template needs its settings"));
                }
                Ok(())
            }
            PRESET if !properties["SettingsJson"].is_object() => Err(bad("a preset needs its settings")),
            _ => Ok(()),
        }
    }

    /// Removes a queue without jobs that wait, a template or a preset.
    fn remove(&self, cloud: &Cloud, region: &str, kind: &str, name: &str) -> Result<(), ServiceError> {
        let record = self.named(cloud, region, kind, name)?;
        self.records.change(|table| {
            let waits = |job: &Record| {
                ["SUBMITTED", "PROGRESSING"].contains(&job.attribute("Status"))
                    && job.text("Queue") == record.attribute("Arn")
            };
            if kind == QUEUE && (record.id == "Default" || table.list(region, JOB).any(waits)) {
                return Err(ServiceError::new(
                    http::StatusCode::CONFLICT,
                    "ConflictException",
                    format!("the queue {} has jobs, or is the default queue", record.id),
                ));
            }
            table.remove(region, kind, &record.id);
            Ok(())
        })
    }

    /// `(ARN, tags)` of everything in a region.
    pub(crate) fn tagged(&self, region: &str) -> Vec<(String, BTreeMap<String, String>)> {
        self.records.tagged_arns(region, "Arn")
    }
}

fn arn(cloud: &Cloud, region: &str, kind: &str, name: &str) -> String {
    let part = match kind {
        QUEUE => "queues",
        TEMPLATE => "jobTemplates",
        PRESET => "presets",
        _ => "jobs",
    };
    format!("arn:aws:mediaconvert:{region}:{}:{part}/{name}", cloud.account)
}

fn title(kind: &str) -> &'static str {
    match kind {
        QUEUE => "Queue",
        TEMPLATE => "Job Template",
        PRESET => "Preset",
        _ => "Job",
    }
}

fn bad(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("BadRequestException", message)
}
