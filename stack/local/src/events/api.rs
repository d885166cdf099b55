//! The wire format of `EventBridge`: JSON 1.1.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::buses::{bus_arn, bus_name, statement};
use super::rules::{RuleInput, check_pattern};
use super::targets::show_failed;
use super::{Bus, DEFAULT_BUS, Events, Rule, entries, not_found, validation};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal};
use crate::pattern;
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::properties::{as_flag, as_integer, reference_list, tags, text};
use crate::wire::{JsonCall, Protocol, ServiceError};

/// Entries of one page, where the caller names no other.
const PAGE: usize = 100;

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let answered =
        JsonCall::read(cloud, request).await.and_then(|call| answer(cloud, &call.caller, &call.operation, &call.input));
    Protocol::Json.json_answer(answered)
}

/// One request with what every operation asks of it.
struct Call<'a> {
    cloud: &'a Arc<Cloud>,
    principal: &'a Principal,
    action: String,
    input: &'a Value,
}

impl Call<'_> {
    fn required(&self, name: &str) -> Result<&str, ServiceError> {
        text(self.input, name).filter(|value| !value.is_empty()).ok_or_else(|| {
            let (first, rest) = name.split_at(1);
            validation(format!(
                "1 validation error detected: Value null at '{}{rest}' failed to satisfy constraint: Member must not be null",
                first.to_ascii_lowercase()
            ))
        })
    }

    fn bus(&self) -> &str {
        bus_name(text(self.input, "EventBusName"))
    }

    fn allow(&self, resource: &str) -> Result<(), ServiceError> {
        self.cloud.iam.authorize(self.principal, &Access::new(&self.action, resource))
    }

    /// Lets the request pass for a rule, and gives its bus.
    fn allow_rule(&self, name: &str) -> Result<String, ServiceError> {
        let bus = self.bus().to_owned();
        let rule = Rule { name: name.to_owned(), bus: bus.clone(), ..Rule::default() };
        self.allow(&rule.arn(&self.cloud.region))?;
        Ok(bus)
    }

    /// Asks for the role that an object hands to EventBridge.
    fn allow_role(&self, object: &Value) -> Result<(), ServiceError> {
        self.cloud.iam.authorize_passed_roles(self.principal, object, &["/RoleArn"], "events.amazonaws.com")
    }

    fn allow_bus(&self, name: &str) -> Result<(), ServiceError> {
        self.allow(&bus_arn(&self.cloud.region, name))
    }

    /// One page of a list, under `field`; the token is how many entries came before.
    fn page(&self, field: &str, all: &[Value]) -> Result<Value, ServiceError> {
        let start = match text(self.input, "NextToken") {
            None => 0,
            Some(token) => token.parse::<usize>().map_err(|_| validation("The nextToken is not valid."))?,
        };
        let limit = self.input.get("Limit").and_then(as_integer).and_then(|limit| usize::try_from(limit).ok());
        let page: Vec<&Value> = all.iter().skip(start).take(limit.unwrap_or(PAGE).clamp(1, PAGE)).collect();
        let end = start + page.len();
        let mut answer = json!({field: page});
        if end < all.len() {
            answer["NextToken"] = json!(end.to_string());
        }
        Ok(answer)
    }
}

fn answer(cloud: &Arc<Cloud>, principal: &Principal, operation: &str, input: &Value) -> Result<Value, ServiceError> {
    let call = Call { cloud, principal, action: format!("events:{operation}"), input };
    match operation {
        "PutEvents" => entries::put(cloud, principal, input),
        "TestEventPattern" => test_pattern(&call),
        "TagResource" | "UntagResource" | "ListTagsForResource" => tagging(&call, operation),
        _ => match rule_operation(&call, operation)? {
            Some(answer) => Ok(answer),
            None => bus_operation(&call, operation)?
                .ok_or_else(|| ServiceError::unknown_operation("EventBridge", operation)),
        },
    }
}

fn test_pattern(call: &Call<'_>) -> Result<Value, ServiceError> {
    call.allow("*")?;
    let pattern = check_pattern(call.required("EventPattern")?)?;
    let event: Option<Value> = serde_json::from_str(call.required("Event")?).ok();
    let missing = |event: &Value| {
        ["id", "account", "source", "time", "region", "resources", "detail-type"]
            .into_iter()
            .find(|name| event.get(name).is_none())
    };
    let event = event
        .filter(Value::is_object)
        .ok_or_else(|| validation("Parameter Event is not valid. Reason: it is not a JSON object."))?;
    if let Some(name) = missing(&event) {
        return Err(validation(format!("Parameter Event is not valid. Reason: the field `{name}` is missing.")));
    }
    let result =
        pattern.as_object().zip(event.as_object()).is_some_and(|(pattern, event)| pattern::matches(pattern, event));
    Ok(json!({"Result": result}))
}

