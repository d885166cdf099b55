//! Validators and endpoints that we did not write.

mod deployment;
mod template;

/// The binary under test.
const STACK: &str = env!("CARGO_BIN_EXE_stack");
