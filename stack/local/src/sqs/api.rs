//! The operations of SQS: JSON 1.0, and for older clients Query, which `query` translates.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::errors::{invalid, invalid_value, missing, no_queue};
use super::message::{Attribute, Outgoing};
use super::queues::effective_attributes;
use super::show::{show_attributes, show_message, show_sent};
use super::transfer::Wanted;
use super::{Queue, batches, errors, move_requests, permissions, query, queue_arn, queue_name};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal};
use crate::wire::properties::{as_integer, reference_list, text};
use crate::wire::{Protocol, ServiceError, read_form, read_json, target_operation};

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let caller = Principal::of(&request);
    let trace = request.headers().get("x-amzn-trace-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let caller = Caller { principal: caller, trace };
    if !request.headers().contains_key("x-amz-target") {
        let path = request.uri().path().to_owned();
        return query::handle(cloud, &caller, &path, read_form(request).await).await;
    }
    let operation = target_operation(&request);
    let answered = match read_json::<Value>(request).await {
        Ok(input) => answer(cloud, &caller, &operation, &input).await,
        Err(error) => Err(error),
    };
    match answered {
        Ok(value) => Protocol::Json10.json_response(StatusCode::OK, &value),
        Err(error) => {
            let mut response = Protocol::Json10.render_error(&error);
            let kind = if error.status.is_server_error() { "Receiver" } else { "Sender" };
            let code = format!("{};{kind}", errors::query_code(&error.code));
            if let Ok(code) = http::HeaderValue::from_str(&code) {
                response.headers_mut().insert("x-amzn-query-error", code);
            }
            response
        }
    }
}

/// Whoever asks.
pub(super) struct Caller {
    principal: Principal,
    /// `X-Amzn-Trace-Id`, by which a loop of functions and queues is found.
    trace: Option<String>,
}

/// Whoever asks, and for what.
pub(super) struct Asked<'a> {
    pub(super) cloud: &'a Arc<Cloud>,
    caller: &'a Caller,
    pub(super) input: &'a Value,
}

/// Answers an operation with the members of its JSON answer.
pub(super) async fn answer(
    cloud: &Arc<Cloud>,
    caller: &Caller,
    operation: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    let asked = Asked { cloud, caller, input };
    let sqs = &cloud.sqs;
    match operation {
        "CreateQueue" => return create_queue(&asked),
        "DeleteQueue" => sqs.delete(&asked.queue("sqs:DeleteQueue")?.name)?,
        "GetQueueUrl" => return get_queue_url(&asked),
        "ListQueues" => return list_queues(&asked),
        "GetQueueAttributes" => return get_queue_attributes(&asked),
        "SetQueueAttributes" => {
            let queue = asked.queue("sqs:SetQueueAttributes")?;
            sqs.set_attributes(&queue.name, &asked.texts("Attributes"))?;
        }
        "SendMessage" => {
            let queue = asked.queue("sqs:SendMessage")?;
            let message = sqs.send(&queue, asked.outgoing(input)?, crate::logs::now())?;
            return Ok(show_sent(&queue, &message, input));
        }
        "SendMessageBatch" => return batches::send(&asked),
        "ReceiveMessage" => return receive_message(&asked).await,
        "DeleteMessage" => {
            let queue = asked.queue("sqs:DeleteMessage")?;
            sqs.delete_message(&queue.name, asked.require("ReceiptHandle")?, crate::logs::now())?;
        }
        "DeleteMessageBatch" => return batches::delete(&asked),
        "ChangeMessageVisibility" => {
            let queue = asked.queue("sqs:ChangeMessageVisibility")?;
            let seconds = asked.number("VisibilityTimeout")?.ok_or_else(|| missing("VisibilityTimeout"))?;
            sqs.change_visibility(&queue.name, asked.require("ReceiptHandle")?, seconds, crate::logs::now())?;
        }
        "ChangeMessageVisibilityBatch" => return batches::change_visibility(&asked),
        "PurgeQueue" => sqs.purge(&asked.queue("sqs:PurgeQueue")?)?,
        "TagQueue" => {
            let tags = asked.texts("Tags");
            change_tags(&asked, "sqs:TagQueue", |of_queue| of_queue.extend(tags))?;
        }
        "UntagQueue" => {
            let names = reference_list(input, "TagKeys");
            change_tags(&asked, "sqs:UntagQueue", |of_queue| of_queue.retain(|name, _| !names.contains(name)))?;
        }
        "ListQueueTags" => {
            let tags = asked.queue("sqs:ListQueueTags")?.tags;
            return Ok(if tags.is_empty() { json!({}) } else { json!({ "Tags": tags }) });
        }
        "AddPermission" => permissions::add_permission(&asked)?,
        "RemovePermission" => permissions::remove_permission(&asked)?,
        "ListDeadLetterSourceQueues" => {
            let queue = asked.queue("sqs:ListDeadLetterSourceQueues")?;
            let sources = sqs.sources_of(&queue.arn());
            return page(&asked, sources.iter().map(|source| queue_url(cloud, source)).collect(), "queueUrls");
        }
        "StartMessageMoveTask" => return move_requests::start_move(&asked),
        "CancelMessageMoveTask" => return move_requests::cancel_move(&asked),
        "ListMessageMoveTasks" => {
            let queue = asked.queue_of_arn("sqs:ListMessageMoveTasks", asked.require("SourceArn")?)?;
            let limit = asked.number("MaxResults")?.unwrap_or(1).clamp(1, 10);
            return Ok(json!({"Results": sqs.list_moves(&queue, usize::try_from(limit).unwrap_or(1))}));
        }
        other => return Err(ServiceError::unknown_operation("SQS", other)),
    }
    Ok(json!({}))
}

