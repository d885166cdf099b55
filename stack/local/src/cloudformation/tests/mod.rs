//! The engine through its wire format: requests in, XML out, with a resource type that fails where it is told to.

mod apis;
mod change_sets;
mod creation;
mod custom;
mod deletion;
mod drift;
mod drift_of_data;
mod exports;
mod faults;
mod imports;
mod nested;
mod notifications;
mod persistence;
mod protection;
mod requests;
mod revert_drift;
mod rollback_triggers;
mod services;
mod systems;
mod updates;
mod user_pools;
mod validation;

use std::sync::Arc;

use http_body_util::BodyExt as _;

use super::api::respond;
use super::status::StackStatus;
use crate::cloud::Cloud;
use crate::settings::{Settings, Storage};
use crate::wire::Form;

/// A local cloud without a listener.
struct World {
    cloud: Arc<Cloud>,
}

/// An answer: status code and body.
#[derive(Debug)]
struct Answered {
    status: u16,
    body: String,
}

impl World {
    fn new() -> Self {
        Self::with(Storage::Memory)
    }

    fn with(storage: Storage) -> Self {
        let settings = Settings { storage, ..Settings::default() };
        Self { cloud: Arc::new(Cloud::open(&settings, "http://127.0.0.1:4566".to_owned()).unwrap()) }
    }

    async fn call(&self, action: &str, fields: &[(&str, &str)]) -> Answered {
        let encode =
            |text: &str| {
                text.bytes()
                    .map(|byte| {
                        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
                    })
                    .collect::<String>()
            };
        let mut form = format!("Action={action}");
        for (name, value) in fields {
            form = format!("{form}&{}={}", encode(name), encode(value));
        }
        let response = respond(&self.cloud, "eu-central-1".to_owned(), Form::parse(&form).unwrap()).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answered { status, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// The answer of a request that must succeed.
    async fn ok(&self, action: &str, fields: &[(&str, &str)]) -> Answered {
        let answered = self.call(action, fields).await;
        assert_eq!(answered.status, 200, "{action}: {}", answered.body);
        answered
    }

    /// `Code: Message` of a request that must be refused.
    async fn refused(&self, action: &str, fields: &[(&str, &str)]) -> String {
        let answered = self.call(action, fields).await;
        assert!((400..500).contains(&answered.status), "{action}: {}", answered.body);
        format!("{}: {}", answered.field("Code"), answered.field("Message"))
    }

    /// Waits until nothing runs.
    async fn settle(&self) {
        while self.cloud.cloudformation.store.read(|state| !state.running.is_empty()) {
            tokio::task::yield_now().await;
        }
    }

    async fn create(&self, template: &str) -> String {
        self.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", template)]).await;
        self.settle().await;
        self.status("s").await
    }

    async fn update(&self, template: &str) -> String {
        self.ok("UpdateStack", &[("StackName", "s"), ("TemplateBody", template)]).await;
        self.settle().await;
        self.status("s").await
    }

    async fn status(&self, stack: &str) -> String {
        self.ok("DescribeStacks", &[("StackName", stack)]).await.field("StackStatus")
    }

    /// `Logical STATUS reason` of every event, oldest first; random parts are taken out.
    fn events(&self) -> Vec<String> {
        self.cloud.cloudformation.store.read(|state| {
            let stack = state.stacks.values().next_back().unwrap();
            let line = |event: &super::model::StackEvent| {
                let reason = event.reason.clone().unwrap_or_default();
                let reason = match reason.find("RequestToken: ") {
                    Some(at) => format!("{}RequestToken: X{}", &reason[..at], &reason[at + 50..]),
                    None => reason,
                };
                format!("{} {} {reason}", event.logical_id, event.status).trim_end().to_owned()
            };
            stack.events.iter().map(line).collect()
        })
    }

    /// Physical ids of the things that exist, sorted.
    fn things(&self) -> Vec<String> {
        self.cloud.cloudformation.things.existing.lock().unwrap().keys().cloned().collect()
    }

    /// The properties of a thing.
    fn value(&self, physical_id: &str) -> String {
        let existing = self.cloud.cloudformation.things.existing.lock().unwrap();
        existing[physical_id]["Value"].as_str().unwrap_or_default().to_owned()
    }

    fn fail(&self, call: &str) {
        self.cloud.cloudformation.things.faults.lock().unwrap().insert(call.to_owned());
    }

    fn heal(&self) {
        self.cloud.cloudformation.things.faults.lock().unwrap().clear();
    }

    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.cloud.cloudformation.things.calls.lock().unwrap())
    }
}

impl Answered {
    /// Text of the first element of this name, empty when there is none.
    fn field(&self, name: &str) -> String {
        self.fields(name).into_iter().next().unwrap_or_default()
    }

    /// Texts of all elements of this name.
    fn fields(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let texts = self.body.split(&open).skip(1).filter_map(|rest| rest.split(&close).next());
        texts
            .map(|text| text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
            .collect()
    }
}

/// A template of things: `(logical id, properties and the like as flow YAML)`.
fn things(resources: &[(&str, &str)]) -> String {
    let mut template = "Resources:\n".to_owned();
    for (id, rest) in resources {
        template = format!(
            "{template}  {id}: {{Type: 'Test::Fault::Thing'{}{rest}}}\n",
            if rest.is_empty() { "" } else { ", " }
        );
    }
    template
}

#[test]
fn every_in_progress_state_has_an_end_when_cut_off() {
    for status in [
        StackStatus::CreateInProgress,
        StackStatus::RollbackInProgress,
        StackStatus::UpdateInProgress,
        StackStatus::UpdateCompleteCleanupInProgress,
        StackStatus::UpdateRollbackInProgress,
        StackStatus::UpdateRollbackCompleteCleanupInProgress,
        StackStatus::DeleteInProgress,
    ] {
        assert!(!status.cut_off().unwrap().as_str().ends_with("IN_PROGRESS"));
    }
    assert_eq!(StackStatus::ReviewInProgress.cut_off(), None);
}
