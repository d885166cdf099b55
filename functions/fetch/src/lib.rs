//! A small HTTP client for functions: one address that the configuration names, one deadline, one limit.
//!
//! Nothing is followed, kept or tried again. An [`Address`] is `https`, or plain `http` on this machine. An [`Allowance`]
//! bounds how often strangers can make a function fetch.

mod address;
mod allowance;
mod client;

pub use address::{Address, AddressError};
pub use allowance::Allowance;
pub use client::{Answered, Client, FetchError};
