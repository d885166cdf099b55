//! One instance of a function: a process with its own Runtime API.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
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
use super::report::{init_report, init_start, timestamp};
use super::runtime_api::{Exchange, Job, serve};
use super::runtimes::{Interpreter, Runtime, unpack_programs};
use super::{BOOTSTRAP, process};
use crate::cloud::Cloud;
use crate::logs::now;
use crate::persist::lock;

/// How long initialization may take at least. AWS begins anew after as long, and lets the second try take as long as a call.
const INITIALIZATION_LIMIT: Duration = Duration::from_secs(10);

/// How long after its process a pipe may take to be read empty.
const DRAIN: Duration = Duration::from_secs(1);

/// What a report calls a function that took more memory than it has.
pub(super) const OUT_OF_MEMORY: &str = "Runtime.OutOfMemory";

/// A running instance.
pub(super) struct Instance {
    pub(super) id: String,
    /// Revision of the function that it runs.
    pub(super) revision: String,
    pub(super) output: Arc<Output>,
    pub(super) process_id: Option<u32>,
    /// Started before anybody called, and kept although idle.
    pub(super) is_provisioned: AtomicBool,
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

/// What an instance is made of.
#[derive(Clone, Copy)]
pub(super) struct Start<'a> {
    pub(super) configuration: &'a Configuration,
    /// The unpacked package.
    pub(super) code: &'a Path,
    /// What stands for `/opt`.
    pub(super) layers: Option<&'a Path>,
    /// Of a managed runtime.
    pub(super) interpreter: Option<&'a Interpreter>,
    /// The invocation for which it is started.
    pub(super) request_id: &'a str,
    pub(super) is_provisioned: bool,
}

/// What an invocation is given.
pub(super) struct Call<'a> {
    pub(super) request_id: &'a str,
    pub(super) payload: Bytes,
    pub(super) configuration: &'a Configuration,
    pub(super) trace_id: String,
    pub(super) invoked_arn: String,
    pub(super) client_context: Option<String>,
}

/// How a call on an instance ended.
pub(super) enum Called {
    /// The function answered; the instance can take another call.
    Answered(Result<Bytes, FunctionError>),
    /// The instance is gone.
    Failed {
        error: FunctionError,
        line: String,
        status: &'static str,
        /// What the report calls it.
        kind: String,
    },
    /// The process had ended before it took the call: another instance should.
    NotTaken,
}

impl Instance {
    /// Starts a process and waits until it asks for its first invocation.
    pub(super) async fn start(cloud: &Arc<Cloud>, start: &Start<'_>) -> Result<Self, FunctionError> {
        let Start { configuration, code, request_id, .. } = *start;
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
        let programs = cloud.scratch.path().join("runtimes");
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
                layers: start.layers,
                interpreter: start.interpreter,
                programs: &programs.to_string_lossy(),
                is_provisioned: start.is_provisioned,
            },
        );
        let output = Arc::new(Output::new(Arc::clone(cloud), &configuration.log_group, &log_stream));
        let version = start.interpreter.map(|one| format!(" ({} of this machine)", one.version)).unwrap_or_default();
        output.write(init_start(configuration, &format!("{}{version}", configuration.runtime)));
        let (program, arguments) = program(start, &programs).map_err(|error| internal("no runtime", error))?;
        let started = process::start(&process::Start {
            program: &program,
            arguments,
            code,
            environment: &variables,
            memory_megabytes: configuration.memory_size,
            storage_megabytes: configuration.ephemeral_storage,
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
        let exchange = Arc::new(Exchange::new(host, receiver));
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
            is_provisioned: AtomicBool::new(start.is_provisioned),
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

        let limit = INITIALIZATION_LIMIT.max(Duration::from_secs(configuration.timeout.into()));
        let failure = instance.wait_until_ready(&mut ready, &exchange, request_id, limit).await;
        let took = begun.elapsed();
        if let Some((status, error)) = failure {
            instance.kill().await;
            instance.flush().await;
            instance.output.write(init_report(configuration, took, status, &error.kind));
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
        limit: Duration,
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
            () = tokio::time::sleep(limit) => Some(("timeout", FunctionError::new(
                "Sandbox.Timedout",
                format!(
                    "RequestId: {request_id} Error: the function did not ask for its first invocation: initialization timed out after {:.2} seconds",
                    limit.as_secs_f64()
                ),
            ))),
        }
    }

    /// Runs one invocation.
    pub(super) async fn call(&self, call: Call<'_>) -> Called {
        let limit = Duration::from_secs(call.configuration.timeout.into());
        let request_id = call.request_id;
        let (reply, mut answer) = oneshot::channel();
        let taken = Arc::new(AtomicBool::new(false));
        let job = Job {
            request_id: request_id.to_owned(),
            payload: call.payload,
            deadline: now() + i64::from(call.configuration.timeout) * 1000,
            function_arn: call.invoked_arn,
            trace_id: call.trace_id,
            client_context: call.client_context,
            taken: Arc::clone(&taken),
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
                    failed("Runtime.NoResponse", format!("RequestId: {request_id} Error: Runtime asked for the next invocation without answering this one"))
                }
            }
            // A runtime may tell of an error and end: what comes then, it never had.
            reason = ended(&mut exit) => if taken.load(Ordering::Acquire) {
                failed("Runtime.ExitError", format!("RequestId: {request_id} Error: {reason}"))
            } else {
                Called::NotTaken
            },
            () = process::exceeds_memory(self.process_id, call.configuration.memory_size) => {
                let message = format!("RequestId: {request_id} Error: Runtime exited with error: signal: killed");
                Called::Failed {
                    error: FunctionError::new("Runtime.ExitError", message.clone()),
                    line: message,
                    status: "error",
                    kind: OUT_OF_MEMORY.to_owned(),
                }
            }
            () = tokio::time::sleep(limit) => {
                let words = format!("Task timed out after {:.2} seconds", limit.as_secs_f64());
                Called::Failed {
                    line: format!("{} {request_id} {words}\n", timestamp()),
                    error: FunctionError::new("Sandbox.Timedout", format!("RequestId: {request_id} Error: {words}")),
                    status: "timeout",
                    kind: "Sandbox.Timedout".to_owned(),
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

/// A call that failed with its instance, and how it is told.
fn failed(kind: &str, message: String) -> Called {
    Called::Failed {
        error: FunctionError::new(kind, message.clone()),
        line: message,
        status: "error",
        kind: kind.to_owned(),
    }
}

/// What is started, with its arguments: the package's own `bootstrap`, that of a layer, or an interpreter with our program.
fn program(start: &Start<'_>, programs: &Path) -> std::io::Result<(PathBuf, Vec<PathBuf>)> {
    let runtime = Runtime::of(&start.configuration.runtime).unwrap_or(Runtime::Custom);
    if let (Some(interpreter), Some(program)) = (start.interpreter, runtime.program(programs)) {
        unpack_programs(programs)?;
        return Ok((interpreter.program.clone(), vec![program]));
    }
    let own = start.code.join(BOOTSTRAP);
    let of_layer = start.layers.map(|layers| layers.join(BOOTSTRAP)).filter(|file| file.exists() && !own.exists());
    Ok((of_layer.unwrap_or(own), Vec::new()))
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
