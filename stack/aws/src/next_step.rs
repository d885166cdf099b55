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

/// What leads out of a state that `deploy` cannot leave.
pub(crate) fn out_of(aws: &Aws, stack: &StackReference, status: StackStatus, arguments: &str) -> Vec<String> {
    match status {
        StackStatus::UpdateRollbackFailed => {
            vec![aws_cli(aws, "continue-update-rollback", stack), own("deploy", arguments, "")]
        }
        StackStatus::UpdateFailed => vec![aws_cli(aws, "rollback-stack", stack), own("deploy", arguments, "")],
        StackStatus::CreateFailed | StackStatus::RollbackFailed | StackStatus::DeleteFailed => {
            vec![own("destroy", arguments, ""), own("deploy", arguments, "")]
        }
        _ => vec![aws_cli(aws, "describe-stack-events", stack)],
    }
}

/// How to watch or stop an operation that goes on.
pub(crate) fn running(aws: &Aws, stack: &StackReference, status: StackStatus) -> Vec<String> {
    let mut commands = vec![aws_cli(aws, "describe-stack-events", stack)];
    if status == StackStatus::UpdateInProgress {
        commands.push(aws_cli(aws, "cancel-update-stack", stack));
    }
    commands
}
