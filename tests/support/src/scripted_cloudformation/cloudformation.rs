//! The calls of CloudFormation.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::answer::{Answer, tag};
use super::operation::{advance, changes, delete, execute};
use super::world::{ChangeSet, Options, Stack, World};
use super::{ACCOUNT, REGION, details, drift, rollback};

pub(super) type Form = BTreeMap<String, String>;
pub(super) type Called = Result<String, Answer>;

pub(super) fn answer(world: &mut World, form: &Form) -> Answer {
    let operation = form.get("Action").map_or("", String::as_str);
    let called = match operation {
        "CancelUpdateStack" => rollback::cancel(world, form),
        "ContinueUpdateRollback" => rollback::continue_update(world, form),
        "RollbackStack" => rollback::roll_back(world, form),
        "DescribeStacks" => describe_stacks(world, form),
        "DescribeStackDriftDetectionStatus" => drift::describe_status(world, form),
        "DescribeStackEvents" => describe_stack_events(world, form),
        "DescribeStackResource" => describe_stack_resource(world, form),
        "DescribeStackResourceDrifts" => drift::describe_resources(world, form),
        "DetectStackDrift" => drift::detect(world, form),
        "ListStackResources" => list_stack_resources(world, form),
        "GetTemplate" => get_template(world, form),
        "CreateStack" => create_stack(world, form),
        "CreateChangeSet" => create_change_set(world, form),
        "DescribeChangeSet" => describe_change_set(world, form),
        "DescribeEvents" => Ok(describe_events(world)),
        "ExecuteChangeSet" => execute_change_set(world, form),
        "DeleteChangeSet" => Ok(delete_change_set(world, form)),
        "DeleteStack" => delete_stack(world, form),
        "GetStackPolicy" => {
            Ok(tag("StackPolicyBody", &stack(world, form).map(|stack| stack.policy.clone()).unwrap_or_default()))
        }
        "SetStackPolicy" => set_stack_policy(world, form),
        "UpdateTerminationProtection" => update_termination_protection(world, form),
        _ => Err(Answer::query_error(400, "InvalidAction", operation)),
    };
    called.map_or_else(|error| error, |result| Answer::query(operation, &result))
}

pub(super) fn given<'a>(form: &'a Form, name: &str) -> &'a str {
    form.get(name).map_or("", String::as_str)
}

/// A list of pairs: `Parameters.member.1.ParameterKey` and so on.
fn pairs(form: &Form, list: &str, key: &str, value: &str) -> BTreeMap<String, String> {
    (1..)
        .map_while(|index| {
            let key = form.get(&format!("{list}.member.{index}.{key}"))?;
            Some((key.clone(), given(form, &format!("{list}.member.{index}.{value}")).to_owned()))
        })
        .collect()
}

pub(super) fn invalid(message: &str) -> Answer {
    Answer::query_error(400, "ValidationError", message)
}

fn no_stack(name: &str) -> Answer {
    invalid(&format!("Stack with id {name} does not exist"))
}

pub(super) fn stack<'a>(world: &'a mut World, form: &Form) -> Result<&'a mut Stack, Answer> {
    let name = given(form, "StackName");
    world.stack_here(name).ok_or_else(|| no_stack(name))
}

/// The one that is named; without a name all that exist, two a page.
fn describe_stacks(world: &mut World, form: &Form) -> Called {
    if form.contains_key("StackName") {
        advance(world, given(form, "StackName"));
        return Ok(format!("<Stacks>{}</Stacks>", stack_member(stack(world, form)?)));
    }
    let skip: usize = given(form, "NextToken").parse().unwrap_or(0);
    let live: Vec<&Stack> = world.stacks.iter().filter(|stack| stack.status != "DELETE_COMPLETE").collect();
    let members: String = live.iter().skip(skip).take(2).map(|stack| stack_member(stack)).collect();
    let next = if skip + 2 < live.len() { tag("NextToken", &(skip + 2).to_string()) } else { String::new() };
    Ok(format!("<Stacks>{members}</Stacks>{next}"))
}

