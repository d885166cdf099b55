//! The Query protocol of SQS, which older clients speak: a form becomes the members of the JSON protocol, its answer becomes XML.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{api, errors};
use crate::cloud::Cloud;
use crate::http_types::Response;
use crate::wire::{Form, Protocol, ServiceError, XmlWriter, query_empty_response, query_response};

const NAMESPACE: &str = "http://queue.amazonaws.com/doc/2012-11-05/";

/// Operations that answer nothing.
const SILENT: [&str; 9] = [
    "AddPermission",
    "ChangeMessageVisibility",
    "DeleteMessage",
    "DeleteQueue",
    "PurgeQueue",
    "RemovePermission",
    "SetQueueAttributes",
    "TagQueue",
    "UntagQueue",
];

/// Lists of texts: name in the form, name in JSON.
const LISTS: [(&str, &str); 7] = [
    ("AttributeName", "AttributeNames"),
    ("MessageAttributeName", "MessageAttributeNames"),
    ("MessageSystemAttributeName", "MessageSystemAttributeNames"),
    ("TagKey", "TagKeys"),
    ("TagKeys", "TagKeys"),
    ("AWSAccountId", "AWSAccountIds"),
    ("ActionName", "Actions"),
];

/// Maps: name in the form, names of key and value, name in JSON.
const MAPS: [(&str, &str, &str); 3] =
    [("Attribute", "Name", "Attributes"), ("Tag", "Key", "Tags"), ("Tags", "Key", "Tags")];

/// Answers one request. Clients post to the queue's own path instead of naming it in the form.
pub(super) async fn handle(
    cloud: &Arc<Cloud>,
    caller: &api::Caller,
    path: &str,
    form: Result<Form, ServiceError>,
) -> Response {
    let answered = match form {
        Ok(form) => {
            let action = form.action().to_owned();
            let mut input = input(&form, &action);
            if input.get("QueueUrl").is_none() && path.len() > 1 {
                input["QueueUrl"] = json!(format!("{}{path}", cloud.url));
            }
            api::answer(cloud, caller, &action, &input).await.map(|answer| render(&action, &answer))
        }
        Err(error) => Err(error),
    };
    answered.unwrap_or_else(|error| {
        let code = errors::query_code(&error.code).to_owned();
        let status = if error.status == StatusCode::NOT_FOUND { StatusCode::BAD_REQUEST } else { error.status };
        Protocol::Query.render_error(&ServiceError { status, code, ..error })
    })
}

/// The structures `name.1`, `name.2` ...
fn structures(form: &Form, name: &str) -> Vec<Form> {
    let numbered = (1..).map(|index| form.structure(&format!("{name}.{index}")));
    numbered.take_while(|fields| *fields != Form::default()).collect()
}

/// The members of the JSON protocol.
fn input(form: &Form, action: &str) -> Value {
    let mut members = plain_members(form);
    for (name, member) in LISTS {
        let list: Vec<&str> = (1..).map_while(|index| form.get(&format!("{name}.{index}"))).collect();
        if !list.is_empty() {
            members.insert(member.to_owned(), json!(list));
        }
    }
    for (name, key, member) in MAPS {
        let entries: Map<String, Value> = structures(form, name)
            .iter()
            .filter_map(|entry| Some((entry.get(key)?.to_owned(), json!(entry.get("Value").unwrap_or_default()))))
            .collect();
        if !entries.is_empty() {
            members.insert(member.to_owned(), Value::Object(entries));
        }
    }
    let entries = structures(form, &format!("{action}RequestEntry"));
    if action.ends_with("Batch") {
        let entries: Vec<Value> = entries.iter().map(|entry| Value::Object(plain_members(entry))).collect();
        members.insert("Entries".to_owned(), Value::Array(entries));
    }
    Value::Object(members)
}

/// Members without a structure, and the attributes of a message.
fn plain_members(form: &Form) -> Map<String, Value> {
    let mut members: Map<String, Value> = form.plain().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    for (name, member) in
        [("MessageAttribute", "MessageAttributes"), ("MessageSystemAttribute", "MessageSystemAttributes")]
    {
        let attributes: Map<String, Value> = structures(form, name)
            .iter()
            .filter_map(|attribute| {
                let value =
                    attribute.structure("Value").plain().map(|(name, value)| (name.to_owned(), json!(value))).collect();
                Some((attribute.get("Name")?.to_owned(), Value::Object(value)))
            })
            .collect();
        if !attributes.is_empty() {
            members.insert(member.to_owned(), Value::Object(attributes));
        }
    }
    members
}