fn rule_operation(call: &Call<'_>, operation: &str) -> Result<Option<Value>, ServiceError> {
    let (cloud, events) = (call.cloud, &call.cloud.events);
    let answer = match operation {
        "PutRule" => {
            let name = call.required("Name")?;
            call.allow_rule(name)?;
            call.allow_role(call.input)?;
            let input = RuleInput::read(call.input, name)?;
            let (bus, tags) = (input.bus.clone(), tags(call.input, &BTreeMap::new()));
            let arn = events.put_rule(cloud, input)?;
            if !tags.is_empty() {
                events.change_rule(&bus, name, |rule| {
                    rule.tags.extend(tags);
                    Ok(())
                })?;
            }
            json!({"RuleArn": arn})
        }
        "DescribeRule" => {
            let name = call.required("Name")?;
            let bus = call.allow_rule(name)?;
            show_rule(&events.rule(&bus, name)?, &cloud.region)
        }
        "DeleteRule" => {
            let name = call.required("Name")?;
            let bus = call.allow_rule(name)?;
            events.delete_rule(cloud, &bus, name)?;
            json!({})
        }
        "EnableRule" | "DisableRule" => {
            let name = call.required("Name")?;
            let bus = call.allow_rule(name)?;
            events.enable_rule(cloud, &bus, name, operation == "EnableRule")?;
            json!({})
        }
        "ListRules" => {
            call.allow("*")?;
            let bus = events.existing_bus(call.bus())?;
            let prefix = text(call.input, "NamePrefix").unwrap_or_default();
            let rules = events.rules(&bus).into_iter().filter(|rule| rule.name.starts_with(prefix));
            call.page("Rules", &rules.map(|rule| show_rule(&rule, &cloud.region)).collect::<Vec<_>>())?
        }
        "ListRuleNamesByTarget" => {
            call.allow("*")?;
            let (bus, target) = (events.existing_bus(call.bus())?, call.required("TargetArn")?);
            let rules = events.rules(&bus).into_iter();
            let rules = rules.filter(|rule| rule.targets.iter().any(|one| one["Arn"] == target));
            call.page("RuleNames", &rules.map(|rule| json!(rule.name)).collect::<Vec<_>>())?
        }
        "ListTargetsByRule" => {
            let name = call.required("Rule")?;
            let bus = call.allow_rule(name)?;
            call.page("Targets", &events.rule(&bus, name)?.targets)?
        }
        "PutTargets" => {
            let name = call.required("Rule")?;
            let bus = call.allow_rule(name)?;
            let targets = call.input.get("Targets").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            targets.iter().try_for_each(|target| call.allow_role(target))?;
            show_failed(&events.put_targets(&bus, name, targets)?)
        }
        "RemoveTargets" => {
            let name = call.required("Rule")?;
            let bus = call.allow_rule(name)?;
            show_failed(&events.remove_targets(&bus, name, &reference_list(call.input, "Ids"))?)
        }
        _ => return Ok(None),
    };
    Ok(Some(answer))
}

fn bus_operation(call: &Call<'_>, operation: &str) -> Result<Option<Value>, ServiceError> {
    let (events, region) = (&call.cloud.events, &call.cloud.region);
    let answer = match operation {
        "CreateEventBus" => {
            let name = call.required("Name")?;
            call.allow_bus(name)?;
            let bus = Bus {
                description: text(call.input, "Description").map(str::to_owned),
                policy: Vec::new(),
                tags: tags(call.input, &BTreeMap::new()),
                created: time::OffsetDateTime::now_utc().unix_timestamp(),
            };
            events.create_bus(name, bus)?;
            json!({"EventBusArn": bus_arn(region, name), "Description": text(call.input, "Description")})
        }
        "UpdateEventBus" => {
            let name = bus_name(text(call.input, "Name"));
            call.allow_bus(name)?;
            let description = text(call.input, "Description").map(str::to_owned);
            events.change_bus(name, |bus| bus.description.clone_from(&description))?;
            json!({"Arn": bus_arn(region, name), "Name": name, "Description": description})
        }
        "DeleteEventBus" => {
            let name = bus_name(Some(call.required("Name")?));
            call.allow_bus(name)?;
            events.delete_bus(name)?;
            json!({})
        }
        "DescribeEventBus" => {
            let name = bus_name(text(call.input, "Name"));
            call.allow_bus(name)?;
            show_bus(name, &events.bus(name)?, region)
        }
        "ListEventBuses" => {
            call.allow("*")?;
            let prefix = text(call.input, "NamePrefix").unwrap_or_default();
            let buses = events.buses().into_iter().filter(|(name, _)| name.starts_with(prefix));
            call.page("EventBuses", &buses.map(|(name, bus)| show_bus(&name, &bus, region)).collect::<Vec<_>>())?
        }
        "PutPermission" => {
            let name = call.bus();
            call.allow_bus(name)?;
            put_permission(events, call, name)?;
            json!({})
        }
        "RemovePermission" => {
            let name = call.bus();
            call.allow_bus(name)?;
            if call.input.get("RemoveAllPermissions").and_then(as_flag) == Some(true) {
                events.change_bus(name, |bus| bus.policy.clear())?;
            } else {
                events.remove_statement(name, call.required("StatementId")?)?;
            }
            json!({})
        }
        _ => return Ok(None),
    };
    Ok(Some(answer))
}

