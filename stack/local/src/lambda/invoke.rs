//! Running one invocation, from the wait for an instance to the report.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::function::{Configuration, LATEST};
use super::instance::{Call, Called, Instance, OUT_OF_MEMORY, Start};
use super::payload::{FunctionError, Outcome};
use super::pool::Pool;
use super::process::peak_memory_megabytes;
use super::report::{Failure, Report};
use super::trace::Trace;
use super::{Lambda, metrics};
use crate::cloud::Cloud;
use crate::persist::lock;
use crate::wire::ServiceError;

/// One invocation, apart from what it runs.
#[derive(Debug, Clone)]
pub(super) struct Invocation {
    pub(super) payload: Bytes,
    pub(super) request_id: String,
    pub(super) trace: Trace,
    /// The ARN that was invoked, of an alias for example.
    pub(super) invoked_arn: String,
    /// JSON of a mobile client.
    pub(super) client_context: Option<String>,
}

impl Lambda {
    /// Runs a version of a function once, as [`Lambda::run_invocation`] does.
    pub(super) async fn run(
        &self,
        cloud: &Arc<Cloud>,
        configuration: &Configuration,
        payload: Bytes,
        request_id: &str,
        trace: &Trace,
    ) -> Result<Outcome, ServiceError> {
        let is_latest = configuration.version == LATEST;
        let invocation = Invocation {
            payload,
            request_id: request_id.to_owned(),
            trace: trace.clone(),
            invoked_arn: if is_latest { configuration.arn.clone() } else { configuration.qualified_arn() },
            client_context: None,
        };
        self.run_invocation(cloud, configuration, &invocation).await
    }

    /// Runs a function once. A function that fails is an outcome; an error means that it was not run.
    pub(super) async fn run_invocation(
        &self,
        cloud: &Arc<Cloud>,
        configuration: &Configuration,
        invocation: &Invocation,
    ) -> Result<Outcome, ServiceError> {
        let _running = self.enter()?;
        let pool = self.pool(&configuration.name);
        let _permit = pool.permit().await.inspect_err(|_| metrics::throttled(cloud, &configuration.name))?;
        let request_id = &invocation.request_id;
        loop {
            let (instance, initialization) = match pool.take(&configuration.revision) {
                Some(instance) => (instance, None),
                None => match self.start_instance(cloud, &pool, configuration, request_id, false).await? {
                    Ok(instance) => {
                        let initialization = lock(&instance.initialization).take();
                        (instance, initialization)
                    }
                    Err(error) => {
                        metrics::invoked(cloud, &configuration.name, Duration::ZERO, true);
                        return Ok(init_failure(cloud, configuration, request_id, error));
                    }
                },
            };
            instance.output.begin();
            let mut report = Report { initialization, ..Report::new(request_id, configuration) };
            instance.output.write(report.start());
            let begun = Instant::now();
            let called = instance
                .call(Call {
                    request_id,
                    payload: invocation.payload.clone(),
                    configuration,
                    trace_id: invocation.trace.header(),
                    invoked_arn: invocation.invoked_arn.clone(),
                    client_context: invocation.client_context.clone(),
                })
                .await;
            report.took = begun.elapsed();
            report.memory = match &called {
                Called::Failed { kind, .. } if kind == OUT_OF_MEMORY => configuration.memory_size.into(),
                _ => peak_memory_megabytes(instance.process_id),
            };
            let reusable = matches!(called, Called::Answered(_));
            if let Some(ended) = pool.give_back(&instance, reusable) {
                ended.kill().await;
            }
            let (result, failure) = match called {
                Called::Answered(Ok(payload)) => (Ok(payload), None),
                Called::Answered(Err(error)) => {
                    let failure = Failure { line: None, status: "error", kind: error.kind.clone() };
                    (Err(error), Some(failure))
                }
                Called::Failed { error, line, status, kind } => {
                    (Err(error), Some(Failure { line: Some(line), status, kind }))
                }
                Called::NotTaken if initialization.is_none() => continue,
                Called::NotTaken => {
                    let message =
                        format!("RequestId: {request_id} Error: Runtime exited before it took its first invocation");
                    let kind = "Runtime.ExitError".to_owned();
                    let error = FunctionError::new(&kind, message.clone());
                    (Err(error), Some(Failure { line: Some(message), status: "error", kind }))
                }
            };
            metrics::invoked(cloud, &configuration.name, report.took, result.is_err());
            instance.output.write(report.end(failure.as_ref()));
            return Ok(Outcome {
                request_id: request_id.to_owned(),
                result,
                log_tail: instance.output.tail(),
                version: configuration.version.clone(),
            });
        }
    }

    /// Starts instances of a version until `count` are there.
    pub(super) async fn warm_up(&self, cloud: &Arc<Cloud>, configuration: &Configuration, count: u32) {
        let Ok(_running) = self.enter() else { return };
        let pool = self.pool(&configuration.name);
        let there = pool.alive(&configuration.revision);
        let starts = (there..count as usize).map(|_| async {
            let id = uuid::Uuid::new_v4().to_string();
            match self.start_instance(cloud, &pool, configuration, &id, true).await {
                Ok(Ok(instance)) => {
                    if let Some(unwanted) = pool.give_back(&instance, true) {
                        unwanted.kill().await;
                    }
                }
                Ok(Err(error)) => tracing::debug!(kind = error.kind, "a provisioned instance did not come up"),
                Err(error) => tracing::debug!(error = error.message, "a provisioned instance could not be started"),
            }
        });
        futures::future::join_all(starts).await;
    }

    async fn start_instance(
        &self,
        cloud: &Arc<Cloud>,
        pool: &Pool,
        configuration: &Configuration,
        request_id: &str,
        is_provisioned: bool,
    ) -> Result<Result<Arc<Instance>, FunctionError>, ServiceError> {
        let code = self.unpacked(cloud, &configuration.code).await?;
        let layers = self.laid_out(cloud, &configuration.layers).await?;
        let interpreter = self.interpreter(&configuration.runtime).await?;
        let start = Start {
            configuration,
            code: &code,
            layers: layers.as_deref(),
            interpreter: interpreter.as_ref(),
            request_id,
            is_provisioned,
        };
        Ok(match Instance::start(cloud, &start).await {
            Ok(instance) => {
                let instance = Arc::new(instance);
                pool.add(&instance);
                Ok(instance)
            }
            Err(error) => Err(error),
        })
    }
}

/// The outcome of an invocation whose instance never came up. Its lines are in the log stream of that instance.
fn init_failure(cloud: &Cloud, configuration: &Configuration, request_id: &str, error: FunctionError) -> Outcome {
    let lines: Vec<String> =
        cloud.logs.tail(&configuration.log_group, 20).into_iter().map(|event| event.message).collect();
    Outcome {
        request_id: request_id.to_owned(),
        result: Err(error),
        log_tail: lines.join("\n").into_bytes(),
        version: configuration.version.clone(),
    }
}
