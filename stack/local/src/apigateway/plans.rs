//! API keys and usage plans.

use serde_json::{Value, json};
use time::{Date, Duration, OffsetDateTime};

use super::check::{text, with_defaults};
use super::{ApiGateway, bad, conflict, not_found, seconds};
use crate::execute_api::fresh_id;
use crate::execute_api::throttle::Limit;
use crate::persist::lock;
use crate::wire::ServiceError;

fn no_key() -> ServiceError {
    not_found("Invalid API Key identifier specified")
}

fn no_plan() -> ServiceError {
    not_found("Invalid Usage Plan ID specified")
}

/// A key within a plan that lets it call a stage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) key_id: String,
    pub(super) key_value: String,
    pub(super) plan_id: String,
    /// Of the method where the plan has one for it, else of the plan.
    pub(super) limit: Option<Limit>,
    quota: Value,
}

impl ApiGateway {
    /// Makes an API key.
    pub(super) fn create_key(&self, members: &Value) -> Result<Value, ServiceError> {
        let value = text(members, "value").map_or_else(random_value, str::to_owned);
        if !(20..=128).contains(&value.len()) {
            return Err(bad("API Key value should be at least 20 characters"));
        }
        let now = seconds();
        let id = fresh_id();
        let defaults = json!({
            "id": id, "value": value, "name": id, "enabled": false, "createdDate": now, "lastUpdatedDate": now, "stageKeys": [], "tags": {},
        });
        let mut key = with_defaults(members, &defaults);
        // An old way to let a key call stages: without plans there is nothing that it would do.
        key.as_object_mut().map(|key| key.remove("generateDistinctId"));
        key["stageKeys"] = json!([]);
        self.state.change(|state| {
            if state.keys.values().any(|other| other["value"] == *value) {
                return Err(conflict("API Key already exists"));
            }
            state.keys.insert(id, key.clone());
            Ok(key)
        })
    }

    /// A key's members, with its value when asked for.
    pub(super) fn get_key(&self, id: &str, with_value: bool) -> Result<Value, ServiceError> {
        self.state.read(|state| state.keys.get(id).map(|key| show_key(key, with_value)).ok_or_else(no_key))
    }

    /// The members of all keys whose name begins so.
    pub(super) fn all_keys(&self, name: &str, with_values: bool) -> Vec<Value> {
        let fits = |key: &&Value| key["name"].as_str().is_some_and(|found| found.starts_with(name));
        self.state.read(|state| state.keys.values().filter(fits).map(|key| show_key(key, with_values)).collect())
    }

    /// Replaces the members of a key by changed ones.
    pub(super) fn update_key(
        &self,
        id: &str,
        change: impl FnOnce(&mut Value) -> Result<(), ServiceError>,
    ) -> Result<Value, ServiceError> {
        self.state.change(|state| {
            let key = state.keys.get_mut(id).ok_or_else(no_key)?;
            change(key)?;
            key["lastUpdatedDate"] = json!(seconds());
            Ok(show_key(key, false))
        })
    }

    /// Removes a key, also from its plans.
    pub(super) fn delete_key(&self, id: &str) -> Result<(), ServiceError> {
        self.state.change(|state| {
            state.keys.remove(id).ok_or_else(no_key)?;
            state.plan_keys.values_mut().for_each(|keys| keys.retain(|key| key != id));
            Ok(())
        })
    }

    /// Makes a usage plan.
    pub(super) fn create_plan(&self, members: &Value) -> Result<Value, ServiceError> {
        let id = fresh_id()[..6].to_owned();
        let mut members = members.clone();
        members["id"] = json!(id);
        self.put_plan(&id, &members)
    }

    fn put_plan(&self, id: &str, members: &Value) -> Result<Value, ServiceError> {
        self.state.change(|state| {
            text(members, "name").ok_or_else(|| bad("Usage Plan name is required"))?;
            for stage in members["apiStages"].as_array().into_iter().flatten() {
                let api = stage["apiId"].as_str().and_then(|id| state.apis.get(id));
                let has_stage =
                    api.is_some_and(|api| stage["stage"].as_str().is_some_and(|name| api.stages.contains_key(name)));
                if !has_stage {
                    return Err(not_found(format!(
                        "API Stage not found: {}:{}",
                        stage["apiId"].as_str().unwrap_or_default(),
                        stage["stage"].as_str().unwrap_or_default()
                    )));
                }
            }
            let quota = &members["quota"];
            if quota.is_object() && !matches!(quota["period"].as_str(), Some("DAY" | "WEEK" | "MONTH")) {
                return Err(bad("Usage plan quota period must be DAY, WEEK or MONTH"));
            }
            if quota.is_object() && quota["limit"].as_i64().is_none() {
                return Err(bad("Usage Plan quota limit is required"));
            }
            let members = with_defaults(members, &json!({"apiStages": [], "tags": {}}));
            state.plans.insert(id.to_owned(), members.clone());
            Ok(members)
        })
    }

