//! Running one invocation, from the wait for an instance to the report.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::function::Configuration;
use super::instance::{Call, Called, Instance};
use super::payload::{FunctionError, Outcome};
use super::pool::Pool;
use super::process::peak_memory_megabytes;
use super::trace::Trace;
use super::{Lambda, metrics};
use crate::cloud::Cloud;
use crate::persist::lock;
use crate::wire::ServiceError;

impl Lambda {
    /// Runs a function once. A function that fails is an outcome; an error means that it was not run.
    pub(super) async fn run(
        &self,
        cloud: &Arc<Cloud>,
        configuration: &Configuration,
        payload: Bytes,
        request_id: &str,
        trace: &Trace,
    ) -> Result<Outcome, ServiceError> {
        let _running = self.enter()?;
        let pool = self.pool(&configuration.name);
        let _permit = pool.permit().await.inspect_err(|_| metrics::throttled(cloud, &configuration.name))?;
        loop {
            let (instance, initialization) = match pool.take(&configuration.revision) {
                Some(instance) => (instance, None),
                None => match self.start_instance(cloud, &pool, configuration, request_id).await? {
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
            instance.output.write(vec![format!("START RequestId: {request_id} Version: {}", configuration.version)]);
            let begun = Instant::now();
            let called = instance
                .call(Call { request_id, payload: payload.clone(), configuration, trace_id: trace.header() })
                .await;
            let took = begun.elapsed();
            let memory = peak_memory_megabytes(instance.process_id);
            let reusable = matches!(called, Called::Answered(_));
            if let Some(ended) = pool.give_back(&instance, reusable) {
                ended.kill().await;
            }
            let (result, failure) = match called {
                Called::Answered(Ok(payload)) => (Ok(payload), None),
                Called::Answered(Err(error)) => {
                    let failure = Some((None, "error", error.kind.clone()));
                    (Err(error), failure)
                }
                Called::Failed { error, line, status } => {
                    let failure = Some((Some(line), status, error.kind.clone()));
                    (Err(error), failure)
                }
                Called::NotTaken => continue,
            };
            let report = Report { request_id, configuration, took, memory, initialization };
            metrics::invoked(cloud, &configuration.name, took, result.is_err());
            instance.output.write(report.lines(failure));
            return Ok(Outcome {
                request_id: request_id.to_owned(),
                result,
                log_tail: instance.output.tail(),
                version: configuration.version.clone(),
            });
        }
    }

    async fn start_instance(
        &self,
        cloud: &Arc<Cloud>,
        pool: &Pool,
        configuration: &Configuration,
        request_id: &str,
    ) -> Result<Result<Arc<Instance>, FunctionError>, ServiceError> {
        let code = self.unpacked(cloud, &configuration.code).await?;
        Ok(match Instance::start(cloud, configuration, &code, request_id).await {
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

/// What the last lines of an invocation say.
struct Report<'a> {
    request_id: &'a str,
    configuration: &'a Configuration,
    took: Duration,
    /// Megabytes.
    memory: u64,
    /// Of a cold start.
    initialization: Option<Duration>,
}

impl Report<'_> {
    /// The lines; `failure` is a line of its own, the status and the error type.
    fn lines(&self, failure: Option<(Option<String>, &'static str, String)>) -> Vec<String> {
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
        let billed = self.took + self.initialization.unwrap_or_default();
        let mut report = format!(
            "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {:.0} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
            self.request_id,
            milliseconds(self.took),
            milliseconds(billed).ceil(),
            self.configuration.memory_size,
            self.memory
        );
        if let Some(initialization) = self.initialization {
            // Writing to a String cannot fail.
            let _ = write!(report, "Init Duration: {:.2} ms\t", milliseconds(initialization));
        }
        let mut lines = Vec::new();
        if let Some((line, status, kind)) = failure {
            lines.extend(line);
            let _ = write!(report, "Status: {status}\tError Type: {kind}\t");
        }
        lines.push(format!("END RequestId: {}", self.request_id));
        lines.push(report);
        lines
    }
}