fn stack_member(stack: &Stack) -> String {
    let mut text =
        [tag("StackId", &stack.id), tag("StackName", &stack.name), tag("StackStatus", &stack.status)].concat();
    if let Some(set) = stack.change_sets.iter().find(|set| set.execution_status == "EXECUTE_COMPLETE") {
        text += &tag("ChangeSetId", &set.id);
    }
    text += "<CreationTime>2026-11-21T00:00:00Z</CreationTime>";
    if stack.updates > 0 {
        text += &tag(
            "LastUpdatedTime",
            &format!("2026-11-21T01:{:02}:{:02}Z", stack.updates / 60 % 60, stack.updates % 60),
        );
    }
    text += &tag("EnableTerminationProtection", if stack.protected { "true" } else { "false" });
    let arns: String = stack.options.notifications.iter().map(|arn| tag("member", arn)).collect();
    let _ = write!(text, "<NotificationARNs>{arns}</NotificationARNs>");
    let alarms = stack
        .options
        .alarms
        .iter()
        .map(|arn| format!("<member>{}<Type>AWS::CloudWatch::Alarm</Type></member>", tag("Arn", arn)));
    let triggers = format!("<RollbackTriggers>{}</RollbackTriggers>", alarms.collect::<String>());
    let minutes = match stack.options.minutes.as_str() {
        "" => String::new(),
        minutes => tag("MonitoringTimeInMinutes", minutes),
    };
    let _ = write!(text, "<RollbackConfiguration>{triggers}{minutes}</RollbackConfiguration>");
    text += &members("Parameters", &stack.parameters, "ParameterKey", "ParameterValue");
    text += &members("Tags", &stack.tags, "Key", "Value");
    let template: Value = serde_json::from_str(&stack.template).unwrap_or_default();
    let outputs: BTreeMap<String, String> = template["Outputs"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, output)| (name.clone(), output_value(stack, &output["Value"])))
        .collect();
    text += &members("Outputs", &outputs, "OutputKey", "OutputValue");
    format!("<member>{text}</member>")
}

/// A literal, or the physical id of what `Ref` names.
fn output_value(stack: &Stack, value: &Value) -> String {
    let referred = value["Ref"].as_str().and_then(|id| stack.resources.get(id)).map(|resource| &*resource.physical_id);
    value.as_str().or(referred).unwrap_or_default().to_owned()
}

fn members(list: &str, pairs: &BTreeMap<String, String>, key: &str, value: &str) -> String {
    let mut text = format!("<{list}>");
    for (name, content) in pairs {
        let _ = write!(text, "<member>{}{}</member>", tag(key, name), tag(value, content));
    }
    text + &format!("</{list}>")
}

/// Newest first, three a page.
fn describe_stack_events(world: &mut World, form: &Form) -> Called {
    if !form.contains_key("NextToken") {
        advance(world, given(form, "StackName"));
    }
    let stack = stack(world, form)?;
    let skip: usize = given(form, "NextToken").parse().unwrap_or(0);
    let mut text = String::new();
    for event in stack.events.iter().rev().skip(skip).take(3) {
        let _ = write!(
            text,
            "<member>{}{}{}{}{}{}{}{}<Timestamp>2026-11-21T00:00:00Z</Timestamp></member>",
            tag("EventId", &event.id),
            tag("StackId", &stack.id),
            tag("LogicalResourceId", &event.logical_id),
            tag("PhysicalResourceId", &event.physical_id),
            tag("ResourceType", &event.resource_type),
            tag("ResourceStatus", &event.status),
            if event.reason.is_empty() { String::new() } else { tag("ResourceStatusReason", &event.reason) },
            tag("ClientRequestToken", &event.token),
        );
    }
    let next = if skip + 3 < stack.events.len() { tag("NextToken", &(skip + 3).to_string()) } else { String::new() };
    Ok(format!("<StackEvents>{text}</StackEvents>{next}"))
}

fn describe_stack_resource(world: &mut World, form: &Form) -> Called {
    let stack = stack(world, form)?;
    let id = given(form, "LogicalResourceId");
    let resource =
        stack.resources.get(id).ok_or_else(|| invalid(&format!("Resource {id} does not exist for stack")))?;
    let text = tag("PhysicalResourceId", &resource.physical_id);
    Ok(format!("<StackResourceDetail>{text}</StackResourceDetail>"))
}

