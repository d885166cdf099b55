//! Lambda: functions as child processes.
//!
//! A call goes `api` or `urls` -> `invoke` (permit, instance, report) -> `instance` (process, time limit) -> `runtime_api` (the
//! function's side). `queue` runs asynchronous calls. `function` is what a function is, `configuration` one version of it,
//! `code` its package, `runtimes` what runs the packages that bring no program of their own.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::persist::{Store, lock};
use crate::wire::ServiceError;

pub(crate) mod address;
pub(crate) mod api;
mod code;
mod configuration;
mod destinations;
mod environment;
pub(crate) mod event_sources;
mod function;
mod instance;
mod invoke;
mod layers;
mod manage;
mod metrics;
mod output;
mod payload;
mod permissions;
mod pool;
mod process;
mod provisioned;
mod queue;
mod reference;
mod report;
pub(crate) mod resources;
mod runtime_api;
mod runtimes;
mod settings;
mod trace;
pub(crate) mod urls;
mod versions;

use code::BOOTSTRAP;
use function::{Configuration, Function, LATEST, not_found};
use layers::Layer;
use pool::Pool;
use reference::Reference;
use runtimes::{Interpreter, Runtime};

/// How long a stop waits for invocations that run.
const GRACE: Duration = Duration::from_secs(8);

/// State of the service.
pub(crate) struct Lambda {
    functions: Store<BTreeMap<String, Function>>,
    layers: Store<BTreeMap<String, Layer>>,
    pools: Mutex<HashMap<String, Arc<Pool>>>,
    /// Interpreters that were found, by runtime.
    interpreters: tokio::sync::Mutex<BTreeMap<String, Interpreter>>,
    /// Held while the file of a package is written and while unused ones are removed.
    code_files: tokio::sync::Mutex<()>,
    pub(crate) event_sources: event_sources::EventSources,
    /// Invocations that run.
    running: watch::Sender<usize>,
    /// Asynchronous invocations that were accepted and have not ended.
    queued: AtomicUsize,
    stopped: watch::Sender<bool>,
    /// Leaders of process groups, with the environment variable that marks everything that they started.
    processes: Mutex<BTreeMap<u32, String>>,
    /// Signs the addresses at which packages can be fetched.
    address_key: [u8; 16],
}

impl Lambda {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self {
            functions: Store::open(data_directory, "lambda")?,
            layers: Store::open(data_directory, "lambda-layers")?,
            pools: Mutex::default(),
            interpreters: tokio::sync::Mutex::default(),
            code_files: tokio::sync::Mutex::default(),
            event_sources: event_sources::EventSources::open(data_directory)?,
            running: watch::Sender::new(0),
            queued: AtomicUsize::new(0),
            stopped: watch::Sender::new(false),
            processes: Mutex::default(),
            address_key: uuid::Uuid::new_v4().into_bytes(),
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

    /// What a version or alias of a function stands for at this call; `None` stands for the version being edited.
    fn configuration(&self, name: &str, qualifier: Option<&str>) -> Option<Configuration> {
        self.functions.read(|functions| functions.get(name)?.resolve(qualifier, random_point()).cloned())
    }

    /// The file that keeps a package.
    fn code_file(cloud: &Cloud, code: &str) -> PathBuf {
        let base = cloud.data_directory.as_deref().unwrap_or(cloud.scratch.path());
        base.join("lambda-code").join(format!("{code}.zip"))
    }

    /// The directory of an unpacked package, which is made on first use.
    async fn unpacked(&self, cloud: &Arc<Cloud>, code: &str) -> Result<PathBuf, ServiceError> {
        let files = [Self::code_file(cloud, code)];
        let directory = cloud.scratch.path().join("functions").join(code);
        let unpacked = tokio::task::spawn_blocking(move || code::unpack(&files, &directory)).await;
        match unpacked {
            Ok(Ok(directory)) => Ok(directory),
            Ok(Err(error)) => Err(ServiceError::internal(format!("cannot unpack the code of the function: {error}"))),
            Err(error) => Err(ServiceError::internal(format!("cannot unpack the code of the function: {error}"))),
        }
    }

    /// The interpreter of a managed runtime; `None` for a custom one.
    async fn interpreter(&self, name: &str) -> Result<Option<Interpreter>, ServiceError> {
        let runtime = match Runtime::of(name) {
            None | Some(Runtime::Custom) => return Ok(None),
            Some(runtime) => runtime,
        };
        let mut known = self.interpreters.lock().await;
        if let Some(interpreter) = known.get(name) {
            return Ok(Some(interpreter.clone()));
        }
        // One that is missing is looked for again: it may be installed in the meantime.
        let found = Interpreter::find(runtime, name).await.map_err(function::invalid)?;
        known.insert(name.to_owned(), found.clone());
        Ok(Some(found))
    }

    /// Refuses a managed runtime that this machine has no interpreter for.
    async fn check_interpreter(&self, runtime: &str) -> Result<(), ServiceError> {
        self.interpreter(runtime).await.map(drop)
    }
}

/// A random number from 0 up to 1.
fn random_point() -> f64 {
    f64::from(u32::try_from(uuid::Uuid::new_v4().as_u128() >> 96).unwrap_or(0)) / 4_294_967_296.0
}

/// An invocation that runs.
struct Running<'a>(&'a watch::Sender<usize>);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
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
            .configuration(&reference.name, reference.qualifier.as_deref())
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

    fn accept_event(
        &self,
        cloud: &Arc<Cloud>,
        reference: &Reference,
        payload: Bytes,
        trace: trace::Trace,
    ) -> Result<String, ServiceError> {
        let payload = payload::check_payload(payload, payload::EVENT_LIMIT, "Event")?;
        let qualifier = reference.qualifier.as_deref();
        let configuration =
            self.configuration(&reference.name, qualifier).ok_or_else(|| not_found(&reference.arn(&cloud.region)))?;
        let settings = self.functions.read(|functions| {
            let configs = functions.get(&reference.name).map(|function| &function.event_invoke_configs);
            configs.and_then(|configs| configs.get(qualifier.unwrap_or(LATEST)).cloned()).unwrap_or_default()
        });
        self.enqueue(cloud, configuration, settings, payload, trace)
    }
}
