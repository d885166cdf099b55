//! Notifications: who is told of what happens to objects.

mod bridge;
mod configuration;
mod delivery;
mod event;

pub(in crate::s3) use configuration::{validate, with_ids};
pub(in crate::s3) use delivery::{announce, notify};
pub(in crate::s3) use event::{Happening, RequestIds, owner_id};
