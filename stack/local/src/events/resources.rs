//! How CloudFormation makes rules, buses and their policies.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Map, Value, json};

use super::buses::{bus_arn, bus_name, statement};
use super::rules::RuleInput;
use super::{Bus, DEFAULT_BUS};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{changed, required_text, tags, text};

fn provisioned(physical_id: String, attributes: &[(&str, String)]) -> Provisioned {
    let attributes: Map<String, Value> =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    Provisioned { physical_id, attributes }
}

/// `Ref` of a rule is its name, after its bus where that is not the default one.
fn rule_id(bus: &str, name: &str) -> String {
    if bus == DEFAULT_BUS { name.to_owned() } else { format!("{bus}|{name}") }
}

fn bus_and_name(physical_id: &str) -> (&str, &str) {
    physical_id.split_once('|').unwrap_or((DEFAULT_BUS, physical_id))
}

fn targets(properties: &Value) -> Vec<Value> {
    let targets = properties.get("Targets").and_then(Value::as_array).cloned().unwrap_or_default();
    targets.into_iter().map(stringified).collect()
}

/// Templates may give numbers and objects where the API has texts.
fn stringified(mut target: Value) -> Value {
    if let Some(input) = target.get("Input").filter(|input| input.is_object()) {
        target["Input"] = json!(input.to_string());
    }
    target
}

/// `AWS::Events::Rule`.
pub(crate) async fn create_rule(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let name = text(properties, "Name").map_or_else(|| context.generated_name(64), str::to_owned);
    let input = RuleInput::read(properties, &name)?;
    let events = &context.cloud.events;
    if events.rule(&input.bus, &name).is_ok() {
        return Err(ProviderError::new(
            "AlreadyExists",
            format!("Resource of type 'AWS::Events::Rule' with identifier '{name}' already exists."),
        ));
    }
    let bus = input.bus.clone();
    let arn = events.put_rule(&context.cloud, input)?;
    if let Err(error) = set_targets(context, &bus, &name, properties) {
        // Nothing half made stays behind a failed create.
        let _ = remove_rule(context, &bus, &name);
        return Err(error);
    }
    Ok(provisioned(rule_id(&bus, &name), &[("Arn", arn)]))
}

fn set_targets(context: &ResourceContext, bus: &str, name: &str, properties: &Value) -> Result<(), ProviderError> {
    let events = &context.cloud.events;
    let wanted = targets(properties);
    let gone: Vec<String> = events
        .rule(bus, name)?
        .targets
        .iter()
        .filter(|old| !wanted.iter().any(|new| new["Id"] == old["Id"]))
        .filter_map(|old| text(old, "Id").map(str::to_owned))
        .collect();
    events.remove_targets(bus, name, &gone)?;
    if let Some(failed) = events.put_targets(bus, name, &wanted)?.into_iter().next() {
        return Err(failed.error.into());
    }
    let tags = tags(properties, &context.tags);
    Ok(events.change_rule(bus, name, |rule| {
        rule.tags = tags;
        Ok(())
    })?)
}

fn remove_rule(context: &ResourceContext, bus: &str, name: &str) -> Result<(), ProviderError> {
    let events = &context.cloud.events;
    let Ok(rule) = events.rule(bus, name) else { return Ok(()) };
    let ids: Vec<String> = rule.targets.iter().filter_map(|target| text(target, "Id").map(str::to_owned)).collect();
    events.remove_targets(bus, name, &ids)?;
    Ok(events.delete_rule(&context.cloud, bus, name)?)
}

/// Changes a rule and its targets in place; another name or bus needs another rule.
pub(crate) async fn update_rule(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["Name", "EventBusName"]) {
        return Ok(Update::Replace);
    }
    let (bus, name) = bus_and_name(physical_id);
    let arn = context.cloud.events.put_rule(&context.cloud, RuleInput::read(new, name)?)?;
    set_targets(context, bus, name, new)?;
    Ok(Update::InPlace(provisioned(physical_id.to_owned(), &[("Arn", arn)])))
}

/// Removes a rule with its targets.
pub(crate) async fn delete_rule(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    let (bus, name) = bus_and_name(physical_id);
    remove_rule(context, bus, name)
}

/// The rule as it is now.
pub(crate) async fn read_rule(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let (bus, name) = bus_and_name(physical_id);
    let Ok(rule) = context.cloud.events.rule(bus, name) else { return Ok(Live::Gone) };
    let mut live = json!({"Name": rule.name, "State": if rule.enabled { "ENABLED" } else { "DISABLED" }});
    for (property, value) in
        [("Description", &rule.description), ("ScheduleExpression", &rule.schedule), ("RoleArn", &rule.role)]
    {
        if let Some(value) = value {
            live[property] = json!(value);
        }
    }
    if let Some(pattern) = &rule.pattern {
        // In the form in which the template gives it.
        let object = declared.get("EventPattern").is_some_and(Value::is_object);
        live["EventPattern"] = if object { serde_json::from_str(pattern).unwrap_or_default() } else { json!(pattern) };
    }
    if let Some(bus) = declared.get("EventBusName") {
        live["EventBusName"] = bus.clone();
    }
    if !rule.targets.is_empty() || declared.get("Targets").is_some() {
        live["Targets"] = json!(rule.targets);
    }
    Ok(Live::Properties(live))
}

