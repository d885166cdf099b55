//! One instance of a function: a process with its own Runtime API.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::environment::{InstanceEnvironment, environment};
use super::function::Configuration;
use super::output::{Flush, Output, collect, flush};
use super::payload::FunctionError;
use super::process;
use super::runtime_api::{Exchange, Job, serve};
use crate::cloud::Cloud;
use crate::logs::now;
use crate::persist::lock;

/// How long initialization may take, as on AWS.
const INITIALIZATION_LIMIT: Duration = Duration::from_secs(10);

/// How long after its process a pipe may take to be read empty.
const DRAIN: Duration = Duration::from_secs(1);

/// A running instance.
pub(super) struct Instance {
    pub(super) id: String,
    /// Revision of the function that it runs.
    pub(super) revision: String,
    pub(super) output: Arc<Output>,
    pub(super) process_id: Option<u32>,
    pub(super) started: Instant,
    pub(super) last_used: Mutex<Instant>,
    /// Taken by the report of the first invocation.
    pub(super) initialization: Mutex<Option<Duration>>,
    jobs: mpsc::Sender<Job>,
    flushes: [Flush; 2],
    /// How the process ended, once it has.
    exit: watch::Receiver<Option<String>>,
    access_key: String,
    cloud: Arc<Cloud>,
    _temporary: tempfile::TempDir,
    /// Runtime API and pipe readers; they end with the instance.
    _tasks: JoinSet<()>,
}

/// What an invocation is given.
pub(super) struct Call<'a> {
    pub(super) request_id: &'a str,
    pub(super) payload: Bytes,
    pub(super) configuration: &'a Configuration,
    pub(super) trace_id: String,
}

/// How a call on an instance ended.
pub(super) enum Called {
    /// The function answered; the instance can take another call.
    Answered(Result<Bytes, FunctionError>),
    /// The instance is gone.
    Failed { error: FunctionError, line: String, status: &'static str },
    /// The process had ended before it took the call: another instance should.
    NotTaken,
}

impl Instance {
    /// Starts a process and waits until it asks for its first invocation.
    pub(super) async fn start(
        cloud: &Arc<Cloud>,
        configuration: &Configuration,
        code: &Path,
        request_id: &str,
    ) -> Result<Self, FunctionError> {
        let begun = Instant::now();
        let internal = |what: &str, error: std::io::Error| {
            FunctionError::new("Runtime.Unknown", format!("RequestId: {request_id} Error: {what}: {error}"))
        };
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(|error| internal("no port for the Runtime API", error))?;
        let address = listener.local_addr().map_err(|error| internal("no port for the Runtime API", error))?;
        let temporary = tempfile::Builder::new()
            .prefix("function-")
            .tempdir_in(cloud.scratch.path())
            .map_err(|error| internal("no directory for temporary files", error))?;
        let id = uuid::Uuid::new_v4().simple().to_string();
        let log_stream = log_stream(&configuration.version, &id);
        let (access_key, secret_key, session_token) = cloud.iam.issue_keys(&configuration.role, &configuration.name);
        let host = address.to_string();
        let variables = environment(
            cloud,
            configuration,
            &InstanceEnvironment {
                runtime_api: &host,
                code: &code.to_string_lossy(),
                temporary: &temporary.path().to_string_lossy(),
                log_stream: &log_stream,
                access_key: &access_key,
                secret_key: &secret_key,
                session_token: &session_token,
            },
        );
        let output = Arc::new(Output::new(Arc::clone(cloud), &configuration.log_group, &log_stream));
        output.write(vec![format!("INIT_START Runtime Version: {}", configuration.runtime)]);
        let started = process::start(&process::Start {
            code,
            environment: &variables,
            memory_megabytes: configuration.memory_size,
        });
        let mut child = started.map_err(|error| {
            cloud.iam.revoke_keys(&access_key);
            FunctionError::new(
                "Runtime.InvalidEntrypoint",
                format!("RequestId: {request_id} Error: fork/exec /var/task/bootstrap: {error}"),
            )
        })?;

        let mut tasks = JoinSet::new();
        let (jobs, receiver) = mpsc::channel(1);
        let exchange = Arc::new(Exchange {
            host,
            jobs: tokio::sync::Mutex::new(receiver),
            current: Mutex::default(),
            ready: watch::Sender::new(false),
            init_error: Mutex::default(),
        });
        let mut ready = exchange.ready.subscribe();
        tasks.spawn(serve(listener, Arc::clone(&exchange)));
        let (flush_out, flushes_out) = mpsc::channel(1);
        let (flush_err, flushes_err) = mpsc::channel(1);
        if let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) {
            tasks.spawn(collect(out, Arc::clone(&output), flushes_out));
            tasks.spawn(collect(err, Arc::clone(&output), flushes_err));
        }
        let process_id = child.id();
        let exit = supervise(cloud, child, format!("AWS_LAMBDA_LOG_STREAM_NAME={log_stream}"));
        let mut instance = Self {
            id,
            revision: configuration.revision.clone(),
            output,
            process_id,
            started: begun,
            last_used: Mutex::new(begun),
            initialization: Mutex::new(None),
            jobs,
            flushes: [flush_out, flush_err],
            exit,
            access_key,
            cloud: Arc::clone(cloud),
            _temporary: temporary,
            _tasks: tasks,
        };

