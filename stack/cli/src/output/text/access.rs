//! What functions did, in words: short lines, one fact each, so that narrow terminals break nothing but ARNs.

use std::fmt::Write as _;

use super::report::Parts;
use crate::access::{Decision, Grant, Identity};
use crate::output::style::{Style, harmless};

/// What was recorded on stdout, what it is worth on stderr.
pub(super) fn parts(style: Style, stack: &str, enforced: bool, identities: &[Identity], missing: &[String]) -> Parts {
    let blocks: Vec<String> = identities.iter().map(|identity| identity_text(style, stack, identity)).collect();
    let mut talk = String::new();
    if !missing.is_empty() {
        let names = missing.join(", ");
        let _ = writeln!(
            talk,
            "{} not in the local cloud: {names}; `stack deploy --local` brings them there",
            style.attention("note:")
        );
    }
    if !enforced {
        let _ = writeln!(
            talk,
            "{} the local cloud enforces no policies (`--iam off`): what is denied here was done all the same",
            style.attention("note:")
        );
    }
    Parts { data: blocks.join("\n"), talk }
}

fn identity_text(style: Style, stack: &str, identity: &Identity) -> String {
    let Identity { arn, name, function, declared, used, denied, unused, .. } = identity;
    let mut text = style.bold(harmless(function.as_ref().unwrap_or(name)));
    if let Some(declared) = declared {
        let _ = write!(text, " {}", style.dim(format!("{}:{}", harmless(&declared.file), declared.line)));
    } else if let Some(other) = identity.stack.as_ref().filter(|other| *other != stack) {
        let _ = write!(text, " {}", style.dim(format!("stack {}", harmless(other))));
    }
    text.push('\n');
    if function.is_none() {
        let _ = writeln!(text, "  {}", harmless(arn));
    }
    if used.is_empty() && denied.is_empty() {
        text.push_str("  has asked for nothing yet\n");
    }
    decisions(&mut text, &style.good("used"), used);
    decisions(&mut text, &style.bad("denied"), denied);
    grants(&mut text, &style.attention("granted, unused"), unused);
    text
}

/// Actions with their resources below them.
fn decisions(text: &mut String, heading: &str, decisions: &[Decision]) {
    if decisions.is_empty() {
        return;
    }
    let _ = writeln!(text, "  {heading}");
    for same in decisions.chunk_by(|one, other| one.action == other.action) {
        let _ = writeln!(text, "    {}", harmless(&same[0].action));
        for Decision { resource, times, advice, .. } in same {
            let _ = writeln!(text, "      {times}x {}", harmless(resource));
            if let Some(advice) = advice {
                let _ = writeln!(text, "        {}", harmless(advice));
            }
        }
    }
}

/// Actions with the policy that grants them, and their resources below them.
fn grants(text: &mut String, heading: &str, grants: &[Grant]) {
    if grants.is_empty() {
        return;
    }
    let _ = writeln!(text, "  {heading}");
    for Grant { policy, action, resources } in grants {
        let _ = writeln!(text, "    {} (policy {})", harmless(action), harmless(policy));
        for resource in resources {
            let _ = writeln!(text, "      {}", harmless(resource));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Declaration;

    fn decision(action: &str, resource: &str, times: u64, advice: Option<&str>) -> Decision {
        let advice = advice.map(str::to_owned);
        Decision { action: action.to_owned(), resource: resource.to_owned(), times, advice }
    }

    fn identity(name: &str) -> Identity {
        Identity {
            arn: format!("arn:aws:iam::000000000000:role/{name}"),
            name: name.to_owned(),
            function: None,
            logical_id: None,
            stack: None,
            declared: None,
            used: vec![],
            denied: vec![],
            unused: vec![],
        }
    }

    #[test]
    fn a_function_an_idle_role_and_a_function_of_another_stack() {
        let declared =
            Declaration { file: "stack.yaml".to_owned(), line: 12, key_path: "functions.process-image".to_owned() };
        let busy = Identity {
            function: Some("process-image".to_owned()),
            stack: Some("avatars-alice".to_owned()),
            declared: Some(declared),
            used: vec![
                decision("s3:GetObject", "arn:aws:s3:::uploads/a.jpg", 2, None),
                decision("s3:GetObject", "arn:aws:s3:::uploads/b.jpg", 1, None),
            ],
            denied: vec![
                decision("s3:DeleteObject", "arn:aws:s3:::uploads/a.jpg", 1, Some("add to function `process-image`")),
                decision("s3:PutObject", "arn:aws:s3:::uploads/a\u{7}", 1, None),
            ],
            unused: vec![Grant {
                policy: "access".to_owned(),
                action: "s3:PutObject".to_owned(),
                resources: vec!["arn:aws:s3:::assets/*".to_owned()],
            }],
            ..identity("process-image-role")
        };
        let other = Identity {
            function: Some("resize".to_owned()),
            stack: Some("photos-bob".to_owned()),
            ..identity("resize-role")
        };
        let missing = ["webhook".to_owned()];
        let identities = [busy, identity("idle"), other];
        let Parts { data, talk } = parts(Style::new(false), "avatars-alice", false, &identities, &missing);
        insta::assert_snapshot!(format!("{data}-- stderr\n{talk}"), @r"
        process-image stack.yaml:12
          used
            s3:GetObject
              2x arn:aws:s3:::uploads/a.jpg
              1x arn:aws:s3:::uploads/b.jpg
          denied
            s3:DeleteObject
              1x arn:aws:s3:::uploads/a.jpg
                add to function `process-image`
            s3:PutObject
              1x arn:aws:s3:::uploads/a�
          granted, unused
            s3:PutObject (policy access)
              arn:aws:s3:::assets/*

        idle
          arn:aws:iam::000000000000:role/idle
          has asked for nothing yet

        resize stack photos-bob
          has asked for nothing yet
        -- stderr
        note: not in the local cloud: webhook; `stack deploy --local` brings them there
        note: the local cloud enforces no policies (`--iam off`): what is denied here was done all the same
        ");
    }
}
