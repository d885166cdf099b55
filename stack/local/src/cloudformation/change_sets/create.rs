//! `CreateChangeSet`.

use stack_plan::template::is_stack_name;

use crate::cloudformation::api::{Answer, answer};
use crate::cloudformation::change_set::{ChangeSet, NO_CHANGES};
use crate::cloudformation::changes::{Known, changes};
use crate::cloudformation::clock;
use crate::cloudformation::drift::{Readings, Subject};
use crate::cloudformation::imports::{existing, owner};
use crate::cloudformation::input::{Call, constraint, invalid};
use crate::cloudformation::model::{Definition, Stack};
use crate::cloudformation::scope::Surroundings;
use crate::cloudformation::stacks::{check_updatable, no_stack, parse_on_failure, refuse_not_served};
use crate::cloudformation::status::{ExecutionStatus, OnFailure, StackStatus};
use crate::cloudformation::store::State;
use crate::wire::ServiceError;

/// What a request for a change set asks for, beside what the stack is to be.
struct Wanted {
    stack_name: String,
    name: String,
    /// True when executing it creates the stack.
    creates: bool,
    /// True when it brings resources back to the template.
    reverts_drift: bool,
    /// True when resources that exist already may become the stack's.
    imports_existing: bool,
    on_failure: Option<OnFailure>,
    token: Option<String>,
}

impl Wanted {
    fn read(call: &Call<'_>) -> Result<Self, ServiceError> {
        let stack_name = call.stack_name()?.to_owned();
        let name = call.form.require("ChangeSetName")?.to_owned();
        if !is_stack_name(&name) {
            return Err(constraint(
                "changeSetName",
                &name,
                "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
            ));
        }
        refuse_not_served(call, "CreateChangeSet")?;
        let creates = match call.form.get("ChangeSetType") {
            None | Some("UPDATE" | "") => false,
            Some("CREATE") => true,
            Some("IMPORT") => return Err(invalid("the local cloud does not serve change sets of type IMPORT")),
            Some(other) => {
                return Err(constraint(
                    "changeSetType",
                    other,
                    "Member must satisfy enum value set: [IMPORT, UPDATE, CREATE]",
                ));
            }
        };
        let on_failure = match call.form.get("OnStackFailure") {
            None => None,
            Some("DELETE") if !creates => {
                return Err(invalid("OnStackFailure DELETE is only supported for change sets of type CREATE"));
            }
            Some(text) => Some(parse_on_failure("onStackFailure", text)?),
        };
        let reverts_drift = reverts_drift(call, creates)?;
        let imports_existing = call.form.flag("ImportExistingResources") == Some(true);
        let token = call.token("ClientToken")?;
        Ok(Self { stack_name, name, creates, reverts_drift, imports_existing, on_failure, token })
    }
}

/// `DeploymentMode`. `STANDARD`, which older models have, is what a set is without it. The words of the refusals are not
/// checked against AWS.
fn reverts_drift(call: &Call<'_>, creates: bool) -> Result<bool, ServiceError> {
    match call.form.get("DeploymentMode") {
        None | Some("" | "STANDARD") => Ok(false),
        Some("REVERT_DRIFT") if creates => {
            Err(invalid("DeploymentMode REVERT_DRIFT is only supported for change sets of type UPDATE"))
        }
        Some("REVERT_DRIFT") if call.form.flag("IncludeNestedStacks") == Some(true) => {
            Err(invalid("DeploymentMode REVERT_DRIFT is not supported with IncludeNestedStacks"))
        }
        Some("REVERT_DRIFT") => Ok(true),
        Some(other) => Err(constraint("deploymentMode", other, "Member must satisfy enum value set: [REVERT_DRIFT]")),
    }
}

/// `CreateChangeSet`. The changes are known at once, so the set is complete, or failed, when this answers.
pub(in crate::cloudformation) async fn create_change_set(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let wanted = Wanted::read(call)?;
    let store = &call.cloud.cloudformation.store;
    let target = store.read(|state| check_target(call, state, &wanted))?;
    if let Some((id, stack_id)) = target.made {
        return answer_with_ids(id, stack_id);
    }
    let definition = call.definition(target.previous.as_ref()).await?;
    let known = known(call, &wanted, &definition).await;
    let (id, stack_id) = store.write(|state| {
        let target = check_target(call, state, &wanted)?;
        match target.made {
            Some(ids) => Ok(ids),
            None => keep(call, state, wanted, definition, known),
        }
    })?;
    store.save(&stack_id);
    answer_with_ids(id, stack_id)
}

