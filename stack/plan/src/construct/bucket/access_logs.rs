//! `access_logs:` of a bucket: where S3 writes who asked for what.

use super::event::check_key_filter;
use super::{Declared, Kind, Reference};
use crate::fault::FaultKind;
use crate::project::Text;
use crate::scope::Scope;

/// The bucket that receives the logs, and the prefix of their keys; nothing when there is a fault.
pub(super) fn resolve_access_logs(
    name: &str,
    text: &Text,
    scope: &Scope<'_>,
    declared: &Declared,
) -> Option<(String, String)> {
    let target = Reference::read(&scope.literal(text)?, &[Kind::Bucket], declared, &text.place, scope.sink())?;
    if target.name == name {
        let kind = FaultKind::BadValue {
            value: text.raw.clone(),
            expected: "another bucket".to_owned(),
            help: "each log would be logged again: `access_logs: bucket.OTHER/prefix/`".to_owned(),
        };
        scope.sink().push(kind, &text.place);
        return None;
    }
    let prefix = check_key_filter(target.path.unwrap_or_default(), &text.place, scope.sink())?;
    Some((target.name, prefix))
}
