//! An operation that runs on a stack, and how it tells what it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt as _;
use tokio::sync::Notify;

use super::clock;
use super::model::{OperationEntry, Stack, StackResource};
use super::provider::ResourceContext;
use super::status::{OperationType, ResourceStatus, StackStatus};
use super::store::State;
use crate::cloud::Cloud;

/// What others may tell an operation that runs.
#[derive(Debug, Default)]
pub(crate) struct Running {
    /// Nothing new is to be started: a resource failed, or somebody cancelled.
    stop: AtomicBool,
    /// The stack is to be deleted as soon as this operation stands still.
    delete: AtomicBool,
    told: Notify,
}

impl Running {
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.told.notify_waiters();
    }

    /// Waits until somebody stops the operation.
    pub(crate) async fn stopped(&self) {
        loop {
            let told = self.told.notified();
            tokio::pin!(told);
            // From here on no stop is missed.
            told.as_mut().enable();
            if self.is_stopped() {
                return;
            }
            told.await;
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Lets work go on that a stop ended: the way back.
    pub(crate) fn resume(&self) {
        self.stop.store(false, Ordering::SeqCst);
    }

    pub(crate) fn stop_and_delete(&self) {
        self.delete.store(true, Ordering::SeqCst);
        self.stop();
    }

    pub(crate) fn is_to_delete(&self) -> bool {
        self.delete.load(Ordering::SeqCst)
    }
}

/// An operation on a stack. Clones are of the same operation.
#[derive(Clone)]
pub(crate) struct Operation {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) stack_id: String,
    pub(crate) entry: OperationEntry,
    pub(crate) token: Option<String>,
    pub(crate) running: Arc<Running>,
}

impl Operation {
    /// Registers an operation with the state. The stack's status is the caller's matter.
    pub(crate) fn register(
        cloud: &Arc<Cloud>,
        state: &mut State,
        stack_id: &str,
        kind: OperationType,
        token: Option<String>,
    ) -> Self {
        let entry = OperationEntry { id: uuid::Uuid::new_v4().to_string(), kind };
        let running = Arc::new(Running::default());
        state.running.insert(stack_id.to_owned(), Arc::clone(&running));
        if let Some(stack) = state.stacks.get_mut(stack_id) {
            stack.operations.push(entry.clone());
        }
        Self { cloud: Arc::clone(cloud), stack_id: stack_id.to_owned(), entry, token, running }
    }

    /// The same work under another name, as a rollback has one of its own.
    pub(crate) fn continue_as(&mut self, kind: OperationType) {
        self.entry = OperationEntry { id: uuid::Uuid::new_v4().to_string(), kind };
        let entry = self.entry.clone();
        self.change(|stack| stack.operations.push(entry));
    }

    /// Runs `work` in the background. Should it panic, the stack is shown as failed instead of busy for ever.
    pub(crate) fn spawn<F>(self, work: impl FnOnce(Self) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        tokio::spawn(self.run_to_end(work));
    }

    /// Runs `work`; the stack is free afterwards, whatever came of it.
    pub(crate) async fn run_to_end<F>(self, work: impl FnOnce(Self) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let operation = self.clone();
        let outcome = std::panic::AssertUnwindSafe(async move { work(self).await }).catch_unwind().await;
        operation.cloud.cloudformation.store.write(|state| {
            state.running.remove(&operation.stack_id);
            if outcome.is_err()
                && let Some(stack) = state.stacks.get_mut(&operation.stack_id)
            {
                tracing::error!(stack = stack.name, "an operation on a stack panicked");
                stack.cut_off("The local cloud failed while the operation was running; this is a fault of it");
            }
        });
        operation.save();
        operation.cloud.cloudformation.store.forget_old();
    }

    /// Starts nothing new, neither here nor in nested stacks.
    pub(crate) fn stop(&self) {
        self.running.stop();
        self.cloud.cloudformation.store.read(|state| state.stop(&self.stack_id));
    }

    /// Looks at the stack.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Stack) -> T) -> Option<T> {
        self.cloud.cloudformation.store.read(|state| state.stacks.get(&self.stack_id).map(look))
    }

    /// Changes the stack.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Stack) -> T) -> Option<T> {
        let changed = self.cloud.cloudformation.store.write(|state| state.stacks.get_mut(&self.stack_id).map(change));
        self.cloud.cloudformation.notify(&self.cloud, &self.stack_id);
        changed
    }

    /// Tells the topics what happened, and writes the stack to disk where there is one.
    pub(crate) fn save(&self) {
        self.cloud.cloudformation.notify(&self.cloud, &self.stack_id);
        self.cloud.cloudformation.store.save(&self.stack_id);
    }

    /// The stack goes to a state.
    pub(crate) fn enter(&self, status: StackStatus, reason: Option<&str>) {
        self.change(|stack| stack.enter(status, reason, Some(&self.entry), self.token.as_deref()));
        self.save();
    }

    /// A resource goes to a state: the row is logged, and kept among the stack's resources.
    pub(crate) fn put(&self, resource: &mut StackResource, status: ResourceStatus, reason: Option<&str>) {
        self.log(resource, status, reason);
        self.change(|stack| {
            // What was found before is not true of what it is now.
            stack.drift.resources.remove(&resource.logical_id);
            stack.resources.insert(resource.logical_id.clone(), resource.clone())
        });
    }

    /// A resource goes to a state: the row is logged only.
    pub(crate) fn log(&self, resource: &mut StackResource, status: ResourceStatus, reason: Option<&str>) {
        resource.status = status;
        resource.reason = reason.map(str::to_owned);
        resource.changed_at = clock::now();
        self.change(|stack| stack.log_resource(resource, Some(&self.entry), self.token.as_deref()));
    }

    /// Who asks a provider.
    pub(crate) fn context(&self, logical_id: &str) -> ResourceContext {
        let (stack_name, region, tags) = self
            .look(|stack| (stack.name.clone(), stack.region.clone(), stack.definition.tags.clone()))
            .unwrap_or_default();
        ResourceContext {
            cloud: Arc::clone(&self.cloud),
            account: self.cloud.account.clone(),
            region,
            stack_name,
            logical_id: logical_id.to_owned(),
            tags,
        }
    }
}

/// The reason that CloudFormation gives for a refusal of a provider.
pub(crate) fn handler_reason(error: &super::provider::ProviderError) -> String {
    if error.code.is_empty() {
        return error.message.clone();
    }
    format!(
        "Resource handler returned message: \"{}\" (RequestToken: {}, HandlerErrorCode: {})",
        error.message,
        uuid::Uuid::new_v4(),
        error.code
    )
}
