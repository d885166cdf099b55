//! Lambda: functions as child processes.
//!
//! A call goes `api` -> `invoke` (permit, instance, report) -> `instance` (process, time limit) -> `runtime_api` (the
//! function's side). `queue` runs asynchronous calls. `function` is what a function is, `code` its package.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio::sync::watch;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::iam::resource_policy::{Caller, allows};
use crate::persist::{Store, lock};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

pub(crate) mod api;
mod code;
mod environment;
mod function;
mod instance;
mod invoke;
mod manage;
mod output;
mod payload;
mod permissions;
mod pool;
mod process;
mod queue;
pub(crate) mod resources;
mod runtime_api;
mod trace;

use function::{Configuration, Function, LATEST, not_found};
use pool::Pool;

/// How long a stop waits for invocations that run.
const GRACE: Duration = Duration::from_secs(8);

/// State of the service.
pub(crate) struct Lambda {
    functions: Store<BTreeMap<String, Function>>,
    pools: Mutex<HashMap<String, Arc<Pool>>>,
    /// Held while the file of a package is written and while unused ones are removed.
    code_files: tokio::sync::Mutex<()>,
    /// Invocations that run.
    running: watch::Sender<usize>,
    /// Asynchronous invocations that were accepted and have not ended.
    queued: AtomicUsize,
    stopped: watch::Sender<bool>,
    /// Leaders of process groups, with the environment variable that marks everything that they started.
    processes: Mutex<BTreeMap<u32, String>>,
}

impl Lambda {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self {
            functions: Store::open(data_directory, "lambda")?,
            pools: Mutex::default(),
            code_files: tokio::sync::Mutex::default(),
            running: watch::Sender::new(0),
            queued: AtomicUsize::new(0),
            stopped: watch::Sender::new(false),
            processes: Mutex::default(),
        })
    }

    /// Refuses new invocations, waits for running ones (at most eight seconds), and ends every process with all that it
    /// started.
    pub(crate) async fn stop(&self) {
        self.stopped.send_replace(true);
        let pools: Vec<Arc<Pool>> = lock(&self.pools).values().cloned().collect();
        futures::future::join_all(pools.iter().map(|pool| pool.end_idle())).await;
        let mut running = self.running.subscribe();
        let _ = tokio::time::timeout(GRACE, running.wait_for(|running| *running == 0)).await;
        futures::future::join_all(pools.iter().map(|pool| pool.end_all())).await;
        // Instances that were only just starting are in no pool.
        let left: Vec<(u32, String)> = lock(&self.processes).iter().map(|(id, mark)| (*id, mark.clone())).collect();
        let _ = tokio::task::spawn_blocking(move || {
            for (id, marker) in left {
                process::kill_all(id, &marker);
            }
        })
        .await;
    }

    /// Counts an invocation as running until the guard is dropped.
    fn enter(&self) -> Result<Running<'_>, ServiceError> {
        if *self.stopped.borrow() {
            return Err(ServiceError::new(
                http::StatusCode::SERVICE_UNAVAILABLE,
                "ServiceException",
                "the local cloud is stopping",
            ));
        }
        self.running.send_modify(|running| *running += 1);
        Ok(Running(&self.running))
    }

    /// The instances of a function.
    fn pool(&self, name: &str) -> Arc<Pool> {
        let reserved =
            self.functions.read(|functions| functions.get(name).and_then(|function| function.reserved_concurrency));
        let mut pools = lock(&self.pools);
        let pool = pools.entry(name.to_owned()).or_insert_with(|| Pool::new(reserved));
        if pool.reserved != reserved {
            // Calls that run keep the old pool until they end.
            let old = std::mem::replace(pool, Pool::new(reserved));
            tokio::spawn(async move { old.end_idle().await });
        }
        Arc::clone(pool)
    }

    /// A version of a function by name; `None` for the one being edited.
    fn configuration(&self, name: &str, version: Option<&str>) -> Option<Configuration> {
        self.functions.read(|functions| {
            let function = functions.get(name)?;
            match version {
                None | Some(LATEST) => Some(function.latest.clone()),
                Some(version) => function.versions.iter().find(|one| one.version == version).cloned(),
            }
        })
    }

    /// The file that keeps a package.
    fn code_file(cloud: &Cloud, code: &str) -> PathBuf {
        let base = cloud.data_directory.as_deref().unwrap_or(cloud.scratch.path());
        base.join("lambda-code").join(format!("{code}.zip"))
    }

    /// The directory of an unpacked package, which is made on first use.
    async fn unpacked(&self, cloud: &Arc<Cloud>, code: &str) -> Result<PathBuf, ServiceError> {
        let file = Self::code_file(cloud, code);
        let directory = cloud.scratch.path().join("functions").join(code);
        let unpacked = tokio::task::spawn_blocking(move || code::unpack(&file, &directory)).await;
        match unpacked {
            Ok(Ok(directory)) => Ok(directory),
            Ok(Err(error)) => Err(ServiceError::internal(format!("cannot unpack the code of the function: {error}"))),
            Err(error) => Err(ServiceError::internal(format!("cannot unpack the code of the function: {error}"))),
        }
    }
}

