//! A resource type for tests: it remembers what exists and fails where it is told to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};

/// What exists, what is to fail, and a gate that holds creations back.
#[derive(Debug)]
pub(super) struct Things {
    pub(super) existing: Mutex<BTreeMap<String, Value>>,
    /// `create A`, `update A`, `delete A`.
    pub(super) faults: Mutex<BTreeSet<String>>,
    /// `create A` in the order of what was done.
    pub(super) calls: Mutex<Vec<String>>,
    /// Things with `Gated: true` wait for a permit.
    pub(super) gate: Semaphore,
}

impl Default for Things {
    fn default() -> Self {
        Self { existing: Mutex::default(), faults: Mutex::default(), calls: Mutex::default(), gate: Semaphore::new(0) }
    }
}

impl Things {
    async fn enter(&self, verb: &str, context: &ResourceContext, properties: &Value) -> Result<(), ProviderError> {
        if properties["Gated"] == json!(true) {
            self.gate.acquire().await.unwrap().forget();
        }
        let call = format!("{verb} {}", context.logical_id);
        self.calls.lock().unwrap().push(call.clone());
        assert!(!self.faults.lock().unwrap().contains(&format!("panic {}", context.logical_id)), "asked for");
        if self.faults.lock().unwrap().contains(&call) {
            return Err(ProviderError::new("GeneralServiceException", format!("cannot {call}")));
        }
        Ok(())
    }
}

fn provisioned(physical_id: String, properties: &Value) -> Provisioned {
    let attributes = [
        ("Arn".to_owned(), json!(format!("arn:test:{physical_id}"))),
        ("Value".to_owned(), properties["Value"].clone()),
    ];
    Provisioned { physical_id, attributes: attributes.into_iter().collect() }
}

pub(super) async fn create_thing(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let things = &context.cloud.cloudformation.things;
    things.enter("create", context, properties).await?;
    let physical_id = properties["Name"].as_str().map_or_else(|| context.generated_name(64), str::to_owned);
    let mut existing = things.existing.lock().unwrap();
    if existing.contains_key(&physical_id) {
        return Err(ProviderError::new("AlreadyExists", format!("{physical_id} already exists")));
    }
    existing.insert(physical_id.clone(), properties.clone());
    Ok(provisioned(physical_id, properties))
}

/// A thing that exists already.
pub(super) fn adopt_thing(context: &ResourceContext, physical_id: &str) -> Provisioned {
    let existing = context.cloud.cloudformation.things.existing.lock().unwrap();
    provisioned(physical_id.to_owned(), &existing[physical_id])
}

pub(super) async fn update_thing(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    let things = &context.cloud.cloudformation.things;
    if old["Name"] != new["Name"] {
        return Ok(Update::Replace);
    }
    things.enter("update", context, new).await?;
    things.existing.lock().unwrap().insert(physical_id.to_owned(), new.clone());
    Ok(Update::InPlace(provisioned(physical_id.to_owned(), new)))
}

pub(super) async fn delete_thing(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let things = &context.cloud.cloudformation.things;
    let without_gate = json!({"Value": properties["Value"]});
    things.enter("delete", context, &without_gate).await?;
    things.existing.lock().unwrap().remove(physical_id);
    Ok(())
}

pub(super) async fn read_thing(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    let things = &context.cloud.cloudformation.things;
    if things.faults.lock().unwrap().contains(&format!("read {}", context.logical_id)) {
        return Err(ProviderError::new("GeneralServiceException", format!("cannot read {}", context.logical_id)));
    }
    let existing = things.existing.lock().unwrap();
    Ok(existing.get(physical_id).map_or(Live::Gone, |properties| Live::Properties(properties.clone())))
}
