//! The stack policy of a protected stack, around its operations.

use serde_json::Value;
use stack_plan::Event;

use crate::error::Result;
use crate::host::Host;
use crate::outcome::StackReference;
use crate::risk::{Risk, RiskKind};
use crate::stack::StackSummary;
use crate::stack_deployment::StackDeployment;
use crate::stack_policy;

impl StackDeployment<'_> {
    /// True for a stack whose data no update takes away unasked: one that has termination protection, or is to have it.
    pub(crate) fn is_guarded(&self, stack: Option<&StackSummary>) -> bool {
        !self.prepare_only && (self.wanted.protect || stack.is_some_and(|stack| stack.protected))
    }

    /// Sees to the policy of a stack that is guarded. `before` is its deployed template, `agreed` what its user agreed to.
    pub(crate) async fn guard(
        &self,
        stack: &StackReference,
        (is_guarded, before): (bool, Option<&Value>),
        agreed: &[Risk],
        host: &mut dyn Host,
    ) -> Result<()> {
        if !is_guarded {
            return Ok(());
        }
        let is_loss = |risk: &&Risk| matches!(risk.kind, RiskKind::Replace | RiskKind::Delete);
        let lifted: Vec<&str> = agreed.iter().filter(is_loss).map(|risk| risk.logical_id.as_str()).collect();
        let Some(policy) = stack_policy::policy(before, self.wanted.template, &lifted) else { return Ok(()) };
        if !stack_policy::ensure(self.aws, stack, &policy).await? {
            let detail =
                format!("`{}` has a stack policy that somebody else wrote, so it is left as it is", stack.name);
            host.event(Event::Notice { code: "foreign-stack-policy", detail });
        }
        Ok(())
    }
}