/// How a queue is addressed: by path on the port of the local cloud.
pub(crate) fn queue_url(cloud: &Cloud, queue: &Queue) -> String {
    format!("{}/{}/{}", cloud.url, cloud.account, queue.name)
}

impl Asked<'_> {
    /// The queue that `QueueUrl` names, if the caller may do `action` with it.
    pub(super) fn queue(&self, action: &str) -> Result<Queue, ServiceError> {
        let url = self.require("QueueUrl")?;
        let path = url.split_once("://").map_or(url, |(_, rest)| rest);
        if !path.contains('/') {
            return Err(ServiceError::bad_request(
                "InvalidAddress",
                format!("The address {url} is not valid for this endpoint."),
            ));
        }
        self.existing(action, queue_name(url))
    }

    /// The same for a queue named by ARN.
    pub(super) fn queue_of_arn(&self, action: &str, arn: &str) -> Result<Queue, ServiceError> {
        if !arn.starts_with("arn:aws:sqs:") {
            return Err(invalid_value(format!("`{arn}` is not the ARN of a queue.")));
        }
        self.existing(action, queue_name(arn)).map_err(|error| {
            if error.code == "QueueDoesNotExist" {
                return ServiceError::not_found(
                    "ResourceNotFoundException",
                    "The resource that you specified for the SourceArn parameter doesn't exist.",
                );
            }
            error
        })
    }

    fn existing(&self, action: &str, name: &str) -> Result<Queue, ServiceError> {
        let queue = self.cloud.sqs.queue(name);
        let arn = queue.as_ref().map_or_else(|| queue_arn(&self.cloud.region, name), Queue::arn);
        self.authorize(action, &arn, queue.as_ref())?;
        queue.ok_or_else(no_queue)
    }

    pub(super) fn authorize(&self, action: &str, arn: &str, queue: Option<&Queue>) -> Result<(), ServiceError> {
        let policy = queue.and_then(Queue::policy);
        let access = Access { resource_policy: policy.as_ref(), ..Access::new(action, arn) };
        self.cloud.iam.authorize(&self.caller.principal, &access)
    }

    /// A text that must be there.
    pub(super) fn require(&self, name: &str) -> Result<&str, ServiceError> {
        text(self.input, name).filter(|value| !value.is_empty()).ok_or_else(|| missing(name))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, ServiceError> {
        number(self.input, name)
    }

    /// A map of texts.
    fn texts(&self, name: &str) -> BTreeMap<String, String> {
        let entries = self.input.get(name).and_then(Value::as_object).into_iter().flatten();
        entries.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
    }

    /// The message of a request or of an entry of a batch.
    pub(super) fn outgoing(&self, input: &Value) -> Result<Outgoing, ServiceError> {
        let system = attributes(input, "MessageSystemAttributes")?;
        if let Some(unknown) = system.keys().find(|name| *name != "AWSTraceHeader") {
            return Err(invalid_value(format!("Message system attribute name '{unknown}' is invalid.")));
        }
        Ok(Outgoing {
            body: text(input, "MessageBody").unwrap_or_default().to_owned(),
            attributes: attributes(input, "MessageAttributes")?,
            trace_header: system
                .get("AWSTraceHeader")
                .map(|attribute| attribute.value.clone())
                .or_else(|| self.caller.trace.clone()),
            delay: number(input, "DelaySeconds")?,
            group: text(input, "MessageGroupId").map(str::to_owned),
            deduplication: text(input, "MessageDeduplicationId").map(str::to_owned),
            sender: self.caller.principal.user_id.clone(),
        })
    }
}