fn render(action: &str, answer: &Value) -> Response {
    if SILENT.contains(&action) {
        return query_empty_response(NAMESPACE, action);
    }
    query_response(NAMESPACE, action, |xml| write_members(xml, action, answer))
}

fn write_members(xml: &mut XmlWriter, action: &str, value: &Value) {
    for (name, member) in value.as_object().into_iter().flatten() {
        match (name.as_str(), member) {
            ("Attributes", Value::Object(entries)) => write_map(xml, "Attribute", "Name", entries),
            ("Tags", Value::Object(entries)) => write_map(xml, "Tag", "Key", entries),
            ("MessageAttributes", Value::Object(entries)) => {
                for (name, attribute) in entries {
                    xml.element("MessageAttribute", |xml| {
                        xml.text("Name", name);
                        xml.element("Value", |xml| write_members(xml, action, attribute));
                    });
                }
            }
            (_, Value::Array(items)) => {
                let element = match name.as_str() {
                    "Messages" => "Message".to_owned(),
                    "QueueUrls" | "queueUrls" => "QueueUrl".to_owned(),
                    "Failed" => "BatchResultErrorEntry".to_owned(),
                    _ => format!("{action}ResultEntry"),
                };
                for item in items {
                    match item {
                        Value::String(text) => xml.text(&element, text),
                        other => xml.element(&element, |xml| write_members(xml, action, other)),
                    }
                }
            }
            (_, Value::String(text)) => xml.text(name, text),
            (_, other) => xml.text(name, other.to_string()),
        }
    }
}

fn write_map(xml: &mut XmlWriter, element: &str, key: &str, entries: &Map<String, Value>) {
    for (name, value) in entries {
        xml.element(element, |xml| {
            xml.text(key, name);
            xml.text("Value", value.as_str().unwrap_or_default());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_the_members_of_the_json_protocol() {
        let form = Form::parse(
            "Action=SendMessage&QueueUrl=http%3A%2F%2Fh%2F0%2Fq&MessageBody=x&MessageAttribute.1.Name=n&\
             MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=v",
        )
        .unwrap();
        assert_eq!(
            input(&form, "SendMessage"),
            json!({
                "Action": "SendMessage", "MessageBody": "x", "QueueUrl": "http://h/0/q",
                "MessageAttributes": {"n": {"DataType": "String", "StringValue": "v"}},
            })
        );
        let form = Form::parse(
            "Action=DeleteMessageBatch&DeleteMessageBatchRequestEntry.1.Id=a&DeleteMessageBatchRequestEntry.1.ReceiptHandle=h&\
             Attribute.1.Name=Policy&Attribute.1.Value=&AttributeName.1=All&Tag.1.Key=k&Tag.1.Value=v",
        )
        .unwrap();
        assert_eq!(
            input(&form, "DeleteMessageBatch"),
            json!({
                "Action": "DeleteMessageBatch", "AttributeNames": ["All"], "Attributes": {"Policy": ""}, "Tags": {"k": "v"},
                "Entries": [{"Id": "a", "ReceiptHandle": "h"}],
            })
        );
    }

    #[test]
    fn an_answer_is_flat_xml() {
        let mut xml = XmlWriter::default();
        let message = json!({"MessageId": "i", "Attributes": {"SenderId": "s"}, "MessageAttributes": {"n": {"StringValue": "v", "DataType": "String"}}});
        write_members(&mut xml, "ReceiveMessage", &json!({"Messages": [message]}));
        write_members(
            &mut xml,
            "DeleteMessageBatch",
            &json!({"Successful": [{"Id": "a"}], "Failed": [{"Id": "b", "SenderFault": true}]}),
        );
        assert_eq!(
            xml.finish(),
            "<Message><MessageId>i</MessageId><Attribute><Name>SenderId</Name><Value>s</Value></Attribute><MessageAttribute><Name>n</Name>\
             <Value><StringValue>v</StringValue><DataType>String</DataType></Value></MessageAttribute></Message>\
             <DeleteMessageBatchResultEntry><Id>a</Id></DeleteMessageBatchResultEntry>\
             <BatchResultErrorEntry><Id>b</Id><SenderFault>true</SenderFault></BatchResultErrorEntry>"
        );
    }
}
