//! The wire format of SNS: Query.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value};

use super::authorization::authorize;
use super::message::{MessageAttribute, Publication};
use super::topics::invalid;
use super::{Sns, Subscription, delivery, signer};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response, respond};
use crate::iam::Principal;
use crate::wire::{Form, Protocol, ServiceError, XmlWriter, query_empty_response, query_response, read_form};

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// Entries of one page of a list, as SNS has it.
const PAGE: usize = 100;

/// Whether a request needs no signature: the links in messages, and the certificate that messages are checked with.
pub(crate) fn is_public(request: &Request) -> bool {
    let uri = request.uri();
    let link = |pair: &str| matches!(pair, "Action=ConfirmSubscription" | "Action=Unsubscribe");
    uri.path().starts_with("/_stack/sns/")
        || (request.method() == http::Method::GET
            && uri.path() == "/"
            && !request.headers().contains_key(http::header::AUTHORIZATION)
            && uri.query().is_some_and(|query| query.split('&').any(link)))
}

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let answered = if request.uri().path() == signer::CERTIFICATE_PATH {
        let signer = cloud.sns.signer().await;
        signer.map(|signer| respond(StatusCode::OK, "application/x-pem-file", signer.certificate.clone()))
    } else if request.uri().path().starts_with("/_stack/sns/") {
        Err(ServiceError::not_found("NotFound", "there is nothing at this path"))
    } else {
        let principal = request.extensions().get::<Principal>().cloned();
        match read_form(request).await {
            Ok(form) => answer(cloud, &form, principal.as_ref()),
            Err(error) => Err(error),
        }
    };
    answered.unwrap_or_else(|error| Protocol::Query.render_error(&error))
}

fn answer(cloud: &Arc<Cloud>, form: &Form, principal: Option<&Principal>) -> Result<Response, ServiceError> {
    let sns = &cloud.sns;
    let action = form.action();
    if let Some(principal) = principal {
        authorize(cloud, principal, form)?;
    } else if !matches!(action, "ConfirmSubscription" | "Unsubscribe") {
        return Err(ServiceError::new(
            StatusCode::FORBIDDEN,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ));
    }
    let empty = || Ok(query_empty_response(NAMESPACE, action));
    let result = |write: &dyn Fn(&mut XmlWriter)| Ok(query_response(NAMESPACE, action, write));
    match action {
        "AddPermission" => {
            sns.add_permission(form.require("TopicArn")?, form.require("Label")?, form)?;
            empty()
        }
        "RemovePermission" => {
            sns.remove_permission(form.require("TopicArn")?, form.require("Label")?)?;
            empty()
        }
        "CreateTopic" => {
            let topic = sns.create_topic(&cloud.region, form.require("Name")?, attributes(form), tags(form))?;
            result(&|xml| xml.text("TopicArn", &topic.arn))
        }
        "DeleteTopic" => {
            sns.delete_topic(form.require("TopicArn")?)?;
            empty()
        }
        "ListTopics" => {
            let topics = sns.topics().into_iter().map(|topic| topic.arn).collect();
            let (topics, next) = page(topics, form.get("NextToken"), Clone::clone);
            result(&|xml| {
                xml.list("Topics", &topics, |xml, arn| xml.text("TopicArn", arn));
                xml.optional("NextToken", next.as_ref());
            })
        }
        "GetTopicAttributes" => {
            let attributes = sns.topic_attributes(form.require("TopicArn")?)?;
            result(&|xml| write_attributes(xml, &attributes))
        }
        "SetTopicAttributes" => {
            let value = form.get("AttributeValue").unwrap_or_default();
            sns.set_topic_attribute(form.require("TopicArn")?, form.require("AttributeName")?, value)?;
            empty()
        }
        "Subscribe" => subscribe(cloud, form),
        "ConfirmSubscription" => {
            let confirmed = sns.confirm(form.require("TopicArn")?, form.require("Token")?)?;
            result(&|xml| xml.text("SubscriptionArn", &confirmed.arn))
        }
        "Unsubscribe" => {
            sns.unsubscribe(form.require("SubscriptionArn")?)?;
            empty()
        }
        "ListSubscriptions" | "ListSubscriptionsByTopic" => {
            let mut subscriptions = sns.subscriptions();
            if action == "ListSubscriptionsByTopic" {
                let topic = sns.topic(form.require("TopicArn")?)?;
                subscriptions.retain(|subscription| subscription.topic_arn == topic.arn);
            }
            let (subscriptions, next) = page(subscriptions, form.get("NextToken"), |one| one.arn.clone());
            result(&|xml| {
                xml.list("Subscriptions", &subscriptions, write_subscription);
                xml.optional("NextToken", next.as_ref());
            })
        }
        "GetSubscriptionAttributes" => {
            let subscription = sns.subscription(form.require("SubscriptionArn")?)?;
            result(&|xml| write_attributes(xml, &subscription.all_attributes()))
        }
        "SetSubscriptionAttributes" => {
            let value = form.get("AttributeValue").unwrap_or_default().to_owned();
            let attributes = BTreeMap::from([(form.require("AttributeName")?.to_owned(), value)]);
            sns.set_subscription_attributes(form.require("SubscriptionArn")?, &attributes)?;
            empty()
        }
        "Publish" => {
            let topic = form.get("TopicArn").or(form.get("TargetArn"));
            let topic =
                topic.ok_or_else(|| invalid("TopicArn or TargetArn Reason: no value for required parameter"))?;
            let id = sns.publish_message(cloud, topic, publication(form, "MessageAttributes.entry")?)?;
            result(&|xml| xml.text("MessageId", &id))
        }
        "PublishBatch" => publish_batch(cloud, form),
        "TagResource" | "UntagResource" | "ListTagsForResource" => tagging(sns, action, form),
        other => Err(ServiceError::unknown_operation("SNS", other)),
    }
}