/// A number of a request or of an entry.
pub(super) fn number(input: &Value, name: &str) -> Result<Option<i64>, ServiceError> {
    match input.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => as_integer(value)
            .map(Some)
            .ok_or_else(|| ServiceError::bad_request("SerializationException", format!("{name} must be an integer"))),
    }
}

fn attributes(input: &Value, name: &str) -> Result<BTreeMap<String, Attribute>, ServiceError> {
    let entries = input.get(name).and_then(Value::as_object).into_iter().flatten();
    entries
        .map(|(name, value)| {
            let data_type = text(value, "DataType").filter(|kind| !kind.is_empty()).ok_or_else(|| {
                invalid_value(format!(
                    "The message attribute '{name}' must contain a non-empty message attribute type."
                ))
            })?;
            let member = if data_type.starts_with("Binary") { "BinaryValue" } else { "StringValue" };
            let content = text(value, member).unwrap_or_default().to_owned();
            Ok((name.clone(), Attribute { data_type: data_type.to_owned(), value: content }))
        })
        .collect()
}

fn create_queue(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let (name, cloud) = (asked.require("QueueName")?, asked.cloud);
    asked.authorize("sqs:CreateQueue", &queue_arn(&cloud.region, name), None)?;
    let tags = if asked.input.get("tags").is_some() { asked.texts("tags") } else { asked.texts("Tags") };
    let queue = cloud.sqs.create(name, &cloud.region, asked.texts("Attributes"), tags)?;
    Ok(json!({"QueueUrl": queue_url(cloud, &queue)}))
}

fn get_queue_url(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let queue = asked.existing("sqs:GetQueueUrl", asked.require("QueueName")?)?;
    Ok(json!({"QueueUrl": queue_url(asked.cloud, &queue)}))
}

fn list_queues(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let every = queue_arn(&asked.cloud.region, "");
    asked.authorize("sqs:ListQueues", &every, None)?;
    let prefix = text(asked.input, "QueueNamePrefix").unwrap_or_default();
    let queues = asked.cloud.sqs.queues();
    let urls = queues.iter().filter(|queue| queue.name.starts_with(prefix)).map(|queue| queue_url(asked.cloud, queue));
    page(asked, urls.collect(), "QueueUrls")
}

/// A page of URLs. Without `MaxResults` it holds a thousand and no token tells of more.
fn page(asked: &Asked<'_>, urls: Vec<String>, name: &str) -> Result<Value, ServiceError> {
    let limit = asked.number("MaxResults")?;
    if limit.is_some_and(|limit| !(1..=1000).contains(&limit)) {
        return Err(invalid_value(
            "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.",
        ));
    }
    let size = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(1000);
    let start = match text(asked.input, "NextToken") {
        None | Some("") => 0,
        Some(token) => urls
            .iter()
            .position(|url| queue_name(url) == token)
            .map(|at| at + 1)
            .ok_or_else(|| invalid_value("Invalid or expired next token."))?,
    };
    let more = limit.is_some() && urls.len() > start + size;
    let shown: Vec<String> = urls.into_iter().skip(start).take(size).collect();
    let mut answer = json!({});
    if let (true, Some(last)) = (more, shown.last()) {
        answer["NextToken"] = json!(queue_name(last));
    }
    if !shown.is_empty() || name == "queueUrls" {
        answer[name] = json!(shown);
    }
    Ok(answer)
}