        let failure = instance.wait_until_ready(&mut ready, &exchange, request_id).await;
        let took = begun.elapsed();
        if let Some((status, error)) = failure {
            instance.kill().await;
            instance.flush().await;
            instance.output.write(vec![format!(
                "INIT_REPORT Init Duration: {:.2} ms\tPhase: init\tStatus: {status}\tError Type: {}",
                took.as_secs_f64() * 1000.0,
                error.kind
            )]);
            return Err(error);
        }
        *lock(&instance.initialization) = Some(took);
        Ok(instance)
    }

    /// Waits for the first request of the runtime. Gives the status and the error of an initialization that fails.
    async fn wait_until_ready(
        &mut self,
        ready: &mut watch::Receiver<bool>,
        exchange: &Exchange,
        request_id: &str,
    ) -> Option<(&'static str, FunctionError)> {
        tokio::select! {
            biased;
            _ = ready.wait_for(|ready| *ready) => None,
            reason = ended(&mut self.exit) => {
                let reported = lock(&exchange.init_error).take();
                Some(("error", reported.unwrap_or_else(|| {
                    FunctionError::new("Runtime.ExitError", format!("RequestId: {request_id} Error: {reason}"))
                })))
            }
            () = tokio::time::sleep(INITIALIZATION_LIMIT) => Some(("timeout", FunctionError::new(
                "Sandbox.Timedout",
                format!(
                    "RequestId: {request_id} Error: the function did not ask for its first invocation: initialization timed out after {:.2} seconds",
                    INITIALIZATION_LIMIT.as_secs_f64()
                ),
            ))),
        }
    }

    /// Runs one invocation.
    pub(super) async fn call(&self, call: Call<'_>) -> Called {
        let limit = Duration::from_secs(call.configuration.timeout.into());
        let request_id = call.request_id;
        let (reply, mut answer) = oneshot::channel();
        let job = Job {
            request_id: request_id.to_owned(),
            payload: call.payload,
            deadline: now() + i64::from(call.configuration.timeout) * 1000,
            function_arn: call.configuration.arn.clone(),
            trace_id: call.trace_id,
            reply,
        };
        let mut exit = self.exit.clone();
        if exit.borrow().is_some() || self.jobs.send(job).await.is_err() {
            return Called::NotTaken;
        }
        let called = tokio::select! {
            biased;
            answered = &mut answer => {
                if let Ok(result) = answered {
                    Called::Answered(result)
                } else {
                    let message = format!("RequestId: {request_id} Error: Runtime asked for the next invocation without answering this one");
                    Called::Failed { line: message.clone(), error: FunctionError::new("Runtime.NoResponse", message), status: "error" }
                }
            }
            reason = ended(&mut exit) => {
                let message = format!("RequestId: {request_id} Error: {reason}");
                Called::Failed { line: message.clone(), error: FunctionError::new("Runtime.ExitError", message), status: "error" }
            }
            () = tokio::time::sleep(limit) => {
                let words = format!("Task timed out after {:.2} seconds", limit.as_secs_f64());
                Called::Failed {
                    line: format!("{} {request_id} {words}\n", timestamp()),
                    error: FunctionError::new("Sandbox.Timedout", format!("RequestId: {request_id} Error: {words}")),
                    status: "timeout",
                }
            }
        };
        if matches!(called, Called::Failed { .. }) {
            self.kill().await;
        }
        self.flush().await;
        *lock(&self.last_used) = Instant::now();
        called
    }

    /// Ends the process with everything that it started, and waits for that.
    pub(super) async fn kill(&self) {
        let mut exit = self.exit.clone();
        if exit.borrow().is_none()
            && let Some(id) = self.process_id
        {
            process::kill_group(id);
        }
        let _ = ended(&mut exit).await;
        self.cloud.iam.revoke_keys(&self.access_key);
    }

    /// Whether the process still runs.
    pub(super) fn is_alive(&self) -> bool {
        self.exit.borrow().is_none()
    }

    async fn flush(&self) {
        let all = async {
            for pipe in &self.flushes {
                flush(pipe).await;
            }
        };
        // A process that writes without end would keep its reader busy for ever.
        let _ = tokio::time::timeout(DRAIN, all).await;
    }
}

/// Waits for the process in the background and clears away what it leaves behind.
fn supervise(cloud: &Arc<Cloud>, mut child: Child, marker: String) -> watch::Receiver<Option<String>> {
    let (sender, exit) = watch::channel(None);
    let cloud = Arc::clone(cloud);
    let id = child.id().unwrap_or_default();
    lock(&cloud.lambda.processes).insert(id, marker.clone());
    tokio::spawn(async move {
        let reason = match child.wait().await {
            Ok(status) => process::describe_exit(status),
            Err(error) => format!("Runtime is lost: {error}"),
        };
        let _ = tokio::task::spawn_blocking(move || process::kill_all(id, &marker)).await;
        lock(&cloud.lambda.processes).remove(&id);
        sender.send_replace(Some(reason));
    });
    exit
}

/// Waits until the process has ended and returns how.
async fn ended(exit: &mut watch::Receiver<Option<String>>) -> String {
    match exit.wait_for(Option::is_some).await {
        Ok(reason) => reason.clone().unwrap_or_default(),
        Err(_) => "Runtime is lost".to_owned(),
    }
}

/// `2026/11/21/[$LATEST]<instance>`.
fn log_stream(version: &str, id: &str) -> String {
    let now = time::OffsetDateTime::now_utc();
    format!("{}/{:02}/{:02}/[{version}]{id}", now.year(), u8::from(now.month()), now.day())
}

fn timestamp() -> String {
    use time::macros::format_description;
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    time::OffsetDateTime::now_utc().format(format).unwrap_or_default()
}
