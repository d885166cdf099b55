//! What tables have that the database does not keep: point-in-time recovery, resource policies, encryption that was changed; and the
//! removal of expired items.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::arns::table_arn;
use super::{DynamoDb, Failure, weak};
use crate::cloud::Cloud;
use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, as_integer, text};

/// How often expired items are looked for. AWS may take days.
const SWEEP: Duration = Duration::from_secs(5);

/// Days that point-in-time recovery reaches back unless it says otherwise.
const RECOVERY_DAYS: i64 = 35;

/// What is kept of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Extras {
    /// Days that point-in-time recovery reaches back; absent where it is off.
    #[serde(default)]
    pub(super) recovery_days: Option<i64>,
    /// Seconds since 1970.
    #[serde(default)]
    recovery_since: i64,
    #[serde(default)]
    pub(super) policy: Option<Value>,
    /// New with every policy.
    #[serde(default)]
    policy_revision: String,
    /// `SSESpecification` of the last update.
    #[serde(default)]
    encryption: Option<Value>,
}

fn no_table(table: &str) -> ServiceError {
    ServiceError::bad_request("TableNotFoundException", format!("Table not found: {table}"))
}

fn no_policy(arn: &str) -> ServiceError {
    ServiceError::bad_request(
        "PolicyNotFoundException",
        format!("Resource-based policy not found for the provided ResourceArn: {arn}"),
    )
}

impl DynamoDb {
    /// What is kept of a table.
    pub(super) fn extras_of(&self, table: &str) -> Extras {
        self.extras.read(|extras| extras.get(table).cloned()).unwrap_or_default()
    }

    fn change_extras(&self, table: &str, change: impl FnOnce(&mut Extras)) -> Result<(), ServiceError> {
        self.extras.change(|extras| {
            change(extras.entry(table.to_owned()).or_default());
            Ok(())
        })
    }

    /// Forgets a table.
    pub(super) fn forget(&self, table: &str) -> Result<(), ServiceError> {
        if self.extras.read(|extras| !extras.contains_key(table)) {
            return Ok(());
        }
        self.extras.change(|extras| {
            extras.remove(table);
            Ok(())
        })
    }

    /// Sets the encryption that a description shows.
    pub(super) fn set_encryption(&self, table: &str, specification: &Value) -> Result<(), ServiceError> {
        self.change_extras(table, |extras| extras.encryption = Some(specification.clone()))
    }

    /// Adds to the database's description of a table what is kept here.
    pub(super) fn extend_description(&self, table: &str, description: &mut Value) {
        let Some(encryption) = self.extras_of(table).encryption else { return };
        let Some(description) = description.as_object_mut() else { return };
        if encryption.get("Enabled").and_then(as_flag) == Some(true) {
            let mut shown = json!({"Status": "ENABLED", "SSEType": "KMS"});
            if let Some(key) = text(&encryption, "KMSMasterKeyId") {
                shown["KMSMasterKeyArn"] = json!(key);
            }
            description.insert("SSEDescription".to_owned(), shown);
        } else {
            description.shift_remove("SSEDescription");
        }
    }

    /// Serves the operations that the database does not; `None` for others.
    pub(super) fn own(&self, region: &str, operation: &str, input: &Value) -> Option<Result<Value, ServiceError>> {
        let table =
            super::arns::table_name(text(input, "TableName").or(text(input, "ResourceArn")).unwrap_or_default());
        Some(match operation {
            "DescribeContinuousBackups" => self.existing(table).map(|()| self.show_recovery(table)),
            "UpdateContinuousBackups" => self.existing(table).and_then(|()| self.set_recovery(table, input)),
            "PutResourcePolicy" => self.existing(table).and_then(|()| self.put_policy(region, table, input)),
            "GetResourcePolicy" => self.existing(table).and_then(|()| self.get_policy(region, table)),
            "DeleteResourcePolicy" => {
                let revision = self.extras_of(table).policy_revision;
                self.existing(table)
                    .and_then(|()| self.change_extras(table, |extras| extras.policy = None))
                    .map(|()| if revision.is_empty() { json!({}) } else { json!({ "RevisionId": revision }) })
            }
            "DescribeLimits" => Ok(json!({
                "AccountMaxReadCapacityUnits": 80_000,
                "AccountMaxWriteCapacityUnits": 80_000,
                "TableMaxReadCapacityUnits": 40_000,
                "TableMaxWriteCapacityUnits": 40_000,
            })),
            _ => return None,
        })
    }