fn get_queue_attributes(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let queue = asked.queue("sqs:GetQueueAttributes")?;
    let wanted = reference_list(asked.input, "AttributeNames");
    let all = wanted.iter().any(|name| name == "All");
    let mut known = effective_attributes(&queue);
    let (visible, in_flight, delayed) = asked.cloud.sqs.counts(&queue.name);
    for (name, value) in [
        ("ApproximateNumberOfMessages", visible.to_string()),
        ("ApproximateNumberOfMessagesDelayed", delayed.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", in_flight.to_string()),
        ("CreatedTimestamp", queue.created.to_string()),
        ("LastModifiedTimestamp", queue.modified.to_string()),
        ("QueueArn", queue.arn()),
    ] {
        known.insert(name.to_owned(), value);
    }
    let is_name = |name: &String| {
        name == "All"
            || super::attributes::SETTABLE.contains(&name.as_str())
            || super::attributes::TOLD.contains(&name.as_str())
    };
    if let Some(unknown) = wanted.iter().find(|name| !is_name(name)) {
        return Err(ServiceError::bad_request("InvalidAttributeName", format!("Unknown Attribute {unknown}.")));
    }
    let shown: Map<String, Value> = known
        .into_iter()
        .filter(|(name, _)| all || wanted.contains(name))
        .map(|(name, value)| (name, Value::String(value)))
        .collect();
    Ok(if shown.is_empty() { json!({}) } else { json!({ "Attributes": shown }) })
}

async fn receive_message(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let queue = asked.queue("sqs:ReceiveMessage")?;
    let limit = asked.number("MaxNumberOfMessages")?.unwrap_or(1);
    if !(1..=10).contains(&limit) {
        return Err(invalid("MaxNumberOfMessages", limit, "Must be between 1 and 10, if provided."));
    }
    let visibility = asked.number("VisibilityTimeout")?;
    if let Some(seconds) = visibility.filter(|seconds| !(0..=43_200).contains(seconds)) {
        return Err(invalid("VisibilityTimeout", seconds, "Must be >= 0 and <= 43200, if provided."));
    }
    let wait = asked.number("WaitTimeSeconds")?.unwrap_or_else(|| queue.number("ReceiveMessageWaitTimeSeconds"));
    if !(0..=20).contains(&wait) {
        return Err(invalid("WaitTimeSeconds", wait, "Must be >= 0 and <= 20, if provided."));
    }
    let wanted = Wanted { limit: usize::try_from(limit).unwrap_or(1), visibility };
    let wait = Duration::from_secs(u64::try_from(wait).unwrap_or_default());
    let messages = asked.cloud.sqs.receive_waiting(&queue.name, wanted, wait).await?;
    if messages.is_empty() {
        return Ok(json!({}));
    }
    let mut system = reference_list(asked.input, "MessageSystemAttributeNames");
    system.extend(reference_list(asked.input, "AttributeNames"));
    let own = reference_list(asked.input, "MessageAttributeNames");
    let show = |message| {
        let mut shown = show_message(&queue, message, &own);
        let attributes = show_attributes(&queue, message, &system);
        if !attributes.is_empty() {
            shown["Attributes"] = Value::Object(attributes);
        }
        shown
    };
    Ok(json!({"Messages": messages.iter().map(show).collect::<Vec<_>>()}))
}

fn change_tags(
    asked: &Asked<'_>,
    action: &str,
    change: impl FnOnce(&mut BTreeMap<String, String>),
) -> Result<(), ServiceError> {
    let queue = asked.queue(action)?;
    asked.cloud.sqs.change(&queue.name, |_, queue| {
        change(&mut queue.tags);
        if queue.tags.len() > 50 {
            return Err(invalid_value("Too many tags added for queue. Maximum number of tags: 50."));
        }
        Ok(())
    })
}
