//! Decisions about requests, by the policies of roles, resources, boundaries and sessions.

use std::sync::Arc;

use serde_json::{Value, json};

use super::roles::NewRole;
use super::*;

const ROLE: &str = "arn:aws:iam::000000000000:role/reader";
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:jobs";

fn allow(action: &str, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": resource}})
}

fn trust(principal: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}})
}

fn new_role(name: &str, policies: &[(&str, Value)]) -> NewRole {
    NewRole {
        name: name.to_owned(),
        path: "/".to_owned(),
        description: String::new(),
        max_session_duration: 3600,
        trust_policy: trust(&json!({"Service": "lambda.amazonaws.com"})),
        policies: policies.iter().map(|(name, document)| ((*name).to_owned(), document.clone())).collect(),
        attached: Vec::new(),
        boundary: None,
        tags: BTreeMap::from([("team".to_owned(), "blue".to_owned())]),
    }
}

/// IAM with the role `reader`, which has these policies, and a session of it.
fn world(policies: &[(&str, Value)]) -> (Iam, Principal) {
    let iam = Iam::open(None).unwrap();
    iam.create_role(new_role("reader", policies)).unwrap();
    let principal = iam.session_principal(ROLE, "resize");
    (iam, principal)
}

fn refused(iam: &Iam, principal: &Principal, access: &Access<'_>) -> String {
    let refusal = iam.authorize(principal, access).unwrap_err();
    assert_eq!((refusal.status.as_u16(), refusal.code.as_str()), (403, "AccessDenied"));
    refusal.message
}

#[test]
fn a_role_may_do_what_its_policies_allow() {
    let (iam, principal) = world(&[("main", allow("sqs:SendMessage", QUEUE))]);
    iam.authorize(&principal, &Access::new("sqs:SendMessage", QUEUE)).unwrap();
    insta::assert_snapshot!(
        refused(&iam, &principal, &Access::new("sqs:DeleteQueue", QUEUE)),
        @r#"User: arn:aws:sts::000000000000:assumed-role/reader/resize is not authorized to perform: sqs:DeleteQueue on resource: arn:aws:sqs:us-east-1:000000000000:jobs because no identity-based policy allows the sqs:DeleteQueue action (local cloud: the statement that is missing: {"Effect":"Allow","Action":"sqs:DeleteQueue","Resource":"arn:aws:sqs:us-east-1:000000000000:jobs"})"#
    );
    iam.authorize(&Principal::root(), &Access::new("sqs:DeleteQueue", QUEUE)).unwrap();
    let nobody = iam.session_principal("arn:aws:iam::000000000000:role/absent", "s");
    assert!(iam.authorize(&nobody, &Access::new("sqs:SendMessage", QUEUE)).is_err());
}

