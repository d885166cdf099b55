//! The function's configuration.

use http_events::Cors;
use wiring::Environment;

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Table of the rows (`TABLE`).
    pub table: String,
    /// Its index by date (`DATE_INDEX`, default `by-date`).
    pub date_index: String,
    /// Bucket of the videos (`VIDEO_BUCKET`).
    pub bucket: String,
    /// What keys of videos start with (`VIDEO_PREFIX`, default `videos/`).
    pub prefix: String,
    /// What links to videos start with, with a slash at the end (`VIDEO_BASE`).
    pub base: String,
    /// How callers show who they are (`AUTHENTICATION`, default `secret`).
    pub authentication: Authentication,
    /// Pages that may ask (`WEB_ORIGIN`, separated by commas).
    pub cors: Cors,
}

/// How callers show who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// By a secret in a header: the one of this name or ARN (`SHARED_SECRET_ARN`).
    SharedSecret(String),
    /// By a signature, which the Function URL checks.
    Iam,
}

impl Settings {
    /// Reads the variables; what is wrong with them stays with the environment. `None` when the origins are.
    pub fn read(environment: &mut Environment<'_>) -> Option<Self> {
        let table = environment.required("TABLE", "the table of the rows");
        let date_index = environment.optional("DATE_INDEX").unwrap_or_else(|| "by-date".to_owned());
        let bucket = environment.required("VIDEO_BUCKET", "the bucket of the videos");
        let prefix = environment.optional("VIDEO_PREFIX").unwrap_or_else(|| "videos/".to_owned());
        if !prefix.ends_with('/') || prefix.starts_with('/') {
            environment.fault(format!("VIDEO_PREFIX is `{prefix}`, and must end with a slash and not begin with one"));
        }
        let base = environment.required("VIDEO_BASE", "what links to videos start with");
        if !base.is_empty() && !base.ends_with('/') {
            environment.fault(format!("VIDEO_BASE is `{base}`, and must end with a slash"));
        }
        let authentication = match environment.optional("AUTHENTICATION").as_deref() {
            None | Some("secret") => Authentication::SharedSecret(
                environment
                    .required("SHARED_SECRET_ARN", "the secret that callers send; AUTHENTICATION=iam needs none"),
            ),
            Some("iam") => Authentication::Iam,
            Some(other) => {
                environment.fault(format!("AUTHENTICATION is `{other}`, and must be `secret` or `iam`"));
                Authentication::SharedSecret(String::new())
            }
        };
        let origins = environment.required_list("WEB_ORIGIN", "the origins of the pages that may ask, or *");
        let cors = Cors::new(origins, "OPTIONS,POST", "content-type,x-shared-secret");
        let cors = environment.check("WEB_ORIGIN", cors);
        Some(Self { table, date_index, bucket, prefix, base, authentication, cors: cors? })
    }
}
