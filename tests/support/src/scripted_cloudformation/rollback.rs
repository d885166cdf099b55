//! Taking back: `CancelUpdateStack`, `ContinueUpdateRollback`, `RollbackStack`.

use super::answer::{Answer, tag};
use super::cloudformation::{Called, Form, given, invalid, stack};
use super::operation::take_back;
use super::world::World;

pub(super) fn cancel(world: &mut World, form: &Form) -> Called {
    let id =
        begin(world, form, &["UPDATE_IN_PROGRESS"], "CancelUpdateStack cannot be called from current stack status")?;
    // What was to come does not come any more; the events keep the token of the update that they end.
    let stack = world.stack(&id).unwrap();
    let token = stack.pending.front().map_or_else(String::new, |event| event.token.clone());
    stack.pending.clear();
    take_back(world, &id, "UPDATE_", &token);
    Ok(String::new())
}

pub(super) fn continue_update(world: &mut World, form: &Form) -> Called {
    let id = begin(world, form, &["UPDATE_ROLLBACK_FAILED"], "the stack can not continue rollback")?;
    if form.contains_key("ResourcesToSkip.member.1") {
        world.rollback_fails = false;
    }
    take_back(world, &id, "UPDATE_", given(form, "ClientRequestToken"));
    Ok(String::new())
}

pub(super) fn roll_back(world: &mut World, form: &Form) -> Called {
    let id = begin(world, form, &["CREATE_FAILED", "UPDATE_FAILED"], "the stack can not be rolled back")?;
    let prefix = if world.stack(&id).unwrap().status == "CREATE_FAILED" { "" } else { "UPDATE_" };
    take_back(world, &id, prefix, given(form, "ClientRequestToken"));
    Ok(tag("StackId", &id))
}

/// The id of a stack in a state that permits it, its token taken note of.
fn begin(world: &mut World, form: &Form, permitted: &[&str], refusal: &str) -> Result<String, Answer> {
    let token = given(form, "ClientRequestToken").to_owned();
    let stack = stack(world, form)?;
    if stack.tokens.contains(&token) {
        return Err(Answer::query_error(400, "TokenAlreadyExistsException", "the token was used"));
    }
    if !permitted.contains(&stack.status.as_str()) {
        return Err(invalid(refusal));
    }
    stack.tokens.push(token);
    Ok(stack.id.clone())
}