/// `AWS::Events::EventBus`.
pub(crate) async fn create_event_bus(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let name = required_text(properties, "Name")?;
    if text(properties, "EventSourceName").is_some() {
        return Err(ProviderError::invalid("the local cloud does not serve partner event buses (`EventSourceName`)"));
    }
    let bus = bus(context, properties, time::OffsetDateTime::now_utc().unix_timestamp());
    context.cloud.events.create_bus(name, bus)?;
    Ok(provisioned_bus(context, name))
}

fn bus(context: &ResourceContext, properties: &Value, created: i64) -> Bus {
    let policy = match properties.get("Policy").and_then(|policy| policy.get("Statement")) {
        Some(Value::Array(statements)) => statements.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    Bus {
        description: text(properties, "Description").map(str::to_owned),
        policy,
        tags: tags(properties, &context.tags),
        created,
    }
}

fn provisioned_bus(context: &ResourceContext, name: &str) -> Provisioned {
    provisioned(name.to_owned(), &[("Arn", bus_arn(&context.region, name)), ("Name", name.to_owned())])
}

/// A bus that exists already.
pub(crate) fn adopt_event_bus(context: &ResourceContext, name: &str) -> Provisioned {
    provisioned_bus(context, name)
}

/// Changes description, policy and tags in place.
pub(crate) async fn update_event_bus(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["Name", "EventSourceName"]) {
        return Ok(Update::Replace);
    }
    let keeps_policy = !changed(old, new, &["Policy"]);
    context.cloud.events.change_bus(physical_id, |kept| {
        let mut wanted = bus(context, new, kept.created);
        if keeps_policy {
            // Statements of `AWS::Events::EventBusPolicy` are here, too.
            wanted.policy.clone_from(&kept.policy);
        }
        *kept = wanted;
    })?;
    Ok(Update::InPlace(provisioned_bus(context, physical_id)))
}

/// Removes a bus.
pub(crate) async fn delete_event_bus(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    Ok(context.cloud.events.delete_bus(physical_id)?)
}

/// The bus as it is now.
pub(crate) async fn read_event_bus(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Ok(bus) = context.cloud.events.bus(physical_id) else { return Ok(Live::Gone) };
    let mut live = json!({"Name": physical_id});
    if let Some(description) = &bus.description {
        live["Description"] = json!(description);
    }
    if declared.get("Policy").is_some() {
        live["Policy"] = bus.document().unwrap_or_else(|| json!({}));
    }
    Ok(Live::Properties(live))
}

/// `AWS::Events::EventBusPolicy`: one statement of a bus's policy. `Ref` names it with its bus.
pub(crate) async fn create_event_bus_policy(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let (bus, sid) = put_statement(context, properties)?;
    Ok(provisioned(format!("{bus}|{sid}"), &[]))
}

fn put_statement(context: &ResourceContext, properties: &Value) -> Result<(String, String), ProviderError> {
    let bus = bus_name(text(properties, "EventBusName")).to_owned();
    let sid = required_text(properties, "StatementId")?;
    let one = match properties.get("Statement") {
        Some(Value::Object(fields)) => {
            let mut fields = fields.clone();
            fields.insert("Sid".to_owned(), json!(sid));
            Value::Object(fields)
        }
        Some(_) => return Err(ProviderError::invalid("the property `Statement` must be an object")),
        None => statement(
            &context.region,
            &bus,
            sid,
            required_text(properties, "Action")?,
            required_text(properties, "Principal")?,
            properties.get("Condition"),
        )?,
    };
    context.cloud.events.put_statement(&bus, one)?;
    Ok((bus, sid.to_owned()))
}

/// Writes the statement anew.
pub(crate) async fn update_event_bus_policy(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["EventBusName", "StatementId"]) {
        return Ok(Update::Replace);
    }
    put_statement(context, new)?;
    Ok(Update::InPlace(provisioned(physical_id.to_owned(), &[])))
}

/// Takes the statement out of the policy.
pub(crate) async fn delete_event_bus_policy(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    let (bus, sid) = bus_and_name(physical_id);
    match context.cloud.events.remove_statement(bus, sid) {
        Err(error) if error.code != "ResourceNotFoundException" => Err(error.into()),
        _ => Ok(()),
    }
}

/// The statement as it is now.
pub(crate) async fn read_event_bus_policy(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let (bus, sid) = bus_and_name(physical_id);
    let Ok(bus) = context.cloud.events.bus(bus) else { return Ok(Live::Gone) };
    let Some(found) = bus.policy.iter().find(|one| one["Sid"] == sid) else { return Ok(Live::Gone) };
    let mut live = json!({"StatementId": sid});
    if let Some(name) = declared.get("EventBusName") {
        live["EventBusName"] = name.clone();
    }
    if let Some(statement) = declared.get("Statement") {
        let mut found = found.clone();
        if statement.get("Sid").is_none()
            && let Some(fields) = found.as_object_mut()
        {
            fields.shift_remove("Sid");
        }
        live["Statement"] = found;
    }
    Ok(Live::Properties(live))
}
