//! `throttle:` of an API, a route or a plan.

use crate::fault::Sink;
use crate::project::{Fields, Text};
use crate::scope::Scope;
use crate::values::{Burst, Rate};

/// Throttling as written.
#[derive(Debug, Clone)]
pub(crate) struct ThrottleDeclaration {
    rate: Option<Text>,
    burst: Option<Text>,
}

/// How many requests pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Throttle {
    /// Requests per second.
    pub(crate) rate: u32,
    /// Requests at once.
    pub(crate) burst: u32,
}

/// Reads `throttle: { rate, burst }`.
pub(crate) fn read_throttle(fields: &Fields<'_>, sink: &Sink) -> Option<ThrottleDeclaration> {
    let (node, place) = fields.get("throttle")?;
    let fields = Fields::open(node, &place, sink)?;
    let throttle = ThrottleDeclaration {
        rate: fields.required("rate", "requests per second: `rate: 100`"),
        burst: fields.required("burst", "requests at once: `burst: 200`"),
    };
    fields.finish();
    Some(throttle)
}

impl ThrottleDeclaration {
    pub(crate) fn resolve(&self, scope: &Scope<'_>) -> Option<Throttle> {
        let rate: Option<Rate> = self.rate.as_ref().and_then(|text| scope.value(text));
        let burst: Option<Burst> = self.burst.as_ref().and_then(|text| scope.value(text));
        Some(Throttle { rate: rate?.0, burst: burst?.0 })
    }
}