fn list_stack_resources(world: &mut World, form: &Form) -> Called {
    let stack = stack(world, form)?;
    let mut text = String::new();
    for (logical_id, resource) in &stack.resources {
        let _ = write!(
            text,
            "<member>{}{}{}{}</member>",
            tag("LogicalResourceId", logical_id),
            tag("PhysicalResourceId", &resource.physical_id),
            tag("ResourceType", &resource.kind),
            tag("ResourceStatus", &resource.status),
        );
    }
    Ok(format!("<StackResourceSummaries>{text}</StackResourceSummaries>"))
}

fn get_template(world: &mut World, form: &Form) -> Called {
    let stack = stack(world, form)?;
    if stack.status == "REVIEW_IN_PROGRESS" {
        return Err(invalid("Stack is in REVIEW_IN_PROGRESS"));
    }
    Ok(tag("TemplateBody", &stack.template))
}

fn create_stack(world: &mut World, form: &Form) -> Called {
    let (name, token) = (given(form, "StackName"), given(form, "ClientRequestToken"));
    if let Some(stack) = world.stack_here(name) {
        if stack.tokens.iter().any(|known| known == token) {
            return Ok(tag("StackId", &stack.id));
        }
        return Err(Answer::query_error(400, "AlreadyExistsException", &format!("Stack [{name}] already exists")));
    }
    let id = new_stack(world, name);
    let mut set = ChangeSet {
        kind: "CREATE".to_owned(),
        template: given(form, "TemplateBody").to_owned(),
        ..ChangeSet::default()
    };
    set.changes = changes(world.stack(&id).unwrap(), &set);
    execute(world, &id, &set, token);
    // Not a change set: it is not counted as an execution of one.
    world.executions -= 1;
    world.executed.pop();
    Ok(tag("StackId", &id))
}

fn new_stack(world: &mut World, name: &str) -> String {
    let number = world.next();
    let id = format!("arn:aws:cloudformation:{}:{ACCOUNT}:stack/{name}/{number}", world.region);
    world.stacks.push(Stack {
        id: id.clone(),
        name: name.to_owned(),
        status: "REVIEW_IN_PROGRESS".to_owned(),
        ..Stack::default()
    });
    id
}

fn create_change_set(world: &mut World, form: &Form) -> Called {
    let (name, kind) = (given(form, "ChangeSetName").to_owned(), given(form, "ChangeSetType").to_owned());
    let token = given(form, "ClientToken").to_owned();
    let reverts = given(form, "DeploymentMode") == "REVERT_DRIFT";
    if reverts && (form.contains_key("IncludeNestedStacks") || kind != "UPDATE") {
        return Err(invalid("IncludeNestedStacks and other types than UPDATE do not go with REVERT_DRIFT"));
    }
    if form.contains_key("DeploymentConfig.Mode") && form.contains_key("OnStackFailure") {
        return Err(invalid("OnStackFailure does not go with DeploymentConfig"));
    }
    let stack_name = given(form, "StackName").to_owned();
    let forgets = world.forgets_tokens;
    let template = if reverts { String::new() } else { template_body(world, form)? };
    let drifts = world.drifts.clone();
    let (failure, pends) = (world.change_sets_fail.clone(), world.change_sets_pend);
    let existing = world.stack_here(&stack_name).map(|stack| (stack.id.clone(), stack.status.clone()));
    let stack_id = match (kind.as_str(), existing) {
        ("CREATE", None) => new_stack(world, &stack_name),
        ("CREATE", Some((id, status))) if status == "REVIEW_IN_PROGRESS" => id,
        ("CREATE", Some(_)) => {
            let message =
                format!("Stack [{stack_name}] already exists and cannot be created again with the changeSet [{name}].");
            return Err(Answer::query_error(400, "AlreadyExistsException", &message));
        }
        (_, None) => return Err(invalid(&format!("Stack [{stack_name}] does not exist"))),
        (_, Some((id, status))) => {
            if status.ends_with("_IN_PROGRESS") {
                return Err(invalid(&format!("Stack:{id} is in {status} state and can not be updated.")));
            }
            id
        }
    };
    let number = world.next();
    let stack = world.stack(&stack_id).unwrap();
    if let Some(known) = stack.change_sets.iter().find(|set| set.name == name) {
        if known.token == token && !forgets {
            return Ok([tag("Id", &known.id), tag("StackId", &stack_id)].concat());
        }
        let message = format!("ChangeSet {name} already exists");
        return Err(Answer::query_error(400, "AlreadyExistsException", &message));
    }
    let mut set = ChangeSet {
        id: format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/{name}/{number}"),
        name,
        kind,
        token,
        status: "CREATE_COMPLETE".to_owned(),
        execution_status: "AVAILABLE".to_owned(),
        template,
        parameters: pairs(form, "Parameters", "ParameterKey", "ParameterValue"),
        tags: pairs(form, "Tags", "Key", "Value"),
        made_after: stack.tokens.len(),
        options: options(form, &stack.options),
        mode: given(form, "DeploymentConfig.Mode").to_owned(),
        imports: given(form, "ImportExistingResources") == "true",
        reverts,
        ..ChangeSet::default()
    };
    if reverts {
        set.template.clone_from(&stack.template);
        set.parameters.clone_from(&stack.parameters);
        set.tags.clone_from(&stack.tags);
        set.changes = drift::changes(stack, &drifts);
    } else {
        set.changes = changes(stack, &set);
    }
    let empty =
        "The submitted information didn't contain changes. Submit different information to create a change set.";
    let is_empty = set.changes.is_empty() && set.options == stack.options;
    if let Some(reason) = failure.or_else(|| is_empty.then(|| empty.to_owned())) {
        "FAILED".clone_into(&mut set.status);
        "UNAVAILABLE".clone_into(&mut set.execution_status);
        set.reason = reason;
    }
    if pends {
        "CREATE_IN_PROGRESS".clone_into(&mut set.status);
        "UNAVAILABLE".clone_into(&mut set.execution_status);
    }
    let text = [tag("Id", &set.id), tag("StackId", &stack_id)].concat();
    stack.change_sets.push(set);
    Ok(text)
}

