//! What of a change set somebody must have agreed to in so many words: data that goes, access that widens.

use serde::Serialize;
use serde_json::Value;
use stack_plan::Template;
use stack_plan::broadening::Broadening;
use stack_plan::diff::Action;
use stack_plan::specification::Specification;

use crate::resource_change::ResourceChange;

/// A change that a plain yes beforehand does not cover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Risk {
    /// What it is.
    pub kind: RiskKind,
    /// Logical id of the resource.
    pub logical_id: String,
    /// CloudFormation type.
    pub resource_type: String,
    /// What happens.
    pub detail: String,
}

/// What a risk is, and the word that allows it beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RiskKind {
    /// Somebody may do more, or more is open, than before.
    Broadening,
    /// A resource that holds data is, or may be, made again without it.
    Replace,
    /// A resource that holds data leaves the stack and is deleted.
    Delete,
}

impl RiskKind {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Broadening => "broadening",
            Self::Replace => "replace",
            Self::Delete => "delete",
        }
    }
}

/// Resources that hold data and lose it. `before` is the deployed template, `after` the wanted one: they say what stays, where
/// the change set does not.
pub(crate) fn of_data(changes: &[ResourceChange], before: Option<&Value>, after: &Template) -> Vec<Risk> {
    changes.iter().filter_map(|change| of_change(change, before, after)).collect()
}

fn of_change(change: &ResourceChange, before: Option<&Value>, after: &Template) -> Option<Risk> {
    let ResourceChange { logical_id, resource_type, action, policy_action, .. } = change;
    if !holds_data(resource_type) {
        return None;
    }
    let said = policy_action.as_deref();
    let (kind, detail) = match action {
        Action::Remove => {
            let policy = || before?.pointer(&format!("/Resources/{logical_id}/DeletionPolicy"))?.as_str();
            let detail = match said.or_else(policy) {
                Some("Retain" | "RetainExceptOnCreate") => return None,
                Some("Snapshot") => "deleted after a snapshot",
                _ => "deleted with everything in it",
            };
            (RiskKind::Delete, detail.to_owned())
        }
        Action::Replace | Action::MayReplace => {
            let resource = after.resources.get(logical_id);
            let policy = resource.and_then(|resource| resource.update_replace_policy.as_deref());
            let fate = match (said, policy) {
                (Some("ReplaceAndRetain"), _) | (None, Some("Retain")) => "the old one stays outside of the stack",
                (Some("ReplaceAndSnapshot"), _) | (None, Some("Snapshot")) => "the old one is deleted after a snapshot",
                _ => "the old one is deleted with everything in it",
            };
            let may = if *action == Action::MayReplace { "may be made again" } else { "made again" };
            (RiskKind::Replace, format!("{may}, empty; {fate}"))
        }
        Action::Add | Action::Modify | Action::Import => return None,
    };
    Some(Risk { kind, logical_id: logical_id.clone(), resource_type: resource_type.clone(), detail })
}

/// Access that becomes wider; before a first deployment only what is bad practice anywhere.
pub(crate) fn of_access(before: Option<&Value>, after: &Template) -> Vec<Risk> {
    let deployed = before.and_then(|template| Template::parse(&template.to_string()).ok()).unwrap_or_default();
    let risk = |found: Broadening| Risk {
        kind: RiskKind::Broadening,
        resource_type: after.resources.get(&found.logical_id).map(|it| it.resource_type.clone()).unwrap_or_default(),
        logical_id: found.logical_id,
        detail: format!("{}: it {}", found.path, found.what),
    };
    Broadening::between(&deployed, after).into_iter().map(risk).collect()
}

/// True for types whose resources hold data that a new one would not have.
pub(crate) fn holds_data(resource_type: &str) -> bool {
    Specification::embedded().resource_type(resource_type).is_some_and(|known| known.is_stateful())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(resource_type: &str, action: Action, policy_action: Option<&str>) -> ResourceChange {
        ResourceChange {
            logical_id: "It".to_owned(),
            physical_id: None,
            resource_type: resource_type.to_owned(),
            action,
            properties: Vec::new(),
            values: Vec::new(),
            policy_action: policy_action.map(str::to_owned),
        }
    }

    fn risk(change: &ResourceChange, policy: Option<&str>) -> Option<(RiskKind, String)> {
        let mut resource = json!({"Type": change.resource_type});
        if let Some(policy) = policy {
            resource["DeletionPolicy"] = policy.into();
            resource["UpdateReplacePolicy"] = policy.trim_end_matches("ExceptOnCreate").into();
        }
        let template = json!({"Resources": {"It": resource}});
        let after = Template::parse(&template.to_string()).unwrap();
        let risks = of_data(std::slice::from_ref(change), Some(&template), &after);
        risks.into_iter().next().map(|risk| (risk.kind, risk.detail))
    }

    #[test]
    fn data_that_goes_is_a_risk_whoever_says_what_becomes_of_it() {
        let table = "AWS::DynamoDB::Table";
        for (action, said, policy, kind, words) in [
            (Action::Remove, None, None, RiskKind::Delete, "deleted with everything"),
            (Action::Remove, Some("Delete"), Some("Retain"), RiskKind::Delete, "deleted with everything"),
            (Action::Remove, Some("Snapshot"), None, RiskKind::Delete, "deleted after a snapshot"),
            (Action::Replace, None, None, RiskKind::Replace, "made again, empty; the old one is deleted with"),
            (Action::Replace, None, Some("Retain"), RiskKind::Replace, "the old one stays"),
            (
                Action::MayReplace,
                Some("ReplaceAndRetain"),
                None,
                RiskKind::Replace,
                "may be made again, empty; the old one stays",
            ),
        ] {
            let (is, detail) = risk(&change(table, action, said), policy).unwrap();
            assert_eq!(is, kind, "{action:?} {said:?} {policy:?}");
            assert!(detail.contains(words), "{detail}");
        }
    }

    #[test]
    fn access_is_a_risk_where_it_becomes_wider() {
        let with = |actions: &str| {
            json!({"Resources": {"It": {"Type": "AWS::IAM::Policy", "Properties": {
                "PolicyName": "p", "Roles": ["r"], "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Action": actions, "Resource": "arn:aws:s3:::b/*"}
                ]}
            }}}})
        };
        let wanted = |actions: &str| Template::parse(&with(actions).to_string()).unwrap();
        assert_eq!(of_access(Some(&with("s3:*")), &wanted("s3:GetObject")), []);
        assert_eq!(of_access(None, &wanted("s3:GetObject")), [], "a first right is no widened one");
        let risks = of_access(Some(&with("s3:GetObject")), &wanted("s3:*"));
        assert_eq!((risks[0].kind, risks[0].resource_type.as_str()), (RiskKind::Broadening, "AWS::IAM::Policy"));
    }

    #[test]
    fn what_stays_or_holds_nothing_is_none() {
        for (resource_type, action, said, policy) in [
            ("AWS::DynamoDB::Table", Action::Remove, Some("Retain"), None),
            ("AWS::DynamoDB::Table", Action::Remove, None, Some("RetainExceptOnCreate")),
            ("AWS::DynamoDB::Table", Action::Modify, None, None),
            ("AWS::DynamoDB::Table", Action::Add, None, None),
            ("AWS::Lambda::Function", Action::Replace, None, None),
            ("AWS::SNS::TopicPolicy", Action::Remove, None, None),
        ] {
            assert_eq!(risk(&change(resource_type, action, said), policy), None, "{resource_type} {action:?} {said:?}");
        }
    }
}
