//! The trace header of an invocation, which also counts how often functions have called each other in a row.

use crate::wire::ServiceError;

/// Calls in a row after which AWS calls it a loop.
const DEPTH_LIMIT: u32 = 16;

/// Identity and depth of a chain of invocations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trace {
    root: String,
    depth: u32,
}

impl Trace {
    /// The trace of an invocation whose request carried this `X-Amzn-Trace-Id`.
    ///
    /// # Errors
    /// `RecursiveInvocationException` when functions have called each other 16 times in a row.
    pub(crate) fn continue_from(header: Option<&str>) -> Result<Self, ServiceError> {
        let field =
            |name: &str| header?.split(';').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
        let root = field("Root")
            .filter(|root| root.len() == 35 && root.starts_with("1-"))
            .map_or_else(new_root, str::to_owned);
        let depth = field("Lineage").and_then(|lineage| lineage.rsplit(':').next()?.parse::<u32>().ok());
        let depth = depth.map_or(0, |depth| depth.saturating_add(1));
        if depth >= DEPTH_LIMIT {
            return Err(ServiceError::bad_request(
                "RecursiveInvocationException",
                format!(
                    "Lambda detected a loop: functions have called each other {DEPTH_LIMIT} times in a row, and the chain was stopped"
                ),
            ));
        }
        Ok(Self { root, depth })
    }

    /// The header for the function.
    pub(crate) fn header(&self) -> String {
        let parent = &uuid::Uuid::new_v4().simple().to_string()[..16];
        format!("Root={};Parent={parent};Sampled=0;Lineage=1:{}:{}", self.root, &self.root[2..10], self.depth)
    }
}

fn new_root() -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("1-{:08x}-{}", time::OffsetDateTime::now_utc().unix_timestamp(), &id[..24])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_stopped_after_sixteen_calls() {
        let mut trace = Trace::continue_from(None).unwrap();
        let root = trace.root.clone();
        for _ in 1..DEPTH_LIMIT {
            trace = Trace::continue_from(Some(&trace.header())).unwrap();
        }
        assert_eq!(trace.root, root);
        assert_eq!(Trace::continue_from(Some(&trace.header())).unwrap_err().code, "RecursiveInvocationException");
    }

    #[test]
    fn a_strange_header_begins_a_new_trace() {
        for header in ["", "Root=é", "Root=1-x;Lineage=a:b:c", "Lineage"] {
            assert_eq!(Trace::continue_from(Some(header)).unwrap().depth, 0, "{header}");
        }
    }
}