    fn existing(&self, table: &str) -> Result<(), ServiceError> {
        let database = self.database().map_err(Failure::plain)?;
        let found = database.get_table_metadata(table).map_err(|error| Failure::from(error).plain())?;
        found.map(drop).ok_or_else(|| no_table(table))
    }

    fn show_recovery(&self, table: &str) -> Value {
        let extras = self.extras_of(table);
        let recovery = match extras.recovery_days {
            Some(days) => json!({
                "PointInTimeRecoveryStatus": "ENABLED",
                "RecoveryPeriodInDays": days,
                "EarliestRestorableDateTime": extras.recovery_since,
                "LatestRestorableDateTime": crate::logs::now() / 1000,
            }),
            None => json!({"PointInTimeRecoveryStatus": "DISABLED"}),
        };
        json!({"ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        }})
    }

    fn set_recovery(&self, table: &str, input: &Value) -> Result<Value, ServiceError> {
        let specification = input.get("PointInTimeRecoverySpecification").unwrap_or(&Value::Null);
        let enabled = specification.get("PointInTimeRecoveryEnabled").and_then(as_flag).ok_or_else(|| {
            ServiceError::bad_request("ValidationException", "PointInTimeRecoveryEnabled must be true or false")
        })?;
        let days = specification.get("RecoveryPeriodInDays").and_then(as_integer).unwrap_or(RECOVERY_DAYS);
        if !(1..=35).contains(&days) {
            return Err(ServiceError::bad_request(
                "ValidationException",
                format!(
                    "1 validation error detected: Value '{days}' at 'pointInTimeRecoverySpecification.recoveryPeriodInDays' failed to satisfy constraint: Member must have value between 1 and 35"
                ),
            ));
        }
        self.change_extras(table, |extras| {
            if extras.recovery_days.is_none() {
                extras.recovery_since = crate::logs::now() / 1000;
            }
            extras.recovery_days = enabled.then_some(days);
        })?;
        Ok(self.show_recovery(table))
    }

    fn put_policy(&self, region: &str, table: &str, input: &Value) -> Result<Value, ServiceError> {
        let invalid = |why: String| ServiceError::bad_request("ValidationException", why);
        let document = text(input, "Policy").unwrap_or_default();
        let policy: Value =
            serde_json::from_str(document).map_err(|error| invalid(format!("Invalid policy document: {error}")))?;
        stack_plan::policy::Document::parse(&policy)
            .map_err(|why| invalid(format!("Invalid policy document: {why}")))?;
        let expected = text(input, "ExpectedRevisionId");
        let current = self.extras_of(table);
        let fits = match expected {
            None => true,
            Some("NO_POLICY") => current.policy.is_none(),
            Some(revision) => current.policy.is_some() && current.policy_revision == revision,
        };
        if !fits {
            return Err(no_policy(&table_arn(region, table)));
        }
        let revision = uuid::Uuid::new_v4().simple().to_string();
        self.change_extras(table, |extras| {
            extras.policy = Some(policy);
            extras.policy_revision.clone_from(&revision);
        })?;
        Ok(json!({ "RevisionId": revision }))
    }

    fn get_policy(&self, region: &str, table: &str) -> Result<Value, ServiceError> {
        let extras = self.extras_of(table);
        let policy = extras.policy.ok_or_else(|| no_policy(&table_arn(region, table)))?;
        Ok(json!({"Policy": policy.to_string(), "RevisionId": extras.policy_revision}))
    }

    /// Removes expired items in the background from now on.
    pub(super) fn sweep(&self, cloud: &Arc<Cloud>) {
        if self.sweeping.swap(true, Ordering::Relaxed) {
            return;
        }
        let cloud = weak(cloud);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                let Some(cloud) = cloud.upgrade() else { return };
                let Ok(database) = cloud.dynamodb.database() else { continue };
                let swept = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
                match swept {
                    Ok(Ok(0)) => {}
                    Ok(Ok(_)) => cloud.dynamodb.written.notify_waiters(),
                    Ok(Err(error)) => tracing::warn!(%error, "expired items could not be removed"),
                    Err(error) => tracing::warn!(%error, "expired items could not be removed"),
                }
            }
        });
    }

    /// After a start with a data directory: expired items are removed again.
    pub(crate) fn resume(&self, cloud: &Arc<Cloud>) {
        if self.file.as_ref().is_some_and(|file| file.exists()) {
            self.sweep(cloud);
        }
    }
}