/// What a call tells beside the template; the rest is as the stack has it.
fn options(form: &Form, of_stack: &Options) -> Options {
    let list = |name: &str, known: &[String]| {
        let given: Vec<String> =
            (1..).map_while(|index| form.get(&name.replace('#', &index.to_string())).cloned()).collect();
        if given.is_empty() { known.to_vec() } else { given }
    };
    let known = |name: &str, known: &str| form.get(name).cloned().unwrap_or_else(|| known.to_owned());
    let notifications = match form.get("NotificationARNs") {
        Some(_) => Vec::new(),
        None => list("NotificationARNs.member.#", &of_stack.notifications),
    };
    let alarms = match form.get("RollbackConfiguration.RollbackTriggers") {
        Some(_) => Vec::new(),
        None => list("RollbackConfiguration.RollbackTriggers.member.#.Arn", &of_stack.alarms),
    };
    Options {
        role: known("RoleARN", &of_stack.role),
        notifications,
        alarms,
        minutes: known("RollbackConfiguration.MonitoringTimeInMinutes", &of_stack.minutes),
    }
}

fn set_stack_policy(world: &mut World, form: &Form) -> Called {
    let policy = given(form, "StackPolicyBody").to_owned();
    stack(world, form)?.policy = policy;
    Ok(String::new())
}

/// The template in the call, of 51,200 bytes at most, or the object that its URL names.
fn template_body(world: &World, form: &Form) -> Called {
    let url = given(form, "TemplateURL");
    if url.is_empty() {
        let body = given(form, "TemplateBody");
        return if body.len() > 51_200 { Err(invalid("templateBody is too long")) } else { Ok(body.to_owned()) };
    }
    let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
    let object = path
        .and_then(|path| path.split_once('/'))
        .and_then(|(bucket, key)| world.buckets.get(bucket)?.objects.get(key))
        .ok_or_else(|| invalid("S3 error: the specified key does not exist"))?;
    Ok(String::from_utf8_lossy(&object.bytes).into_owned())
}

