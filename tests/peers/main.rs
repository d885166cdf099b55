//! Validators and endpoints that we did not write.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper of a test fails the test by panicking")]

mod cdk;
mod deployment;
mod emulator;
mod lifecycle;
mod probe;
mod sync;
mod template;

/// The binary under test.
const STACK: &str = env!("CARGO_BIN_EXE_stack");