    /// A plan's members.
    pub(super) fn get_plan(&self, id: &str) -> Result<Value, ServiceError> {
        self.state.read(|state| state.plans.get(id).cloned().ok_or_else(no_plan))
    }

    /// The members of all plans, or of those that have a key.
    pub(super) fn all_plans(&self, key: Option<&str>) -> Vec<Value> {
        self.state.read(|state| {
            let has_key = |id: &String| {
                key.is_none_or(|key| state.plan_keys.get(id).is_some_and(|keys| keys.iter().any(|own| own == key)))
            };
            state.plans.iter().filter(|(id, _)| has_key(id)).map(|(_, plan)| plan.clone()).collect()
        })
    }

    /// Replaces the members of a plan by changed ones.
    pub(super) fn update_plan(
        &self,
        id: &str,
        change: impl FnOnce(&mut Value) -> Result<(), ServiceError>,
    ) -> Result<Value, ServiceError> {
        let mut members = self.get_plan(id)?;
        change(&mut members)?;
        self.put_plan(id, &members)
    }

    /// Removes a plan.
    pub(super) fn delete_plan(&self, id: &str) -> Result<(), ServiceError> {
        self.state.change(|state| {
            state.plans.remove(id).ok_or_else(no_plan)?;
            state.plan_keys.remove(id);
            Ok(())
        })
    }

    /// Puts a key into a plan.
    pub(super) fn add_plan_key(&self, plan: &str, members: &Value) -> Result<Value, ServiceError> {
        if members["keyType"] != "API_KEY" {
            return Err(bad("Usage plan key type must be API_KEY"));
        }
        let id = text(members, "keyId").ok_or_else(|| bad("Usage plan key id is required"))?;
        self.state.change(|state| {
            state.plans.get(plan).ok_or_else(no_plan)?;
            let shown = show_plan_key(state.keys.get(id).ok_or_else(no_key)?);
            let keys = state.plan_keys.entry(plan.to_owned()).or_default();
            if keys.iter().any(|key| key == id) {
                return Err(conflict("Usage Plan Key is already associated with this Usage Plan"));
            }
            keys.push(id.to_owned());
            Ok(shown)
        })
    }

    /// The keys of a plan.
    pub(super) fn plan_keys(&self, plan: &str) -> Result<Vec<Value>, ServiceError> {
        self.state.read(|state| {
            state.plans.get(plan).ok_or_else(no_plan)?;
            let ids = state.plan_keys.get(plan).into_iter().flatten();
            Ok(ids.filter_map(|id| state.keys.get(id)).map(show_plan_key).collect())
        })
    }

    /// Takes a key out of a plan.
    pub(super) fn remove_plan_key(&self, plan: &str, id: &str) -> Result<(), ServiceError> {
        self.state.change(|state| {
            let keys = state.plan_keys.get_mut(plan).ok_or_else(no_plan)?;
            let at = keys.iter().position(|key| key == id).ok_or_else(no_key)?;
            keys.remove(at);
            Ok(())
        })
    }

    /// The enabled key with this value and the plan that lets it call a stage; `None` when there is no such pair.
    pub(super) fn member(&self, api_id: &str, stage: &str, value: &str, path: &str, method: &str) -> Option<Member> {
        self.state.read(|state| {
            let key = state.keys.values().find(|key| key["value"] == value && key["enabled"] == true)?;
            let key_id = key["id"].as_str()?;
            state.plans.iter().find_map(|(plan_id, plan)| {
                let has_key = state.plan_keys.get(plan_id)?.iter().any(|own| own == key_id);
                let stages = plan["apiStages"].as_array()?;
                let stage = stages.iter().find(|one| has_key && one["apiId"] == api_id && one["stage"] == stage)?;
                let own = &stage["throttle"][format!("{path}/{method}")];
                Some(Member {
                    key_id: key_id.to_owned(),
                    key_value: value.to_owned(),
                    plan_id: plan_id.clone(),
                    limit: Limit::read(own, "rateLimit", "burstLimit")
                        .or_else(|| Limit::read(&plan["throttle"], "rateLimit", "burstLimit")),
                    quota: plan["quota"].clone(),
                })
            })
        })
    }

