//! Users, groups and what belongs to them through their providers.

use serde_json::{Value, json};

use super::account_resources::{
    create_instance_profile, create_service_linked_role, delete_instance_profile, delete_service_linked_role,
    read_instance_profile, read_service_linked_role, update_instance_profile,
};
use super::resources::{create_managed_policy, create_policy, update_policy};
use super::user_resources::{
    create_access_key, create_addition, create_group, create_user, delete_access_key, delete_addition, delete_group,
    delete_user, group_policy, read_access_key, read_addition, read_group, read_user, update_access_key,
    update_addition, update_user, user_policy,
};
use super::{Access, Principal};
use crate::cloudformation::provider::{Live, Update};
use crate::testing::{cloud, context, drifted};

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:jobs";

fn allow(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": QUEUE}]})
}

#[tokio::test]
async fn a_user_has_the_rights_of_its_template_and_its_groups() {
    let cloud = cloud();
    let context = context(&cloud);
    let declared_group = json!({"GroupName": "senders", "Policies": [{"PolicyName": "send", "PolicyDocument": allow("sqs:SendMessage")}]});
    create_group(&context, &declared_group).await.unwrap();
    let declared = json!({
        "UserName": "ann", "Path": "/team/", "Groups": ["senders"],
        "Policies": [{"PolicyName": "read", "PolicyDocument": allow("sqs:ReceiveMessage")}],
    });
    let made = create_user(&context, &declared).await.unwrap();
    assert_eq!(made.attributes["Arn"], "arn:aws:iam::000000000000:user/team/ann");
    let key = create_access_key(&context, &json!({"UserName": "ann"})).await.unwrap();
    let secret = key.attributes["SecretAccessKey"].as_str().unwrap().to_owned();
    let identity = cloud.iam.identity(&key.physical_id).unwrap();
    assert_eq!(identity.secret_key, secret);
    let may = |principal: &Principal, action: &str| cloud.iam.authorize(principal, &Access::new(action, QUEUE)).is_ok();
    let ann = identity.principal;
    assert!(may(&ann, "sqs:SendMessage") && may(&ann, "sqs:ReceiveMessage") && !may(&ann, "sqs:PurgeQueue"));

    // A policy of its own, of one user and of many.
    let purge = json!({"UserName": "ann", "PolicyName": "purge", "PolicyDocument": allow("sqs:PurgeQueue")});
    assert_eq!(user_policy::create(&context, &purge).await.unwrap().physical_id, "purge|ann");
    assert!(may(&ann, "sqs:PurgeQueue"));
    let shared = json!({"PolicyName": "shared", "PolicyDocument": allow("sqs:DeleteQueue"), "Users": ["ann"], "Groups": ["senders"]});
    let policy = create_policy(&context, &shared).await.unwrap();
    assert!(may(&ann, "sqs:DeleteQueue"));
    let live = super::live::read_policy(&context, &policy.physical_id, &shared).await.unwrap();
    assert_eq!(drifted(&shared, &live), Vec::<String>::new());
    let fewer = json!({"PolicyName": "shared", "PolicyDocument": allow("sqs:DeleteQueue"), "Groups": ["senders"]});
    update_policy(&context, &policy.physical_id, &shared, &fewer).await.unwrap();
    assert_eq!(cloud.iam.user("ann").unwrap().held.policies.keys().collect::<Vec<_>>(), ["purge", "read"]);
    let managed = json!({"ManagedPolicyName": "m", "PolicyDocument": allow("sqs:TagQueue"), "Users": ["ann"]});
    create_managed_policy(&context, &managed).await.unwrap();
    assert!(may(&ann, "sqs:TagQueue"));

    // What others gave is no drift of the user, and stays when the user changes.
    let read = || read_user(&context, "ann", &declared);
    assert_eq!(drifted(&declared, &read().await.unwrap()), Vec::<String>::new());
    let changed = json!({"UserName": "ann", "Path": "/", "Policies": []});
    let update = update_user(&context, "ann", &declared, &changed).await.unwrap();
    let Update::InPlace(updated) = update else { panic!("{update:?}") };
    assert_eq!(updated.attributes["Arn"], "arn:aws:iam::000000000000:user/ann");
    let ann = cloud.iam.identity(&key.physical_id).unwrap().principal;
    assert!(!may(&ann, "sqs:SendMessage") && !may(&ann, "sqs:ReceiveMessage") && may(&ann, "sqs:PurgeQueue"));
    assert_eq!(drifted(&declared, &read().await.unwrap()), ["Path", "Groups", "Policies"]);
    let renamed = update_user(&context, "ann", &changed, &json!({"UserName": "eve"})).await.unwrap();
    assert_eq!(renamed, Update::Replace);

    let off = json!({"UserName": "ann", "Status": "Inactive"});
    update_access_key(&context, &key.physical_id, &json!({"UserName": "ann"}), &off).await.unwrap();
    assert!(cloud.iam.identity(&key.physical_id).is_none());
    let kept = delete_user(&context, "ann", &changed).await.unwrap_err();
    assert!(kept.message.contains("must"), "{}", kept.message);
    delete_access_key(&context, &key.physical_id, &off).await.unwrap();
    assert_eq!(read_access_key(&context, &key.physical_id, &off).await.unwrap(), Live::Gone);
    delete_user(&context, "ann", &changed).await.unwrap();
    assert_eq!(read().await.unwrap(), Live::Gone);
    assert_eq!(user_policy::read(&context, "purge|ann", &purge).await.unwrap(), Live::Gone);
    user_policy::delete(&context, "purge|ann", &purge).await.unwrap();
}

