//! Cross-property rules: schemas that hold at a place of a resource besides its own.

use serde_json::Value;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Id in the catalog of rules of cfn-lint (`E3717`), where its reason can be read.
    pub id: String,
    /// Steps to the place in `Properties`; `*` for every item of a list. Empty for `Properties` itself.
    pub at: Vec<String>,
    /// What holds there.
    pub schema: Value,
}

impl Rule {
    pub(super) fn read(record: Value) -> Vec<Self> {
        let Value::Array(rules) = record else { return Vec::new() };
        rules
            .into_iter()
            .filter_map(|mut rule| {
                let schema = rule.get_mut("schema")?.take();
                let at = rule.get("at")?.as_str()?;
                let at = at.split('/').filter(|step| !step.is_empty()).map(str::to_owned).collect();
                Some(Self { id: rule.get("id")?.as_str()?.to_owned(), at, schema })
            })
            .collect()
    }

    /// True for what is worth saying and not wrong.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        !self.id.starts_with('E')
    }
}
