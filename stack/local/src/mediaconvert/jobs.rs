//! Jobs: made, run in turn, canceled, told of.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::overlay::lay_over;
use super::settings::read;
use super::{JOB, MediaConvert, PRESET, QUEUE, TEMPLATE, arn, bad, events};
use crate::cloud::Cloud;
use crate::persist::lock;
use crate::records::{Record, now, random_hex};
use crate::wire::ServiceError;
use crate::wire::members::pascal;

impl MediaConvert {
    /// Makes a job from the body of `CreateJob`; it runs when its turn comes.
    pub(super) fn create_job(&self, cloud: &Arc<Cloud>, region: &str, input: &Value) -> Result<Record, ServiceError> {
        let token = input["clientRequestToken"].as_str();
        let same = |job: &Record| token.is_some() && job.property("ClientRequestToken").as_str() == token;
        if let Some(known) = self.records.list(region, JOB).into_iter().find(same) {
            return Ok(known);
        }
        let role = input["role"].as_str().ok_or_else(|| bad("/role: is a required property"))?;
        let template = match input["jobTemplate"].as_str() {
            Some(name) => Some(self.named(cloud, region, TEMPLATE, name)?),
            None => None,
        };
        let from_template =
            |name: &str| template.as_ref().and_then(|template| template.property(name).as_str().map(str::to_owned));
        let queue = input["queue"]
            .as_str()
            .map(str::to_owned)
            .or_else(|| from_template("Queue"))
            .unwrap_or_else(|| "Default".to_owned());
        let queue = self.named(cloud, region, QUEUE, &queue)?;
        let own = pascal(&input["settings"]);
        let settings = match &template {
            Some(template) => lay_over(&pascal(template.property("SettingsJson")), &own),
            None => own,
        };
        let settings = self.with_presets(cloud, region, settings)?;
        // What cannot be done is refused at once, not when the job's turn comes.
        read(&settings)?;
        let id = format!("{}-{}", now(), random_hex(6));
        let mut properties = Map::new();
        for (name, value) in [
            ("Queue", json!(queue.attribute("Arn"))),
            ("Role", json!(role)),
            ("Settings", settings),
            ("UserMetadata", input["userMetadata"].clone()),
            ("ClientRequestToken", input["clientRequestToken"].clone()),
            ("Priority", input["priority"].clone()),
            ("JobTemplate", json!(template.as_ref().map(|template| template.attribute("Arn")))),
        ] {
            if !value.is_null() {
                properties.insert(name.to_owned(), value);
            }
        }
        let tags = input["tags"].as_object().cloned().unwrap_or_default();
        let tags = tags.into_iter().filter_map(|(key, value)| Some((key, value.as_str()?.to_owned()))).collect();
        let job = Record::new(JOB, &id, region, &Value::Object(properties))
            .with("Arn", arn(cloud, region, JOB, &id))
            .with("Status", "SUBMITTED")
            .tagged(tags);
        self.records.change(|table| {
            table.put(job.clone());
            Ok(())
        })?;
        if queue.text("Status") != "PAUSED" {
            self.enqueue(cloud, &job);
        }
        Ok(job)
    }

    /// The settings with those of presets under the outputs that name one.
    fn with_presets(&self, cloud: &Cloud, region: &str, mut settings: Value) -> Result<Value, ServiceError> {
        let groups = settings["OutputGroups"].as_array_mut().map_or(&mut [][..], Vec::as_mut_slice);
        for output in groups.iter_mut().filter_map(|group| group["Outputs"].as_array_mut()).flatten() {
            if let Some(name) = output["Preset"].as_str() {
                let preset = self.named(cloud, region, PRESET, name).map_err(|error| match name {
                    name if name.starts_with("System-") => {
                        bad(format!("the local cloud does not have AWS's own presets (`{name}`): make one of your own"))
                    }
                    _ => error,
                })?;
                *output = lay_over(&pascal(preset.property("SettingsJson")), output);
            }
        }
        Ok(settings)
    }

