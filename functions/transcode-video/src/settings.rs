//! The function's configuration.

use wiring::Environment;

/// What the environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Table of the responses (`TABLE`).
    pub table: String,
    /// Bucket of the results (`OUTPUT_BUCKET`).
    pub output_bucket: String,
    /// What their keys start with (`OUTPUT_PREFIX`, default `output/web/`).
    pub output_prefix: String,
    /// Queue of the jobs (`QUEUE`).
    pub queue: String,
    /// Template of the jobs (`JOB_TEMPLATE`).
    pub template: String,
    /// Role that the jobs take (`ROLE_ARN`).
    pub role: String,
}

impl Settings {
    /// Reads the variables; what is wrong with them stays with the environment.
    pub fn read(environment: &mut Environment<'_>) -> Self {
        let settings = Self {
            table: environment.required("TABLE", "the table of the responses"),
            output_bucket: environment.required("OUTPUT_BUCKET", "the bucket of the transcoded videos"),
            output_prefix: environment.optional("OUTPUT_PREFIX").unwrap_or_else(|| "output/web/".to_owned()),
            queue: environment.required("QUEUE", "the queue of MediaConvert"),
            template: environment.required("JOB_TEMPLATE", "the job template of MediaConvert"),
            role: environment.required("ROLE_ARN", "the role that jobs take"),
        };
        if !settings.output_prefix.ends_with('/') || settings.output_prefix.starts_with('/') {
            let prefix = &settings.output_prefix;
            environment.fault(format!("OUTPUT_PREFIX is `{prefix}`, and must end with a slash and not begin with one"));
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told() {
        let variable = |name: &str| (name == "OUTPUT_PREFIX").then(|| "/web".to_owned());
        let mut environment = Environment::new(&variable);
        let settings = Settings::read(&mut environment);
        assert_eq!(
            environment.finish(Some(settings)).unwrap_err().to_string(),
            "the function's environment is incomplete: TABLE is missing (the table of the responses); \
             OUTPUT_BUCKET is missing (the bucket of the transcoded videos); QUEUE is missing (the queue of MediaConvert); \
             JOB_TEMPLATE is missing (the job template of MediaConvert); ROLE_ARN is missing (the role that jobs take); \
             OUTPUT_PREFIX is `/web`, and must end with a slash and not begin with one"
        );
    }
}
