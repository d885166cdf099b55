//! Commands that an outcome suggests, ready to paste.

use crate::connect::Aws;
use crate::outcome::StackReference;
use crate::status::StackStatus;

/// A command of this program, with the arguments that choose the same stack.
pub(crate) fn own(command: &str, arguments: &str, extra: &str) -> String {
    ["stack", command, arguments, extra].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A command of the AWS CLI about a stack.
pub(crate) fn aws_cli(aws: &Aws, command: &str, stack: &StackReference) -> String {
    let target = aws.target();
    let mut words =
        vec!["aws", "cloudformation", command, "--stack-name", &stack.name, "--region", target.region.as_str()];
    if let Some(profile) = &target.profile {
        words.extend(["--profile", profile]);
    }
    if let Some(url) = &target.endpoint_url {
        words.extend(["--endpoint-url", url]);
    }
    words.join(" ")
}

/// A stack that commands are suggested about.
pub(crate) struct About<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) stack: &'a StackReference,
    /// As [`DeployOptions::arguments`](crate::DeployOptions::arguments).
    pub(crate) arguments: &'a str,
    /// True for a stack beside the main one: our own commands choose the main one.
    pub(crate) is_companion: bool,
}

impl About<'_> {
    /// What leads out of a state that `deploy` cannot leave.
    pub(crate) fn way_out(&self, status: StackStatus) -> Vec<String> {
        let then = own("deploy", self.arguments, "");
        match status {
            StackStatus::UpdateRollbackFailed => vec![self.command("rollback", "continue-update-rollback"), then],
            StackStatus::UpdateFailed => vec![self.command("rollback", "rollback-stack"), then],
            // Our own `destroy` would take the main stack with a companion.
            StackStatus::CreateFailed | StackStatus::RollbackFailed | StackStatus::DeleteFailed => {
                vec![self.command("destroy", "delete-stack"), then]
            }
            _ => vec![self.command("events", "describe-stack-events")],
        }
    }

    /// How to execute a change set that was left, and to go on from there.
    pub(crate) fn execute(&self, change_set: &str, creates: bool) -> Vec<String> {
        // The service's documents disagree about the default; a creation says what becomes of a failure beforehand.
        let rollback = if creates { "" } else { " --no-disable-rollback" };
        let order = aws_cli(self.aws, "execute-change-set", self.stack);
        let order = format!("{order} --change-set-name {change_set}{rollback}");
        if self.is_companion {
            return vec![order, own("deploy", self.arguments, "--no-execute")];
        }
        vec![order, own("attach", self.arguments, ""), own("deploy", self.arguments, "")]
    }

    /// How to take a change set away that was left; with the stack that it made, where that is empty.
    pub(crate) fn discard(&self, change_set: &str, is_shell: bool) -> String {
        if is_shell {
            return self.command("destroy", "delete-stack");
        }
        format!("{} --change-set-name {change_set}", aws_cli(self.aws, "delete-change-set", self.stack))
    }

    /// How to watch or stop an operation that goes on.
    pub(crate) fn running(&self, status: StackStatus) -> Vec<String> {
        let mut commands = vec![self.command("attach", "describe-stack-events")];
        if status == StackStatus::UpdateInProgress {
            commands.push(self.command("cancel", "cancel-update-stack"));
        }
        commands
    }

    /// One of our own, or for a companion what the AWS CLI has for it.
    pub(crate) fn command(&self, ours: &str, theirs: &str) -> String {
        if self.is_companion { aws_cli(self.aws, theirs, self.stack) } else { own(ours, self.arguments, "") }
    }
}
