//! S3 event notifications as functions get them: straight from S3, or through SNS and SQS.

mod batch;
mod key;
mod notification;
mod sequencer;

pub use batch::HandlerError;
pub use notification::{EventError, Notification, ObjectEvent, parse_body, parse_notification};
pub use sequencer::Sequencer;
