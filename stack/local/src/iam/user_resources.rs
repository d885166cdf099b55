//! How CloudFormation makes users and groups, their members, keys and inline policies.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Map, Value, json};

use super::receivers::{Kind, Receiver};
use super::resources::{absent_is_done, document, inline_policies};
use super::users::{Held, Holder, no_group};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::properties::{changed, reference_list, required_text, tag_list, tags, text};

fn provisioned(id: &str, attributes: &[(&str, &str)]) -> Provisioned {
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    Provisioned { physical_id: id.to_owned(), attributes }
}

/// What a user or group holds by its own properties.
fn held(properties: &Value) -> Result<Held, ProviderError> {
    Ok(Held { policies: inline_policies(properties)?, attached: reference_list(properties, "ManagedPolicyArns") })
}

/// Attaches and writes what the new properties say, and takes away what only the old ones said: what other resources gave
/// stays.
fn settle(
    context: &ResourceContext,
    holder: Holder,
    name: &str,
    old: &Value,
    new: &Value,
) -> Result<(), ProviderError> {
    let iam = &context.cloud.iam;
    let (before, wanted) = (held(old)?, held(new)?);
    for arn in &wanted.attached {
        iam.attach(holder, name, arn)?;
    }
    iam.change(|state| {
        let held = state.held_mut(holder, name)?;
        held.attached.retain(|arn| wanted.attached.contains(arn) || !before.attached.contains(arn));
        held.policies.retain(|policy, _| !before.policies.contains_key(policy));
        held.policies.extend(wanted.policies);
        Ok(())
    })?;
    Ok(())
}

/// Puts a user into the groups that only the new properties name, and takes it out of those that only the old ones do.
fn join(context: &ResourceContext, user: &str, old: &[String], new: &[String]) -> Result<(), ProviderError> {
    let iam = &context.cloud.iam;
    for group in new.iter().filter(|group| !old.contains(group)) {
        iam.set_member(group, user, true)?;
    }
    for group in old.iter().filter(|group| !new.contains(group)) {
        absent_is_done(iam.set_member(group, user, false).map_err(Into::into))?;
    }
    Ok(())
}

fn refuse_login(properties: &Value) -> Result<(), ProviderError> {
    match properties.get("LoginProfile") {
        Some(_) => Err(ProviderError::invalid(
            "the local cloud has no page to sign in to as a user of IAM, so the property `LoginProfile` cannot be honored",
        )),
        None => Ok(()),
    }
}

/// `AWS::IAM::User`. `Ref` is the name.
pub(crate) async fn create_user(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    refuse_login(properties)?;
    // Faults of documents are found before anything is made.
    held(properties)?;
    let iam = &context.cloud.iam;
    let name = text(properties, "UserName").map_or_else(|| context.generated_name(64), str::to_owned);
    let boundary = text(properties, "PermissionsBoundary").map(str::to_owned);
    let path = text(properties, "Path").unwrap_or("/");
    let user = iam.create_user(&name, path, boundary, tags(properties, &context.tags))?;
    let settled = settle(context, Holder::User, &name, &json!({}), properties)
        .and_then(|()| join(context, &name, &[], &reference_list(properties, "Groups")));
    if let Err(error) = settled {
        absent_is_done(iam.delete_user(&name, true).map_err(Into::into))?;
        return Err(error);
    }
    Ok(provisioned(&name, &[("Arn", &user.arn)]))
}

/// Changes everything but the name in place.
pub(crate) async fn update_user(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["UserName"]) {
        return Ok(Update::Replace);
    }
    refuse_login(new)?;
    settle(context, Holder::User, physical_id, old, new)?;
    join(context, physical_id, &reference_list(old, "Groups"), &reference_list(new, "Groups"))?;
    let path = text(new, "Path").unwrap_or("/");
    super::roles::check_path(path)?;
    let arn = context.cloud.iam.change_user(physical_id, |user| {
        path.clone_into(&mut user.path);
        user.arn = format!("arn:aws:iam::{DEFAULT_ACCOUNT}:user{path}{physical_id}");
        user.boundary = text(new, "PermissionsBoundary").map(str::to_owned);
        user.tags = tags(new, &context.tags);
        Ok(user.arn.clone())
    })?;
    Ok(Update::InPlace(provisioned(physical_id, &[("Arn", &arn)])))
}

/// Removes the user with its policies; one that somebody gave keys to stays, as on AWS.
pub(crate) async fn delete_user(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    let removed = context.cloud.iam.change_user(physical_id, |user| {
        if user.keys.is_empty() {
            user.held = Held::default();
            user.groups.clear();
        }
        Ok(())
    });
    absent_is_done(removed.map_err(Into::into))?;
    absent_is_done(context.cloud.iam.delete_user(physical_id, false).map_err(Into::into))
}