fn tagging(sns: &Sns, action: &str, form: &Form) -> Result<Response, ServiceError> {
    let arn = form.require("ResourceArn")?;
    match action {
        "TagResource" => {
            let tags = tags(form);
            sns.change_topic(arn, |topic| topic.tags.extend(tags))?;
        }
        "UntagResource" => {
            let keys = form.list("TagKeys");
            sns.change_topic(arn, |topic| topic.tags.retain(|key, _| !keys.contains(key)))?;
        }
        _ => {
            let topic = sns.topic(arn)?;
            return Ok(query_response(NAMESPACE, action, |xml| {
                xml.list("Tags", &topic.tags, |xml, (key, value)| {
                    xml.text("Key", key);
                    xml.text("Value", value);
                });
            }));
        }
    }
    Ok(query_response(NAMESPACE, action, |_| {}))
}

fn subscribe(cloud: &Arc<Cloud>, form: &Form) -> Result<Response, ServiceError> {
    let endpoint = form.get("Endpoint").ok_or_else(|| invalid("Endpoint"))?;
    let topic = cloud.sns.topic(form.require("TopicArn")?)?;
    let (subscription, _) = cloud.sns.subscribe(&topic.arn, form.require("Protocol")?, endpoint, attributes(form))?;
    if !subscription.confirmed {
        delivery::ask_to_confirm(cloud, &topic, subscription.clone());
    }
    let shown = subscription.confirmed || form.flag("ReturnSubscriptionArn") == Some(true);
    let arn = if shown { subscription.arn.as_str() } else { "pending confirmation" };
    Ok(query_response(NAMESPACE, "Subscribe", |xml| xml.text("SubscriptionArn", arn)))
}