fn describe_change_set(world: &mut World, form: &Form) -> Called {
    let name = given(form, "ChangeSetName");
    let instead = world.change_set_states.pop_front();
    let details = world.details.clone();
    let Some((set, stack_id)) = world.change_set(name) else { return Err(no_change_set(name)) };
    let mut set = set.clone();
    if let Some([status, execution_status, reason]) = instead {
        if execution_status == "EXECUTE_IN_PROGRESS" {
            world.stack(&stack_id).unwrap().status = format!("{}_IN_PROGRESS", set.kind);
        }
        set = ChangeSet { status, execution_status, reason, ..set };
    }
    let list = details::members(&set.changes, &details);
    let text = [
        tag("ChangeSetId", &set.id),
        tag("ChangeSetName", &set.name),
        tag("StackId", &stack_id),
        tag("Status", &set.status),
        tag("ExecutionStatus", &set.execution_status),
        tag("StatusReason", &set.reason),
        format!("<Changes>{list}</Changes>"),
    ];
    Ok(text.concat())
}

fn describe_events(world: &World) -> String {
    let mut text = String::new();
    for [logical_id, validation, path, reason] in &world.findings {
        let _ = write!(
            text,
            "<member><EventType>VALIDATION_ERROR</EventType>{}{}{}{}</member>",
            tag("LogicalResourceId", logical_id),
            tag("ValidationName", validation),
            tag("ValidationPath", path),
            tag("ValidationStatusReason", reason),
        );
    }
    format!("<OperationEvents>{text}</OperationEvents>")
}

fn no_change_set(name: &str) -> Answer {
    Answer::query_error(404, "ChangeSetNotFound", &format!("ChangeSet [{name}] does not exist"))
}

fn execute_change_set(world: &mut World, form: &Form) -> Called {
    let (name, token) = (given(form, "ChangeSetName"), given(form, "ClientRequestToken"));
    let Some((set, stack_id)) = world.change_set(name) else { return Err(no_change_set(name)) };
    let set = set.clone();
    if !set.mode.is_empty() && form.contains_key("DisableRollback") {
        return Err(invalid("DisableRollback does not go with DeploymentConfig"));
    }
    let stack = world.stack(&stack_id).unwrap();
    if stack.tokens.iter().any(|known| known == token) {
        return Err(Answer::query_error(400, "TokenAlreadyExistsException", "the token was used"));
    }
    let is_at_rest = stack.status == "REVIEW_IN_PROGRESS" || !stack.status.ends_with("_IN_PROGRESS");
    if set.execution_status != "AVAILABLE" || !is_at_rest {
        let message = format!("ChangeSet [{name}] cannot be executed in its current status");
        return Err(Answer::query_error(400, "InvalidChangeSetStatus", &message));
    }
    let is_obsolete = set.made_after != stack.tokens.len();
    world.obsolete_executions += u32::from(is_obsolete);
    execute(world, &stack_id, &set, token);
    Ok(String::new())
}

fn delete_change_set(world: &mut World, form: &Form) -> String {
    let name = given(form, "ChangeSetName");
    for stack in &mut world.stacks {
        stack.change_sets.retain(|set| set.id != name);
    }
    String::new()
}

fn delete_stack(world: &mut World, form: &Form) -> Called {
    let token = given(form, "ClientRequestToken").to_owned();
    let Some(stack) = world.stack(given(form, "StackName")) else { return Ok(String::new()) };
    if form.contains_key("RoleARN") {
        given(form, "RoleARN").clone_into(&mut stack.options.role);
    }
    if stack.protected {
        let message = format!("Stack [{}] cannot be deleted while TerminationProtection is enabled", stack.name);
        return Err(invalid(&message));
    }
    if stack.status == "DELETE_IN_PROGRESS" || stack.status == "DELETE_COMPLETE" {
        return Ok(String::new());
    }
    if stack.status == "REVIEW_IN_PROGRESS" {
        "DELETE_COMPLETE".clone_into(&mut stack.status);
        stack.change_sets.clear();
        return Ok(String::new());
    }
    if stack.status.ends_with("_IN_PROGRESS") && stack.status != "CREATE_IN_PROGRESS" {
        let message = format!("Stack [{}] cannot be deleted while in status {}", stack.name, stack.status);
        return Err(invalid(&message));
    }
    stack.pending.clear();
    let id = stack.id.clone();
    delete(world, &id, &token);
    Ok(String::new())
}

fn update_termination_protection(world: &mut World, form: &Form) -> Called {
    let on = given(form, "EnableTerminationProtection") == "true";
    let stack = stack(world, form)?;
    stack.protected = on;
    Ok(tag("StackId", &stack.id))
}