/// The policies of a user or group in the form of templates; inline ones that other resources wrote show their drift
/// themselves.
fn read_held(held: &Held, declared: &Value, live: &mut Value) {
    let own = declared.get("Policies").and_then(Value::as_array).into_iter().flatten();
    let own: Vec<&str> = own.filter_map(|policy| text(policy, "PolicyName")).collect();
    live["ManagedPolicyArns"] = json!(held.attached);
    live["Policies"] = held
        .policies
        .iter()
        .filter(|(name, _)| own.contains(&name.as_str()))
        .map(|(name, document)| json!({"PolicyName": name, "PolicyDocument": document}))
        .collect();
}

/// A group that exists already.
pub(crate) fn adopt_group(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    let group = context.cloud.iam.store.read(|state| state.groups.get(name).cloned());
    let group = group.ok_or_else(|| no_group(name))?;
    Ok(provisioned(name, &[("Arn", &group.arn)]))
}

/// A user that exists already.
pub(crate) fn adopt_user(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    Ok(provisioned(name, &[("Arn", &context.cloud.iam.user(name)?.arn)]))
}

/// The user as it is now. Groups that other resources put it into are theirs to tell of.
pub(crate) async fn read_user(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Ok(user) = context.cloud.iam.user(physical_id) else { return Ok(Live::Gone) };
    let mut groups = reference_list(declared, "Groups");
    groups.retain(|group| user.groups.contains(group));
    let mut live = json!({"UserName": user.name, "Path": user.path, "Groups": groups, "Tags": tag_list(&user.tags)});
    if let Some(boundary) = &user.boundary {
        live["PermissionsBoundary"] = json!(boundary);
    }
    read_held(&user.held, declared, &mut live);
    Ok(Live::Properties(live))
}

/// `AWS::IAM::Group`. `Ref` is the name.
pub(crate) async fn create_group(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    held(properties)?;
    let iam = &context.cloud.iam;
    let name = text(properties, "GroupName").map_or_else(|| context.generated_name(128), str::to_owned);
    let group = iam.create_group(&name, text(properties, "Path").unwrap_or("/"))?;
    if let Err(error) = settle(context, Holder::Group, &name, &json!({}), properties) {
        absent_is_done(iam.delete_group(&name, true).map_err(Into::into))?;
        return Err(error);
    }
    Ok(provisioned(&name, &[("Arn", &group.arn)]))
}

/// Changes everything but the name in place.
pub(crate) async fn update_group(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["GroupName"]) {
        return Ok(Update::Replace);
    }
    settle(context, Holder::Group, physical_id, old, new)?;
    let path = text(new, "Path").unwrap_or("/");
    super::roles::check_path(path)?;
    let arn = context.cloud.iam.change_group(physical_id, |group| {
        path.clone_into(&mut group.path);
        group.arn = format!("arn:aws:iam::{DEFAULT_ACCOUNT}:group{path}{physical_id}");
        group.arn.clone()
    })?;
    Ok(Update::InPlace(provisioned(physical_id, &[("Arn", &arn)])))
}

/// Removes the group with its policies; one with users stays, as on AWS.
pub(crate) async fn delete_group(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    let iam = &context.cloud.iam;
    if iam.members(physical_id).is_empty() {
        absent_is_done(iam.change_group(physical_id, |group| group.held = Held::default()).map_err(Into::into))?;
    }
    absent_is_done(iam.delete_group(physical_id, false).map_err(Into::into))
}

/// The group as it is now.
pub(crate) async fn read_group(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let group = context.cloud.iam.store.read(|state| state.groups.get(physical_id).cloned());
    let Some(group) = group else { return Ok(Live::Gone) };
    let mut live = json!({"GroupName": group.name, "Path": group.path});
    read_held(&group.held, declared, &mut live);
    Ok(Live::Properties(live))
}

/// `AWS::IAM::UserToGroupAddition`: users of one group. `Ref` is a generated name.
pub(crate) async fn create_addition(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let group = required_text(properties, "GroupName")?;
    for user in reference_list(properties, "Users") {
        context.cloud.iam.set_member(group, &user, true)?;
    }
    Ok(provisioned(&context.generated_name(64), &[]))
}

/// Puts users in and takes out those that are no longer listed.
pub(crate) async fn update_addition(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    create_addition(context, new).await?;
    let kept = if changed(old, new, &["GroupName"]) { Vec::new() } else { reference_list(new, "Users") };
    leave(context, old, &kept)?;
    Ok(Update::InPlace(provisioned(physical_id, &[])))
}

/// Takes the users out of the group.
pub(crate) async fn delete_addition(
    context: &ResourceContext,
    _physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    leave(context, properties, &[])
}

fn leave(context: &ResourceContext, properties: &Value, kept: &[String]) -> Result<(), ProviderError> {
    let group = required_text(properties, "GroupName")?;
    for user in reference_list(properties, "Users").iter().filter(|user| !kept.contains(user)) {
        absent_is_done(context.cloud.iam.set_member(group, user, false).map_err(Into::into))?;
    }
    Ok(())
}