    /// Counts a request against the quota of its plan; `false` when the quota is used up.
    pub(super) fn count(&self, member: &Member, now: OffsetDateTime) -> bool {
        let Some(limit) = member.quota["limit"].as_i64() else { return true };
        let period = period_start(&member.quota, now.date());
        let offset = member.quota["offset"].as_i64().unwrap_or_default();
        let mut usage = lock(&self.usage);
        let counted = usage.entry((member.plan_id.clone(), member.key_id.clone())).or_insert((period, 0));
        if counted.0 != period {
            *counted = (period, 0);
        }
        if counted.1 + offset >= limit {
            return false;
        }
        counted.1 += 1;
        true
    }

    /// What the keys of a plan have used in the period of now: `[[used, remaining]]` by key.
    pub(super) fn usage(&self, plan: &str, now: OffsetDateTime) -> Result<Value, ServiceError> {
        let members = self.get_plan(plan)?;
        let quota = &members["quota"];
        let period = period_start(quota, now.date());
        let limit = quota["limit"].as_i64().unwrap_or_default();
        let usage = lock(&self.usage);
        let of_plan = usage.iter().filter(|((id, _), (counted, _))| id == plan && *counted == period);
        Ok(Value::Object(of_plan.map(|((_, key), (_, used))| (key.clone(), json!([[used, limit - used]]))).collect()))
    }
}

/// The Julian day on which the period of a quota began.
fn period_start(quota: &Value, today: Date) -> i64 {
    let start = match quota["period"].as_str() {
        Some("WEEK") => today - Duration::days(i64::from(today.weekday().number_days_from_monday())),
        Some("MONTH") => today.replace_day(1).unwrap_or(today),
        _ => today,
    };
    i64::from(start.to_julian_day())
}

fn random_value() -> String {
    format!("{}{}{}{}", fresh_id(), fresh_id(), fresh_id(), fresh_id())
}

fn show_key(key: &Value, with_value: bool) -> Value {
    let mut shown = key.clone();
    if !with_value {
        shown.as_object_mut().map(|shown| shown.remove("value"));
    }
    shown
}

fn show_plan_key(key: &Value) -> Value {
    json!({"id": key["id"], "name": key["name"], "type": "API_KEY", "value": key["value"]})
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn member(period: &str, limit: i64) -> Member {
        let text = |text: &str| text.to_owned();
        Member {
            key_id: text("k"),
            key_value: text("v"),
            plan_id: text("p"),
            limit: None,
            quota: json!({"period": period, "limit": limit}),
        }
    }

    #[test]
    fn a_quota_is_used_up_and_begins_again() {
        for (period, within, next) in [
            ("DAY", datetime!(2026-11-28 23:59 UTC), datetime!(2026-11-29 0:00 UTC)),
            ("WEEK", datetime!(2026-11-29 23:59 UTC), datetime!(2026-11-30 0:00 UTC)),
            ("MONTH", datetime!(2026-11-30 23:59 UTC), datetime!(2026-12-01 0:00 UTC)),
        ] {
            let service = ApiGateway::open(None).unwrap();
            let count = |at| service.count(&member(period, 2), at);
            let start = datetime!(2026-11-28 6:00 UTC);
            assert_eq!([start, start, within, next].map(count), [true, true, false, true], "{period}");
        }
    }

    #[test]
    fn a_key_must_be_in_a_plan_that_has_the_stage() {
        let service = ApiGateway::open(None).unwrap();
        let key = service.create_key(&json!({"name": "k", "enabled": true})).unwrap();
        let (id, value) = (key["id"].as_str().unwrap(), key["value"].as_str().unwrap());
        assert_eq!(value.len(), 40);
        assert!(service.get_key(id, false).unwrap().get("value").is_none());
        let plan = service.create_plan(&json!({"name": "p"})).unwrap();
        let plan = plan["id"].as_str().unwrap();
        service.add_plan_key(plan, &json!({"keyId": id, "keyType": "API_KEY"})).unwrap();
        assert_eq!(service.member("api", "prod", value, "/", "GET"), None);
        assert_eq!(
            service
                .create_plan(&json!({"name": "q", "apiStages": [{"apiId": "api", "stage": "prod"}]}))
                .unwrap_err()
                .code,
            "NotFoundException"
        );
        assert_eq!(
            service.add_plan_key(plan, &json!({"keyId": id, "keyType": "API_KEY"})).unwrap_err().code,
            "ConflictException"
        );
        service.delete_key(id).unwrap();
        assert!(service.plan_keys(plan).unwrap().is_empty());
    }
}