#[test]
fn a_change_of_policies_counts_at_once() {
    let (iam, principal) = world(&[]);
    let access = Access::new("s3:GetObject", "arn:aws:s3:::b/x");
    assert!(iam.authorize(&principal, &access).is_err());
    iam.attach_role_policy("reader", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess").unwrap();
    iam.authorize(&principal, &access).unwrap();
    iam.detach_role_policy("reader", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess").unwrap();
    assert!(iam.authorize(&principal, &access).is_err());
    // A policy of AWS that is not known is attached, and grants nothing.
    iam.attach_role_policy("reader", "arn:aws:iam::aws:policy/AmazonMadeUp").unwrap();
    assert!(iam.authorize(&principal, &access).is_err());
}

#[test]
fn a_resource_policy_allows_and_denies_within_the_account() {
    let (iam, principal) = world(&[("main", allow("sqs:*", QUEUE))]);
    let with = |effect: &str, principal: &Value| json!({"Version": "2012-10-17", "Statement": {"Effect": effect, "Principal": principal, "Action": "sqs:*", "Resource": "*"}});
    let ask = |action: &'static str, resource: &'static str, policy: &Value| {
        iam.authorize(&principal, &Access { resource_policy: Some(policy), ..Access::new(action, resource) })
    };
    let other = "arn:aws:sqs:us-east-1:000000000000:other";
    for (named, allowed) in [
        (json!({"AWS": ROLE}), true),
        (json!({"AWS": principal.arn}), true),
        (json!("*"), true),
        // The account alone leaves it to the role's policies.
        (json!({"AWS": "arn:aws:iam::000000000000:root"}), false),
        (json!({"AWS": "arn:aws:iam::000000000000:role/other"}), false),
        (json!({"Service": "sns.amazonaws.com"}), false),
    ] {
        assert_eq!(ask("sqs:SendMessage", other, &with("Allow", &named)).is_ok(), allowed, "{named}");
    }
    let denied = ask("sqs:SendMessage", QUEUE, &with("Deny", &json!("*"))).unwrap_err();
    assert!(denied.message.ends_with("with an explicit deny in a resource-based policy"), "{}", denied.message);
    let root = iam.authorize(
        &Principal::root(),
        &Access { resource_policy: Some(&with("Deny", &json!("*"))), ..Access::new("sqs:SendMessage", QUEUE) },
    );
    assert!(root.is_err());
}

#[test]
fn boundaries_and_session_policies_limit_what_a_role_has() {
    let (iam, mut principal) = world(&[("main", allow("*", "*"))]);
    let boundary = iam.create_policy("limit", "/", "", allow("sqs:*", "*"), BTreeMap::new()).unwrap();
    iam.change_role("reader", |role| {
        role.boundary = Some(boundary.arn.clone());
        Ok(())
    })
    .unwrap();
    iam.authorize(&principal, &Access::new("sqs:SendMessage", QUEUE)).unwrap();
    let message = refused(&iam, &principal, &Access::new("s3:GetObject", "arn:aws:s3:::b/x"));
    assert!(message.ends_with("because no permissions boundary allows the s3:GetObject action"), "{message}");

    principal.session =
        Arc::new(Session { policies: Some(vec![allow("sqs:ReceiveMessage", "*")]), ..Session::default() });
    iam.authorize(&principal, &Access::new("sqs:ReceiveMessage", QUEUE)).unwrap();
    let message = refused(&iam, &principal, &Access::new("sqs:SendMessage", QUEUE));
    assert!(message.ends_with("because no session policy allows the sqs:SendMessage action"), "{message}");
    // What a queue gives to the role is limited too; what it gives to the session itself is not.
    for (named, allowed) in [(ROLE, false), (principal.arn.as_str(), true)] {
        let policy = json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": named}, "Action": "sqs:SendMessage", "Resource": "*"}});
        let access = Access { resource_policy: Some(&policy), ..Access::new("sqs:SendMessage", QUEUE) };
        assert_eq!(iam.authorize(&principal, &access).is_ok(), allowed, "{named}");
    }
}

#[test]
fn conditions_see_the_request_and_the_principal() {
    let conditions = json!({
        "StringEquals": {"aws:PrincipalTag/team": "blue", "aws:RequestedRegion": "eu-central-1", "aws:ResourceTag/team": "${aws:PrincipalTag/team}"},
        "IpAddress": {"aws:SourceIp": "127.0.0.0/8"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
    });
    let mut document = allow("sqs:*", "*");
    document["Statement"]["Condition"] = conditions;
    let (iam, principal) = world(&[("main", document)]);
    let loopback = Some("127.0.0.1".parse().unwrap());
    let here = principal.clone().asking("eu-central-1", loopback);
    let tags = [("aws:resourcetag/team", "blue"), ("aws:tagkeys", "team")];
    let access = Access { context: &tags, ..Access::new("sqs:SendMessage", QUEUE) };
    iam.authorize(&here, &access).unwrap();
    assert!(iam.authorize(&principal.clone().asking("us-east-1", loopback), &access).is_err());
    assert!(iam.authorize(&principal.asking("eu-central-1", Some("10.0.0.1".parse().unwrap())), &access).is_err());
    let more = [("aws:resourcetag/team", "blue"), ("aws:tagkeys", "team"), ("aws:tagkeys", "cost")];
    assert!(iam.authorize(&here, &Access { context: &more, ..access }).is_err());
    let red = [("aws:resourcetag/team", "red")];
    assert!(iam.authorize(&here, &Access { context: &red, ..access }).is_err());
}

#[test]
fn with_enforcement_off_all_pass_and_are_recorded() {
    let (mut iam, principal) = world(&[("main", allow("sqs:*", QUEUE))]);
    iam.enforced = false;
    iam.authorize(&principal, &Access::new("s3:GetObject", "arn:aws:s3:::b/x")).unwrap();
    iam.authorize(&principal, &Access::new("sqs:SendMessage", QUEUE)).unwrap();
    let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/x"});
    let advice = format!("the statement that is missing: {statement}");
    assert_eq!(
        iam.access_report(),
        json!({"enforced": false, "identities": [{
            "arn": ROLE,
            "name": "reader",
            "function": null,
            "logical_id": null,
            "stack": null,
            "used": [{"action": "sqs:SendMessage", "resource": QUEUE, "times": 1}],
            "denied": [{"action": "s3:GetObject", "resource": "arn:aws:s3:::b/x", "times": 1, "advice": advice}],
            "unused": [],
        }]})
    );
    iam.change_role("reader", |role| {
        role.policies.insert("more".to_owned(), allow("sqs:DeleteQueue", QUEUE));
        Ok(())
    })
    .unwrap();
    assert_eq!(
        iam.access_report()["identities"][0]["unused"],
        json!([{"policy": "more", "action": "sqs:DeleteQueue", "resources": [QUEUE]}])
    );
}

#[test]
fn a_role_lets_in_whom_its_trust_policy_names() {
    let (iam, principal) = world(&[("main", allow("sts:AssumeRole", "*"))]);
    let named = |principal: &Value| {
        let role = NewRole { trust_policy: trust(principal), ..new_role("target", &[]) };
        let role = iam.create_role(role).unwrap();
        iam.delete_role("target", true).unwrap();
        role
    };
    let enters = |who: &Principal, role: &Role| iam.authorize_assume(who, role, "sts:AssumeRole", &[]).is_ok();
    let account = named(&json!({"AWS": "000000000000"}));
    let by_name = named(&json!({"AWS": ROLE}));
    let service = named(&json!({"Service": "lambda.amazonaws.com"}));
    assert!(enters(&principal, &account) && enters(&principal, &by_name) && !enters(&principal, &service));
    assert!(enters(&Principal::root(), &account) && !enters(&Principal::root(), &by_name));
    // Named itself, a role needs no right of its own; through its account it does.
    iam.change_role("reader", |role| {
        role.policies.clear();
        Ok(())
    })
    .unwrap();
    assert!(!enters(&principal, &account) && enters(&principal, &by_name));
    assert!(iam.is_assumable_by(ROLE, "lambda.amazonaws.com"));
    assert!(!iam.is_assumable_by(ROLE, "events.amazonaws.com"));
}

#[test]
fn policy_versions_are_kept_up_to_five() {
    let iam = Iam::open(None).unwrap();
    let arn = iam.create_policy("p", "/", "", allow("a:one", "*"), BTreeMap::new()).unwrap().arn;
    for number in 2..=5 {
        assert_eq!(iam.create_policy_version(&arn, allow(&format!("a:v{number}"), "*"), number == 3).unwrap(), number);
    }
    let refusal = iam.create_policy_version(&arn, allow("a:six", "*"), true).unwrap_err();
    assert_eq!(refusal.code, "LimitExceeded");
    let policy = iam.policy(&arn).unwrap();
    assert_eq!(policy.version, 3);
    assert_eq!(policy.versions().iter().map(|(number, _)| *number).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    assert_eq!(policy.version_document("v5").unwrap()["Statement"]["Action"], "a:v5");
    assert_eq!(iam.delete_policy_version(&arn, "v3").unwrap_err().code, "DeleteConflict");
    iam.set_default_policy_version(&arn, "v1").unwrap();
    iam.delete_policy_version(&arn, "v3").unwrap();
    assert_eq!(iam.policy(&arn).unwrap().document["Statement"]["Action"], "a:one");
    assert_eq!(iam.set_default_policy_version(&arn, "v3").unwrap_err().code, "NoSuchEntity");
    // A template's update drops the oldest where there is no room.
    for _ in 0..3 {
        iam.change_policy(&arn, allow("a:next", "*")).unwrap();
    }
    assert_eq!(iam.policy(&arn).unwrap().versions().len(), 5);
}

#[test]
fn keys_are_known_until_they_expire_or_are_revoked() {
    let iam = Iam::open(None).unwrap();
    let (access_key, secret_key, _) = iam.issue_keys("arn:aws:iam::000000000000:role/service/reader", "resize");
    assert_eq!(iam.secret_key(&access_key), Some(secret_key));
    let principal = iam.identity(&access_key).unwrap().principal;
    assert_eq!(principal.arn, "arn:aws:sts::000000000000:assumed-role/reader/resize");
    iam.revoke_keys(&access_key);
    assert_eq!(iam.secret_key(&access_key), None);

    let expired = iam.issue(Principal::root(), time::Duration::seconds(-1));
    assert_eq!(iam.secret_key(&expired.access_key), None);
    assert!(iam.identity(&expired.access_key).is_some());
}
