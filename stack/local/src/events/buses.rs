//! Event buses and their policies.

use serde_json::{Value, json};

use super::{Bus, DEFAULT_BUS, Events, State, not_found, validation};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

/// ARN of a bus.
pub(super) fn bus_arn(region: &str, name: &str) -> String {
    format!("arn:aws:events:{region}:{DEFAULT_ACCOUNT}:event-bus/{name}")
}

/// Name of a bus that is given by name or by ARN; nothing is the default bus.
pub(super) fn bus_name(given: Option<&str>) -> &str {
    let given = given.filter(|given| !given.is_empty()).unwrap_or(DEFAULT_BUS);
    given.rsplit_once(":event-bus/").map_or(given, |(_, name)| name)
}

fn exists(state: &State, name: &str) -> bool {
    name == DEFAULT_BUS || state.buses.contains_key(name)
}

fn no_bus(name: &str) -> ServiceError {
    not_found(format!("Event bus {name} does not exist."))
}

impl Events {
    /// The name of a bus that is there, given by name or ARN.
    pub(super) fn existing_bus(&self, given: &str) -> Result<String, ServiceError> {
        let name = bus_name(Some(given));
        if self.store.read(|state| exists(state, name)) { Ok(name.to_owned()) } else { Err(no_bus(name)) }
    }

    /// A bus by name.
    pub(super) fn bus(&self, name: &str) -> Result<Bus, ServiceError> {
        self.store.read(|state| {
            let kept = state.buses.get(name).cloned();
            kept.or_else(|| (name == DEFAULT_BUS).then(Bus::default)).ok_or_else(|| no_bus(name))
        })
    }

    /// All buses by name, the default one among them.
    pub(super) fn buses(&self) -> Vec<(String, Bus)> {
        self.store.read(|state| {
            let mut buses = state.buses.clone();
            buses.entry(DEFAULT_BUS.to_owned()).or_default();
            buses.into_iter().collect()
        })
    }

    /// Makes a bus.
    pub(super) fn create_bus(&self, name: &str, bus: Bus) -> Result<(), ServiceError> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
        if name.is_empty() || name.len() > 256 || !name.bytes().all(fits) || name.starts_with("aws.partner/") {
            return Err(validation(format!(
                "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [/\\.\\-_A-Za-z0-9]+"
            )));
        }
        if name.contains('/') {
            return Err(validation("Event bus name must not contain '/'."));
        }
        self.store.change(|state| {
            if exists(state, name) {
                return Err(ServiceError::bad_request(
                    "ResourceAlreadyExistsException",
                    format!("Event bus {name} already exists."),
                ));
            }
            state.buses.insert(name.to_owned(), bus);
            Ok(())
        })
    }

    /// Removes a bus that has no rules; absent already is fine.
    pub(super) fn delete_bus(&self, name: &str) -> Result<(), ServiceError> {
        if name == DEFAULT_BUS {
            return Err(validation("Cannot delete event bus default."));
        }
        self.store.change(|state| {
            if state.rules.get(name).is_some_and(|rules| !rules.is_empty()) {
                return Err(validation(format!("Event bus {name} can't be deleted since it has rules.")));
            }
            state.buses.remove(name);
            Ok(())
        })
    }

    /// Changes a bus in place.
    pub(super) fn change_bus(&self, name: &str, change: impl FnOnce(&mut Bus)) -> Result<(), ServiceError> {
        self.store.change(|state| {
            if !exists(state, name) {
                return Err(no_bus(name));
            }
            change(state.buses.entry(name.to_owned()).or_default());
            Ok(())
        })
    }

    /// Puts a statement into the policy of a bus, in place of the one with its `Sid`.
    pub(super) fn put_statement(&self, name: &str, statement: Value) -> Result<(), ServiceError> {
        self.change_bus(name, |bus| {
            bus.policy.retain(|old| old["Sid"] != statement["Sid"]);
            bus.policy.push(statement);
        })
    }

    /// Takes a statement out of the policy of a bus.
    pub(super) fn remove_statement(&self, name: &str, sid: &str) -> Result<(), ServiceError> {
        if !self.bus(name)?.policy.iter().any(|statement| statement["Sid"] == sid) {
            return Err(not_found("Statement with the provided id does not exist."));
        }
        self.change_bus(name, |bus| bus.policy.retain(|statement| statement["Sid"] != sid))
    }
}

impl Bus {
    /// The policy as a document; `None` where nothing was set.
    pub(super) fn document(&self) -> Option<Value> {
        (!self.policy.is_empty()).then(|| json!({"Version": "2012-10-17", "Statement": self.policy}))
    }
}

/// The statement of the older form of `PutPermission`: an action for an account, or for everybody under a condition.
pub(super) fn statement(
    region: &str,
    bus: &str,
    sid: &str,
    action: &str,
    principal: &str,
    condition: Option<&Value>,
) -> Result<Value, ServiceError> {
    let account = principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit());
    let principal = match principal {
        "*" => json!("*"),
        _ if account => json!({"AWS": format!("arn:aws:iam::{principal}:root")}),
        other => {
            return Err(validation(format!(
                "Parameter Principal is not valid: `{other}` is neither an account nor `*`."
            )));
        }
    };
    let mut statement = json!({
        "Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action, "Resource": bus_arn(region, bus),
    });
    if let Some(condition) = condition {
        let (Some(operator), Some(key)) = (condition["Type"].as_str(), condition["Key"].as_str()) else {
            return Err(validation("Parameter Condition is not valid."));
        };
        statement["Condition"] = json!({operator: {key: condition["Value"]}});
    }
    Ok(statement)
}
