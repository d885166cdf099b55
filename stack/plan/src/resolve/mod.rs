//! What must hold between constructs.

mod events;
mod names;
mod recursion;
mod sources;
mod tables;

pub(crate) use names::check_names;

use crate::construct::Constructs;
use crate::fault::Sink;

/// Reports links that services would refuse, and functions that start themselves.
pub(crate) fn check_links(constructs: &Constructs, sink: &Sink) {
    events::check(constructs, sink);
    sources::check(constructs, sink);
    tables::check(constructs, sink);
    recursion::check(constructs, sink);
}
