//! The names that one run of a command gives to what it asks for, so that asking twice is asking once.

/// One run of a command.
#[derive(Debug, Clone)]
pub(crate) struct Attempt(String);

impl Attempt {
    /// The caller's name, or a random one.
    pub(crate) fn new(name: Option<&str>) -> Self {
        Self(name.map_or_else(|| uuid::Uuid::new_v4().simple().to_string(), str::to_owned))
    }

    pub(crate) fn change_set_name(&self) -> String {
        format!("stack-{}", self.0)
    }

    pub(crate) fn create_token(&self) -> String {
        format!("stack-create-{}", self.0)
    }

    pub(crate) fn execute_token(&self) -> String {
        format!("stack-exec-{}", self.0)
    }

    pub(crate) fn delete_token(&self) -> String {
        format!("stack-delete-{}", self.0)
    }

    pub(crate) fn cancel_token(&self) -> String {
        format!("stack-cancel-{}", self.0)
    }

    pub(crate) fn rollback_token(&self) -> String {
        format!("stack-rollback-{}", self.0)
    }

    /// For the stack that holds the artifact bucket.
    pub(crate) fn artifacts_token(&self) -> String {
        format!("stack-artifacts-{}", self.0)
    }

    pub(crate) fn invalidation_reference(&self, logical_id: &str) -> String {
        format!("stack-{}-{logical_id}", self.0)
    }
}