/// An invocation that runs.
struct Running<'a>(&'a watch::Sender<usize>);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}

/// A function and the version of it that somebody named.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reference {
    name: String,
    version: Option<String>,
}

impl Reference {
    /// Reads a name, a partial ARN (`<account>:function:<name>`) or an ARN, each with or without `:<version>`.
    fn parse(text: &str) -> Self {
        let rest =
            text.rsplit_once(":function:").or_else(|| text.rsplit_once("function:")).map_or(text, |(_, rest)| rest);
        match rest.split_once(':') {
            Some((name, version)) => Self { name: name.to_owned(), version: Some(version.to_owned()) },
            None => Self { name: rest.to_owned(), version: None },
        }
    }

    fn arn(&self, region: &str) -> String {
        let version = self.version.as_ref().map(|version| format!(":{version}")).unwrap_or_default();
        format!("arn:aws:lambda:{region}:{DEFAULT_ACCOUNT}:function:{}{version}", self.name)
    }
}

/// What other services ask of Lambda. Clients come through [`api`].
impl Lambda {
    /// Queues an asynchronous invocation (`function` is a name or an ARN). Returns once the payload is accepted.
    #[expect(clippy::unused_async, reason = "callers await deliveries to any service alike")]
    pub(crate) async fn invoke_event(
        &self,
        cloud: &Arc<Cloud>,
        function: &str,
        payload: Bytes,
    ) -> Result<(), ServiceError> {
        self.accept_event(cloud, &Reference::parse(function), payload, trace::Trace::continue_from(None)?).map(drop)
    }

    /// Runs a function and waits for what it answers: its result, or the payload that tells how it failed. `trace` is the
    /// `X-Amzn-Trace-Id` of what makes the call, so that a chain of calls is recognized as one.
    ///
    /// # Errors
    /// The function was not run: there is none, no instance may start, or functions have called each other too often.
    pub(crate) async fn invoke_request_response(
        &self,
        cloud: &Arc<Cloud>,
        function: &str,
        payload: Bytes,
        trace: Option<&str>,
    ) -> Result<Result<Bytes, Bytes>, ServiceError> {
        let reference = Reference::parse(function);
        let trace = trace::Trace::continue_from(trace)?;
        let configuration = self
            .configuration(&reference.name, reference.version.as_deref())
            .ok_or_else(|| not_found(&reference.arn(&cloud.region)))?;
        let payload = payload::check_payload(payload, payload::REQUEST_LIMIT, "RequestResponse")?;
        let worker = Arc::clone(cloud);
        // A task of its own: the function runs to its end even when the caller no longer waits.
        let running = tokio::spawn(async move {
            let id = uuid::Uuid::new_v4().to_string();
            worker.lambda.run(&worker, &configuration, payload, &id, &trace).await
        });
        let outcome =
            running.await.map_err(|error| ServiceError::internal(format!("the invocation was lost: {error}")))??;
        Ok(outcome.result.map_err(|error| error.payload))
    }

    /// Whether the function's resource policy lets a service principal (`s3.amazonaws.com`) invoke it for `source_arn`.
    pub(crate) fn allows_invoke(&self, function: &str, service: &str, source_arn: &str, source_account: &str) -> bool {
        let reference = Reference::parse(function);
        self.functions.read(|functions| {
            functions.get(&reference.name).is_some_and(|function| {
                let mut arn = function.latest.arn.clone();
                if let Some(version) = &reference.version {
                    arn = format!("{arn}:{version}");
                }
                let policy = json!({ "Statement": function.policy });
                let caller = Caller::Service { name: service, source_arn, source_account };
                allows(&policy, caller, "lambda:InvokeFunction", &arn)
            })
        })
    }

    fn accept_event(
        &self,
        cloud: &Arc<Cloud>,
        reference: &Reference,
        payload: Bytes,
        trace: trace::Trace,
    ) -> Result<String, ServiceError> {
        let payload = payload::check_payload(payload, payload::EVENT_LIMIT, "Event")?;
        let configuration = self
            .configuration(&reference.name, reference.version.as_deref())
            .ok_or_else(|| not_found(&reference.arn(&cloud.region)))?;
        let settings = self.functions.read(|functions| {
            functions.get(&reference.name).and_then(|function| function.event_invoke_config.clone()).unwrap_or_default()
        });
        self.enqueue(cloud, configuration, settings, payload, trace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_in_many_ways() {
        for (text, name, version) in [
            ("resize", "resize", None),
            ("resize:3", "resize", Some("3")),
            ("000000000000:function:resize", "resize", None),
            ("arn:aws:lambda:us-east-1:000000000000:function:resize", "resize", None),
            ("arn:aws:lambda:us-east-1:000000000000:function:resize:$LATEST", "resize", Some("$LATEST")),
        ] {
            let expected = Reference { name: name.to_owned(), version: version.map(str::to_owned) };
            assert_eq!(Reference::parse(text), expected, "{text}");
        }
    }
}