fn put_permission(events: &Events, call: &Call<'_>, name: &str) -> Result<(), ServiceError> {
    if let Some(policy) = text(call.input, "Policy") {
        let document: Option<Value> = serde_json::from_str(policy).ok();
        let statements = document.as_ref().and_then(|document| match document.get("Statement")? {
            Value::Array(statements) => Some(statements.clone()),
            one @ Value::Object(_) => Some(vec![one.clone()]),
            _ => None,
        });
        let statements = statements.ok_or_else(|| {
            ServiceError::bad_request(
                "ValidationException",
                "Parameter Policy is not valid. Reason: it is no policy document.",
            )
        })?;
        return events.change_bus(name, |bus| bus.policy = statements);
    }
    let one = statement(
        &call.cloud.region,
        name,
        call.required("StatementId")?,
        call.required("Action")?,
        call.required("Principal")?,
        call.input.get("Condition").filter(|condition| !condition.is_null()),
    )?;
    events.put_statement(name, one)
}

/// What has tags: a rule or a bus.
fn tagging(call: &Call<'_>, operation: &str) -> Result<Value, ServiceError> {
    let arn = call.required("ResourceARN")?;
    call.allow(arn)?;
    let events = &call.cloud.events;
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let no_such = || not_found(format!("Resource with ARN {arn} does not exist."));
    let rule = resource.strip_prefix("rule/").map(|path| path.split_once('/').unwrap_or((DEFAULT_BUS, path)));
    let bus = resource.strip_prefix("event-bus/");
    let change = |change: &dyn Fn(&mut BTreeMap<String, String>)| match (rule, bus) {
        (Some((bus, name)), _) => events.change_rule(bus, name, |rule| {
            change(&mut rule.tags);
            Ok(())
        }),
        (None, Some(name)) => events.change_bus(name, |bus| change(&mut bus.tags)),
        (None, None) => Err(no_such()),
    };
    match operation {
        "TagResource" => {
            let new = tags(call.input, &BTreeMap::new());
            change(&|tags| tags.extend(new.clone()))?;
        }
        "UntagResource" => {
            let keys = reference_list(call.input, "TagKeys");
            change(&|tags| tags.retain(|key, _| !keys.contains(key)))?;
        }
        _ => {
            let tags = match (rule, bus) {
                (Some((bus, name)), _) => events.rule(bus, name)?.tags,
                (None, Some(name)) => events.bus(name)?.tags,
                (None, None) => return Err(no_such()),
            };
            let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            return Ok(json!({ "Tags": tags }));
        }
    }
    Ok(json!({}))
}

fn show_rule(rule: &Rule, region: &str) -> Value {
    let mut shown = json!({
        "Name": rule.name,
        "Arn": rule.arn(region),
        "State": if rule.enabled { "ENABLED" } else { "DISABLED" },
        "EventBusName": rule.bus,
        "CreatedBy": DEFAULT_ACCOUNT,
    });
    for (name, value) in [
        ("Description", &rule.description),
        ("EventPattern", &rule.pattern),
        ("ScheduleExpression", &rule.schedule),
        ("RoleArn", &rule.role),
    ] {
        if let Some(value) = value {
            shown[name] = json!(value);
        }
    }
    shown
}

fn show_bus(name: &str, bus: &Bus, region: &str) -> Value {
    let mut shown = json!({"Name": name, "Arn": bus_arn(region, name), "CreationTime": bus.created, "LastModifiedTime": bus.created});
    if let Some(description) = &bus.description {
        shown["Description"] = json!(description);
    }
    if let Some(policy) = bus.document() {
        shown["Policy"] = json!(policy.to_string());
    }
    shown
}
