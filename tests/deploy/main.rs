//! The deployer against a scripted CloudFormation: every state, every fault, races; no clock and no network but loopback.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says how many of its cases passed"
)]

mod change_sets;
mod companions;
mod contents;
mod deployments;
mod destructions;
mod drift;
mod faults;
mod garbage;
mod hot_swaps;
mod lifecycle;
mod notifications;
mod operations;
mod options;
mod owners;
mod peer;
mod prepared;
mod previews;
mod races;
mod saved_plans;
mod standing;
mod states;
mod steps;