fn publish_batch(cloud: &Arc<Cloud>, form: &Form) -> Result<Response, ServiceError> {
    let topic = form.require("TopicArn")?;
    cloud.sns.topic(topic)?;
    let entries = form.structures("PublishBatchRequestEntries");
    let refuse = |code: &str, message: &str| Err(ServiceError::bad_request(code, message));
    if entries.is_empty() {
        return refuse("EmptyBatchRequest", "The batch request doesn't contain any entries.");
    }
    if entries.len() > 10 {
        return refuse("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.");
    }
    let ids: std::collections::BTreeSet<&str> = entries.iter().filter_map(|entry| entry.get("Id")).collect();
    if ids.len() != entries.len() {
        return refuse("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.");
    }
    let published: Vec<(&str, Result<String, ServiceError>)> = entries
        .iter()
        .map(|entry| {
            let publication = publication(entry, "MessageAttributes.entry");
            let published = publication.and_then(|publication| cloud.sns.publish_message(cloud, topic, publication));
            (entry.get("Id").unwrap_or_default(), published)
        })
        .collect();
    Ok(query_response(NAMESPACE, "PublishBatch", |xml| {
        xml.list("Successful", published.iter().filter(|(_, result)| result.is_ok()), |xml, (id, result)| {
            xml.text("Id", id);
            xml.optional("MessageId", result.as_ref().ok());
        });
        xml.list("Failed", published.iter().filter(|(_, result)| result.is_err()), |xml, (id, result)| {
            xml.text("Id", id);
            if let Err(error) = result {
                xml.text("Code", &error.code);
                xml.text("Message", &error.message);
                xml.text("SenderFault", "true");
            }
        });
    }))
}

fn publication(form: &Form, attributes: &str) -> Result<Publication, ServiceError> {
    let mut publication = Publication::new(form.get("Subject"), form.get("Message").unwrap_or_default());
    match form.get("MessageStructure") {
        None | Some("") => {}
        Some("json") => {
            let by_protocol: Map<String, Value> = serde_json::from_str(&publication.message)
                .map_err(|_| invalid("Message Structure - JSON message body failed to parse"))?;
            if !by_protocol.get("default").is_some_and(Value::is_string) {
                return Err(invalid("Message Structure - No default entry in JSON message body"));
            }
            publication.by_protocol = Some(by_protocol);
        }
        Some(_) => return Err(invalid("MessageStructure")),
    }
    for index in 1.. {
        let Some(name) = form.get(&format!("{attributes}.{index}.Name")) else { break };
        let field = |field: &str| form.get(&format!("{attributes}.{index}.Value.{field}")).map(str::to_owned);
        let attribute = MessageAttribute {
            data_type: field("DataType").unwrap_or_default(),
            value: field("StringValue").or_else(|| field("BinaryValue")).unwrap_or_default(),
        };
        publication.attributes.insert(name.to_owned(), attribute);
    }
    Ok(publication)
}

/// One page of a list after the entry that `token` names.
fn page<T>(items: Vec<T>, token: Option<&str>, name: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
    let mut rest: Vec<T> =
        items.into_iter().filter(|item| token.is_none_or(|token| name(item).as_str() > token)).collect();
    let more = rest.len() > PAGE;
    rest.truncate(PAGE);
    let next = rest.last().filter(|_| more).map(name);
    (rest, next)
}

fn attributes(form: &Form) -> BTreeMap<String, String> {
    form.map("Attributes")
}

fn tags(form: &Form) -> BTreeMap<String, String> {
    form.structures("Tags")
        .iter()
        .filter_map(|tag| Some((tag.get("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned())))
        .collect()
}

fn write_attributes(xml: &mut XmlWriter, attributes: &BTreeMap<String, String>) {
    xml.element("Attributes", |xml| {
        for (name, value) in attributes {
            xml.element("entry", |xml| {
                xml.text("key", name);
                xml.text("value", value);
            });
        }
    });
}

fn write_subscription(xml: &mut XmlWriter, subscription: &Subscription) {
    xml.text("Owner", crate::settings::DEFAULT_ACCOUNT);
    xml.text("Endpoint", &subscription.endpoint);
    xml.text("Protocol", &subscription.protocol);
    xml.text("TopicArn", &subscription.topic_arn);
    xml.text("SubscriptionArn", if subscription.confirmed { &subscription.arn } else { "PendingConfirmation" });
}
