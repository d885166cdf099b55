//! The function's configuration.

use wiring::Environment;

/// What the environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Bucket that holds the files (`MIGRATIONS_BUCKET`).
    pub bucket: String,
    /// What their keys start with (`MIGRATIONS_PREFIX`, default nothing). Files below a further `/` are not looked at.
    pub prefix: String,
}

impl Settings {
    /// Reads the variables; faults stay with the environment.
    pub fn read(environment: &mut Environment<'_>) -> Self {
        let bucket = environment.required("MIGRATIONS_BUCKET", "the bucket that holds the files of SQL");
        let prefix = environment.optional("MIGRATIONS_PREFIX").unwrap_or_default();
        if !prefix.is_empty() && !prefix.ends_with('/') {
            environment.fault(format!("MIGRATIONS_PREFIX is `{prefix}`, and must end with `/`"));
        }
        Self { bucket, prefix }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told() {
        let variable = |name: &str| (name == "MIGRATIONS_PREFIX").then(|| "sql".to_owned());
        let mut environment = Environment::new(&variable);
        let settings = Settings::read(&mut environment);
        assert_eq!(
            environment.finish(Some(settings)).unwrap_err().to_string(),
            "the function's environment is incomplete: MIGRATIONS_BUCKET is missing (the bucket that holds the files of \
             SQL); MIGRATIONS_PREFIX is `sql`, and must end with `/`"
        );
    }
}
