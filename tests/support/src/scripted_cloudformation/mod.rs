//! A CloudFormation (and as much S3 as a deployment needs) with a written behavior, below the SDK: real HTTP on loopback.
//!
//! The behavior, as the service documents it or as it was seen in recordings:
//! - `DescribeStacks` by name knows no deleted stack (`ValidationError`, "does not exist"); by id it does.
//! - A change set of type CREATE makes a stack in `REVIEW_IN_PROGRESS`. The same `ClientToken` gives the same change set;
//!   the same name with another token (or with tokens forgotten, [`World::forgets_tokens`]) is `AlreadyExistsException`.
//! - A change set without a difference is `FAILED` with a reason that says so.
//! - A change set tells of the properties of a resource what [`World::details`] says, and no values unless it is asked for
//!   them (`IncludePropertyValues`, which is taken for granted here).
//! - `ExecuteChangeSet` takes an `AVAILABLE` change set of a stack at rest, deletes all others of the stack, and refuses a
//!   repeated token with `TokenAlreadyExistsException`. Every event of the operation carries the token.
//! - An operation goes on while it is watched: each `DescribeStacks` or `DescribeStackEvents` reveals the next events. There
//!   is no clock, so a 20-minute rollback takes as many milliseconds as there are polls.
//! - A resource in [`World::failing`] fails; the others are cancelled; the operation is rolled back.
//! - Only `UPDATE_IN_PROGRESS` is cancelled; `*_FAILED` states are rolled back. Under [`World::rollback_fails`] a rollback
//!   fails again, until it skips a resource.
//! - Stacks of the region that a request is signed for are all that it sees.
//! - A drift detection is over after three looks and finds what [`World::drifts`] says; resources that are not in it are not
//!   told of, like types without drift detection.
//! - A stack that is being updated or rolled back is not deleted; one that is being created is, and its creation ends there.
//! - A bucket that holds something is not deleted: `DELETE_FAILED`. `Retain` is `DELETE_SKIPPED`.
//!
//! Faults strike at the Nth request, whatever it is ([`Fault`]).

mod answer;
mod cloudformation;
mod details;
mod drift;
mod gate;
mod operation;
mod others;
mod rollback;
mod s3;
mod server;
mod world;

pub use gate::Gate;
pub use server::{Fault, ScriptedCloud};
pub use world::{Bucket, ChangeSet, Object, Options, Stack, World};

/// Account of the scripted cloud.
pub const ACCOUNT: &str = "123456789012";
/// Its region.
pub const REGION: &str = "eu-central-1";
