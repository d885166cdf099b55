//! A saved plan that is not so any more, in words.

use std::fmt::Write as _;

use stack_aws::PlanChange;

use super::offline::short;
use crate::output::style::Style;

/// What is different, a line each.
pub(super) fn stale_text(style: Style, stack_name: &str, changes: &[PlanChange]) -> String {
    let mut text = format!("{} the plan of {} is not so any more\n", style.bad("refused:"), style.bold(stack_name));
    let shown = |value: &Option<String>| value.as_deref().map_or_else(|| "(none)".to_owned(), short);
    for PlanChange { stack_name: of, what, planned, now } in changes {
        let of = of.as_deref().filter(|of| *of != stack_name).map(|of| format!("{of}: ")).unwrap_or_default();
        let _ = writeln!(text, "  {of}{what}: planned {}, now {}", shown(planned), shown(now));
    }
    text + "nothing was changed; write a new plan with `stack diff --out FILE`, and look at it\n"
}
