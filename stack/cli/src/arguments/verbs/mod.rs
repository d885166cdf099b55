//! Options of the single verbs.

mod functions;
mod local;
mod project;
mod stack;
mod values;

pub(crate) use functions::{InvokeArguments, LogsArguments, MigrateArguments, MigrateCommand};
pub(crate) use local::{AccessArguments, DevArguments, LocalCommand, StartArguments, TokenArguments};
pub(crate) use project::{
    BuildArguments, CheckArguments, CompletionsArguments, DoctorArguments, EjectArguments, GraphArguments, GraphFormat,
    InitArguments, ManArguments, RenderArguments, RenderFormat,
};
pub(crate) use stack::{
    DeployArguments, DestroyArguments, DiffArguments, DriftArguments, EventsArguments, GcArguments, OutputsArguments,
    RollbackArguments,
};