/// Which of the declared users are in the group.
pub(crate) async fn read_addition(
    context: &ResourceContext,
    _physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let group = text(declared, "GroupName").unwrap_or_default();
    let members = context.cloud.iam.members(group);
    let mut users = reference_list(declared, "Users");
    users.retain(|user| members.contains(user));
    if users.is_empty() {
        return Ok(Live::Gone);
    }
    Ok(Live::Properties(json!({"GroupName": group, "Users": users})))
}

/// `AWS::IAM::AccessKey`. `Ref` is its id.
pub(crate) async fn create_access_key(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let (iam, user) = (&context.cloud.iam, required_text(properties, "UserName")?);
    let (id, key) = iam.create_access_key(user)?;
    iam.change_access_key(user, &id, Some(text(properties, "Status") != Some("Inactive")))?;
    Ok(provisioned(&id, &[("SecretAccessKey", &key.secret)]))
}

/// Switches the key on or off.
pub(crate) async fn update_access_key(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["UserName", "Serial"]) {
        return Ok(Update::Replace);
    }
    let (iam, user) = (&context.cloud.iam, required_text(new, "UserName")?);
    iam.change_access_key(user, physical_id, Some(text(new, "Status") != Some("Inactive")))?;
    let secret = iam.user(user)?.keys.get(physical_id).map(|key| key.secret.clone()).unwrap_or_default();
    Ok(Update::InPlace(provisioned(physical_id, &[("SecretAccessKey", &secret)])))
}

/// Removes the key.
pub(crate) async fn delete_access_key(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let user = required_text(properties, "UserName")?;
    absent_is_done(context.cloud.iam.change_access_key(user, physical_id, None).map_err(Into::into))
}

/// The key as it is now; its serial is known to the template only.
pub(crate) async fn read_access_key(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let user = text(declared, "UserName").unwrap_or_default();
    let key = context.cloud.iam.user(user).ok().and_then(|user| user.keys.get(physical_id).cloned());
    Ok(key.map_or(Live::Gone, |key| {
        let status = if key.active { "Active" } else { "Inactive" };
        Live::Properties(json!({"UserName": user, "Status": status, "Serial": declared.get("Serial")}))
    }))
}

/// Provider of an inline policy of one user or group. `Ref` is `<policy name>|<holder's name>`.
macro_rules! inline_policy {
    ($module:ident, $holder:expr, $property:literal) => {
        pub(crate) mod $module {
            use super::{
                Holder, Kind, Live, Map, ProviderError, Provisioned, Receiver, ResourceContext, Update, Value,
                absent_is_done, changed, document, json, provisioned, required_text,
            };

            const HOLDER: Holder = $holder;
            const PROPERTY: &str = $property;

            fn receiver(properties: &Value) -> Result<(Receiver, String), ProviderError> {
                let name = required_text(properties, PROPERTY)?.to_owned();
                let policy = required_text(properties, "PolicyName")?.to_owned();
                Ok((Receiver { kind: Kind::Held(HOLDER), name }, policy))
            }

            /// Writes the policy.
            pub(crate) async fn create(
                context: &ResourceContext,
                properties: &Value,
            ) -> Result<Provisioned, ProviderError> {
                let (receiver, policy) = receiver(properties)?;
                receiver.put(&context.cloud.iam, &policy, &document(properties, "PolicyDocument")?)?;
                Ok(provisioned(&format!("{policy}|{}", receiver.name), &[]))
            }

            /// Writes the document anew.
            pub(crate) async fn update(
                context: &ResourceContext,
                _physical_id: &str,
                old: &Value,
                new: &Value,
            ) -> Result<Update, ProviderError> {
                if changed(old, new, &[PROPERTY, "PolicyName"]) {
                    return Ok(Update::Replace);
                }
                create(context, new).await.map(Update::InPlace)
            }

            /// Removes the policy.
            pub(crate) async fn delete(
                context: &ResourceContext,
                _physical_id: &str,
                properties: &Value,
            ) -> Result<(), ProviderError> {
                let (receiver, policy) = receiver(properties)?;
                absent_is_done(receiver.remove(&context.cloud.iam, &policy).map_err(Into::into))
            }

            /// The document as it is now.
            pub(crate) async fn read(
                context: &ResourceContext,
                _physical_id: &str,
                declared: &Value,
            ) -> Result<Live, ProviderError> {
                let (receiver, policy) = receiver(declared)?;
                let mut live = Map::from_iter([
                    (PROPERTY.to_owned(), json!(receiver.name)),
                    ("PolicyName".to_owned(), json!(policy)),
                ]);
                let Some(document) = receiver.inline(&context.cloud.iam, &policy) else { return Ok(Live::Gone) };
                live.insert("PolicyDocument".to_owned(), document);
                Ok(Live::Properties(Value::Object(live)))
            }
        }
    };
}

inline_policy!(user_policy, Holder::User, "UserName");
inline_policy!(group_policy, Holder::Group, "GroupName");