/// What the resources of the stack really are, and what exists of those that it gets, where that counts.
async fn known(call: &Call<'_>, wanted: &Wanted, definition: &Definition) -> Known {
    let mut known = Known::default();
    let subject = call.cloud.cloudformation.store.read(|state| match state.find(&wanted.stack_name, &call.region) {
        Some(stack) => Subject::of(stack),
        None => Subject::of(&fresh(call, wanted)),
    });
    if wanted.reverts_drift {
        known.readings = Some(Readings::take(call.cloud, &subject, &definition.template).await);
    }
    if wanted.imports_existing {
        known.existing = existing(call.cloud, &definition.template, &subject).await;
    }
    known
}

fn fresh(call: &Call<'_>, wanted: &Wanted) -> Stack {
    Stack::new(&call.cloud.account, &call.region, &wanted.stack_name, StackStatus::ReviewInProgress)
}

/// Finds the changes, and keeps the set with its stack. Returns the ids of both.
fn keep(
    call: &Call<'_>,
    state: &mut State,
    wanted: Wanted,
    definition: Definition,
    mut known: Known,
) -> Result<(String, String), ServiceError> {
    // What another stack owns stands in the way.
    known.existing.retain(|id, name| {
        let resource = definition.template.resources.get(id);
        resource.is_some_and(|resource| owner(state, &resource.resource_type, name, None).is_none())
    });
    let surroundings = Surroundings::of(state, &call.region);
    let existing = state.find(&wanted.stack_name, &call.region);
    let fresh = fresh(call, &wanted);
    let stack = existing.unwrap_or(&fresh);
    let found = changes(&definition, stack, &call.cloud.account, surroundings, &known)?;
    let stack_id = existing.map(|stack| stack.id.clone());
    let failure = found.is_empty().then(|| NO_CHANGES.to_owned());
    let id = format!(
        "arn:aws:cloudformation:{}:{}:changeSet/{}/{}",
        call.region,
        call.cloud.account,
        wanted.name,
        uuid::Uuid::new_v4()
    );
    let execution = if failure.is_some() { ExecutionStatus::Unavailable } else { ExecutionStatus::Available };
    let change_set = ChangeSet {
        id: id.clone(),
        name: wanted.name,
        created_at: clock::now(),
        description: call.form.get("Description").map(str::to_owned),
        token: wanted.token,
        creates: wanted.creates,
        definition,
        changes: found.resources,
        failure,
        execution,
        on_failure: wanted.on_failure,
        drift: known.readings.map(|readings| readings.stack_status(Subject::of(stack).rows.iter())),
        imports_existing: wanted.imports_existing,
    };
    let stack_id = stack_id.unwrap_or_else(|| {
        let mut fresh = fresh;
        fresh.enter(StackStatus::ReviewInProgress, Some("User Initiated"), None, None);
        let id = fresh.id.clone();
        state.stacks.insert(id.clone(), fresh);
        id
    });
    if let Some(stack) = state.stacks.get_mut(&stack_id) {
        stack.change_sets.push(change_set);
    }
    Ok((id, stack_id))
}

fn answer_with_ids(id: String, stack_id: String) -> Result<Answer, ServiceError> {
    answer(move |xml| {
        xml.text("Id", id);
        xml.text("StackId", stack_id);
    })
}

/// What a change set is made against.
struct ChangeSetTarget {
    /// Ids of the set that the same token made already, and of its stack.
    made: Option<(String, String)>,
    /// What the stack is now.
    previous: Option<Definition>,
}

fn check_target(call: &Call<'_>, state: &State, wanted: &Wanted) -> Result<ChangeSetTarget, ServiceError> {
    let Wanted { stack_name, name, creates, .. } = wanted;
    let token = wanted.token.as_deref();
    let Some(stack) = state.find(stack_name, &call.region) else {
        return if *creates && !stack_name.starts_with("arn:") {
            Ok(ChangeSetTarget { made: None, previous: None })
        } else {
            Err(no_stack(stack_name))
        };
    };
    if let Some(existing) = stack.change_sets.iter().find(|change_set| change_set.name == *name) {
        if token.is_some() && existing.token.as_deref() == token {
            return Ok(ChangeSetTarget { made: Some((existing.id.clone(), stack.id.clone())), previous: None });
        }
        return Err(ServiceError::bad_request(
            "AlreadyExistsException",
            format!(
                "ChangeSet {} cannot be created due to a mismatch with existing attribute: a change set of this name exists",
                existing.id
            ),
        ));
    }
    match (creates, stack.status) {
        (true, StackStatus::ReviewInProgress) => Ok(ChangeSetTarget { made: None, previous: None }),
        (true, _) => Err(invalid(format!(
            "Stack [{stack_name}] already exists and cannot be created again with the changeSet [{name}]."
        ))),
        (false, _) => {
            check_updatable(stack)?;
            Ok(ChangeSetTarget { made: None, previous: Some(stack.definition.clone()) })
        }
    }
}