#[tokio::test]
async fn a_group_is_left_by_those_who_were_added() {
    let cloud = cloud();
    let context = context(&cloud);
    let declared = json!({"GroupName": "g", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]});
    create_group(&context, &declared).await.unwrap();
    for name in ["ann", "bob", "eve"] {
        create_user(&context, &json!({"UserName": name})).await.unwrap();
    }
    let added = json!({"GroupName": "g", "Users": ["ann", "bob"]});
    let addition = create_addition(&context, &added).await.unwrap();
    let read = || read_addition(&context, &addition.physical_id, &added);
    assert_eq!(drifted(&added, &read().await.unwrap()), Vec::<String>::new());
    let other = json!({"GroupName": "g", "Users": ["bob", "eve"]});
    update_addition(&context, &addition.physical_id, &added, &other).await.unwrap();
    assert_eq!(cloud.iam.members("g"), ["bob", "eve"]);
    assert_eq!(drifted(&added, &read().await.unwrap()), ["Users"]);
    let refused = delete_group(&context, "g", &declared).await.unwrap_err();
    assert!(refused.message.contains("remove users from group"), "{}", refused.message);
    assert_eq!(drifted(&declared, &read_group(&context, "g", &declared).await.unwrap()), Vec::<String>::new());
    delete_addition(&context, &addition.physical_id, &other).await.unwrap();
    let inline = json!({"GroupName": "g", "PolicyName": "p", "PolicyDocument": allow("sqs:SendMessage")});
    let made = group_policy::create(&context, &inline).await.unwrap();
    assert_eq!(
        drifted(&inline, &group_policy::read(&context, &made.physical_id, &inline).await.unwrap()),
        Vec::<String>::new()
    );
    group_policy::delete(&context, &made.physical_id, &inline).await.unwrap();
    delete_group(&context, "g", &declared).await.unwrap();
    assert_eq!(read_group(&context, "g", &declared).await.unwrap(), Live::Gone);
    let missing = create_addition(&context, &added).await.unwrap_err();
    assert_eq!(missing.code, "NotFound");
}

#[tokio::test]
async fn what_a_failed_user_was_given_goes_with_it() {
    let cloud = cloud();
    let context = context(&cloud);
    let error = create_user(&context, &json!({"UserName": "ann", "Groups": ["absent"]})).await.unwrap_err();
    assert!(error.message.contains("absent"), "{}", error.message);
    assert!(cloud.iam.user("ann").is_err());
    let login = json!({"UserName": "ann", "LoginProfile": {"Password": "x"}});
    assert!(create_user(&context, &login).await.unwrap_err().message.contains("LoginProfile"));
}

#[tokio::test]
async fn profiles_and_linked_roles_are_recorded() {
    let cloud = cloud();
    let context = context(&cloud);
    let linked = json!({"AWSServiceName": "autoscaling.amazonaws.com", "CustomSuffix": "a", "Description": "d"});
    let role = create_service_linked_role(&context, &linked).await.unwrap();
    assert_eq!(role.physical_id, "AWSServiceRoleForAutoscaling_a");
    let read = || read_service_linked_role(&context, &role.physical_id, &linked);
    assert_eq!(drifted(&linked, &read().await.unwrap()), Vec::<String>::new());

    let declared = json!({"InstanceProfileName": "p", "Path": "/", "Roles": [role.physical_id]});
    let profile = create_instance_profile(&context, &declared).await.unwrap();
    assert_eq!(profile.attributes["Arn"], "arn:aws:iam::000000000000:instance-profile/p");
    assert_eq!(
        drifted(&declared, &read_instance_profile(&context, "p", &declared).await.unwrap()),
        Vec::<String>::new()
    );
    let two = json!({"InstanceProfileName": "q", "Roles": ["a", "b"]});
    assert!(create_instance_profile(&context, &two).await.unwrap_err().message.contains("quota"));
    let none = json!({"InstanceProfileName": "p", "Path": "/", "Roles": []});
    update_instance_profile(&context, "p", &declared, &none).await.unwrap();
    assert_eq!(drifted(&declared, &read_instance_profile(&context, "p", &declared).await.unwrap()), ["Roles"]);
    delete_instance_profile(&context, "p", &declared).await.unwrap();
    assert_eq!(read_instance_profile(&context, "p", &declared).await.unwrap(), Live::Gone);
    delete_service_linked_role(&context, &role.physical_id, &linked).await.unwrap();
    assert_eq!(read().await.unwrap(), Live::Gone);
}
