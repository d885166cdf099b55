//! The life of Lambda's runtimes.

use serde_json::Value;

/// A runtime and the days of its end, as `2026-11-10`; absent where none is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    /// Name (`python3.13`).
    pub name: String,
    /// From when it gets no more fixes.
    pub deprecated: Option<String>,
    /// From when no function can be created with it.
    pub create_blocked: Option<String>,
    /// From when no function of it can be updated.
    pub update_blocked: Option<String>,
    /// What to use instead.
    pub successor: Option<String>,
}

impl Runtime {
    pub(super) fn read(record: Value) -> Vec<Self> {
        let Value::Object(runtimes) = record else { return Vec::new() };
        runtimes
            .into_iter()
            .map(|(name, days)| {
                let text = |key: &str| days.get(key).and_then(Value::as_str).map(str::to_owned);
                Self {
                    deprecated: text("deprecated"),
                    create_blocked: text("create-block"),
                    update_blocked: text("update-block"),
                    successor: text("successor"),
                    name,
                }
            })
            .collect()
    }
}
