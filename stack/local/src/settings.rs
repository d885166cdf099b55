//! How a local cloud is set up.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Port that `stack local start` listens on unless told otherwise.
pub const DEFAULT_PORT: u16 = 4566;

/// Account id of everything in the local cloud.
pub const DEFAULT_ACCOUNT: &str = "000000000000";

/// Where state lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// In memory: gone when the process ends.
    Memory,
    /// In this directory: acknowledged writes survive the process.
    Directory(PathBuf),
}

/// What CloudFormation does to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultAction {
    /// Makes it.
    Create,
    /// Changes it in place, or makes another in its place.
    Update,
    /// Removes it.
    Delete,
}

/// A resource that fails, for tests of what happens then.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// What fails.
    pub action: FaultAction,
    /// Logical id, in whatever stack.
    pub logical_id: String,
}

/// Settings of one local cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Address to listen on; loopback by default. Port 0 takes a free one.
    pub address: SocketAddr,
    /// Where state lives.
    pub storage: Storage,
    /// Region of callers that name none.
    pub region: String,
    /// Resources that CloudFormation fails to make, change or remove, for tests; none by default.
    pub faults: Vec<Fault>,
    /// True when policies of IAM decide about requests that are signed with keys of a role or user.
    pub iam: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DEFAULT_PORT),
            storage: Storage::Memory,
            region: "us-east-1".to_owned(),
            faults: Vec::new(),
            iam: true,
        }
    }
}