    /// Lets a job wait for its turn.
    pub(super) fn enqueue(&self, cloud: &Arc<Cloud>, job: &Record) {
        let (cloud, turns, id, region) =
            (Arc::clone(cloud), Arc::clone(&self.turns), job.id.clone(), job.region.clone());
        let task = tokio::spawn({
            let id = id.clone();
            async move {
                let Ok(_turn) = turns.acquire_owned().await else { return };
                cloud.mediaconvert.run(&cloud, &region, &id).await;
                lock(&cloud.mediaconvert.running).remove(&id);
            }
        });
        // A job that has ended by now leaves an entry that does no harm.
        lock(&self.running).insert(id, task.abort_handle());
    }

    /// Runs the jobs that an earlier process left behind, from their beginning.
    pub(crate) fn resume(&self, cloud: &Arc<Cloud>) {
        let waiting: Vec<Record> = self.records.read(|table| {
            let unfinished =
                |job: &&Record| job.kind == JOB && ["SUBMITTED", "PROGRESSING"].contains(&job.attribute("Status"));
            table.all().filter(unfinished).cloned().collect()
        });
        for job in waiting {
            self.enqueue(cloud, &job);
        }
    }

    async fn run(&self, cloud: &Arc<Cloud>, region: &str, id: &str) {
        let Some(job) = self.set(cloud, region, id, &[("Status", json!("PROGRESSING")), ("StartTime", json!(now()))])
        else {
            return;
        };
        let done = match read(job.property("Settings")) {
            Ok(work) => super::transcode::transcode(cloud, job.text("Role"), job.text("Queue"), &work).await,
            Err(error) => Err(super::transcode::Failure { code: 1010, message: error.message }),
        };
        match done {
            Ok(details) => {
                let changes =
                    [("Status", json!("COMPLETE")), ("OutputGroupDetails", details), ("FinishTime", json!(now()))];
                self.set(cloud, region, id, &changes);
            }
            Err(failure) => {
                let changes = [
                    ("Status", json!("ERROR")),
                    ("ErrorCode", json!(failure.code)),
                    ("ErrorMessage", json!(failure.message)),
                    ("FinishTime", json!(now())),
                ];
                self.set(cloud, region, id, &changes);
            }
        }
    }

    /// Changes a job that has not ended, and tells of it.
    fn set(&self, cloud: &Arc<Cloud>, region: &str, id: &str, changes: &[(&str, Value)]) -> Option<Record> {
        let written = self.records.change(|table| {
            let job = table
                .get_mut(region, JOB, id)
                .filter(|job| ["SUBMITTED", "PROGRESSING"].contains(&job.attribute("Status")));
            let job = job.ok_or_else(|| bad("the job has ended"))?;
            for (name, value) in changes {
                job.attributes.insert((*name).to_owned(), value.clone());
            }
            Ok(job.clone())
        });
        let job = written.ok()?;
        events::announce(cloud, &job);
        Some(job)
    }

    /// A job by id.
    pub(super) fn job(&self, region: &str, id: &str) -> Result<Record, ServiceError> {
        self.records
            .get(region, JOB, id)
            .ok_or_else(|| ServiceError::not_found("NotFoundException", format!("Job Not Found: {id}")))
    }

    /// Ends a job that has not ended.
    pub(super) fn cancel(&self, cloud: &Arc<Cloud>, region: &str, id: &str) -> Result<(), ServiceError> {
        self.job(region, id)?;
        let changes = [("Status", json!("CANCELED")), ("FinishTime", json!(now()))];
        if self.set(cloud, region, id, &changes).is_none() {
            return Err(ServiceError::new(
                http::StatusCode::CONFLICT,
                "ConflictException",
                format!("Job {id} has ended and cannot be canceled"),
            ));
        }
        if let Some(task) = lock(&self.running).remove(id) {
            task.abort();
        }
        Ok(())
    }

    /// Starts the jobs that waited for a queue to be active again.
    pub(super) fn start_waiting(&self, cloud: &Arc<Cloud>, queue: &Record) {
        if queue.text("Status") == "PAUSED" {
            return;
        }
        for job in self.records.list(&queue.region, JOB) {
            let waits = job.attribute("Status") == "SUBMITTED" && job.text("Queue") == queue.attribute("Arn");
            if waits && !lock(&self.running).contains_key(&job.id) {
                self.enqueue(cloud, &job);
            }
        }
    }
}
