//! Behavior of queues at given times.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;

const REGION: &str = "us-east-1";
const MINUTE: i64 = 60_000;

fn queue_with(sqs: &Sqs, name: &str, attributes: &[(&str, &str)]) -> Queue {
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    sqs.create(name, REGION, attributes, BTreeMap::new()).unwrap()
}

fn plain(body: &str) -> Outgoing {
    Outgoing { body: body.to_owned(), ..Outgoing::default() }
}

fn grouped(body: &str, group: &str, id: &str) -> Outgoing {
    Outgoing { group: Some(group.to_owned()), deduplication: Some(id.to_owned()), ..plain(body) }
}

fn bodies(sqs: &Sqs, name: &str, limit: usize, now: i64) -> Vec<String> {
    let received = sqs.receive(name, Wanted { limit, visibility: None }, now).unwrap();
    received.into_iter().map(|message| message.body).collect()
}

#[test]
fn a_received_message_is_hidden_until_its_time_is_over_or_it_is_deleted() {
    let sqs = Sqs::open(None).unwrap();
    let queue = queue_with(&sqs, "jobs", &[("VisibilityTimeout", "30")]);
    sqs.send(&queue, plain("one"), 0).unwrap();
    let first = sqs.receive("jobs", Wanted { limit: 10, visibility: None }, 1000).unwrap().remove(0);
    assert_eq!(bodies(&sqs, "jobs", 10, 30_999), [""; 0]);
    let again = sqs.receive("jobs", Wanted { limit: 10, visibility: None }, 31_000).unwrap().remove(0);
    assert_eq!((again.received, again.first_received), (2, Some(1000)));
    // The older receipt still deletes, as that of a standard queue does.
    sqs.delete_message("jobs", &first.receipt("jobs"), 32_000).unwrap();
    assert_eq!(bodies(&sqs, "jobs", 10, 10 * MINUTE), [""; 0]);
    sqs.delete_message("jobs", &first.receipt("jobs"), 32_000).unwrap();
    assert_eq!(sqs.delete_message("jobs", &first.receipt("other"), 0).unwrap_err().code, "ReceiptHandleIsInvalid");
}

#[test]
fn visibility_is_changed_while_a_message_is_in_flight() {
    let sqs = Sqs::open(None).unwrap();
    let queue = queue_with(&sqs, "jobs", &[]);
    sqs.send(&queue, plain("one"), 0).unwrap();
    let receipt = sqs.receive("jobs", Wanted { limit: 1, visibility: Some(5) }, 0).unwrap()[0].receipt("jobs");
    sqs.change_visibility("jobs", &receipt, 100, 1000).unwrap();
    assert_eq!(bodies(&sqs, "jobs", 1, 100_999), [""; 0]);
    sqs.change_visibility("jobs", &receipt, 0, 2000).unwrap();
    assert_eq!(sqs.change_visibility("jobs", &receipt, 0, 2000).unwrap_err().code, "MessageNotInflight");
    assert_eq!(bodies(&sqs, "jobs", 1, 2000), ["one"]);
    // That receive has a receipt of its own.
    assert_eq!(sqs.change_visibility("jobs", &receipt, 0, 2000).unwrap_err().code, "InvalidParameterValueException");
}

#[test]
fn delayed_and_old_messages_are_not_received() {
    let sqs = Sqs::open(None).unwrap();
    let queue = queue_with(&sqs, "jobs", &[("DelaySeconds", "10"), ("MessageRetentionPeriod", "60")]);
    sqs.send(&queue, plain("late"), 0).unwrap();
    sqs.send(&queue, Outgoing { delay: Some(0), ..plain("now") }, 0).unwrap();
    assert_eq!(bodies(&sqs, "jobs", 10, 0), ["now"]);
    assert_eq!(sqs.shelves.lock().unwrap().by_queue["jobs"].counts(0), (0, 1, 1));
    assert_eq!(bodies(&sqs, "jobs", 10, 10_000), ["late"]);
    assert_eq!(bodies(&sqs, "jobs", 10, MINUTE), [""; 0]);
    assert!(sqs.shelves.lock().unwrap().by_queue["jobs"].messages.is_empty());
}

#[test]
fn a_fifo_queue_keeps_the_order_of_groups_and_drops_doubles() {
    let sqs = Sqs::open(None).unwrap();
    let queue = queue_with(&sqs, "jobs.fifo", &[("FifoQueue", "true"), ("VisibilityTimeout", "30")]);
    let first = sqs.send(&queue, grouped("a1", "a", "1"), 0).unwrap();
    sqs.send(&queue, grouped("b1", "b", "2"), 0).unwrap();
    sqs.send(&queue, grouped("a2", "a", "3"), 0).unwrap();
    let double = sqs.send(&queue, grouped("a1 again", "a", "1"), 4 * MINUTE).unwrap();
    assert_eq!((double.id, double.sequence), (first.id, first.sequence));
    let taken = sqs.receive("jobs.fifo", Wanted { limit: 1, visibility: None }, 0).unwrap().remove(0);
    assert_eq!(taken.body, "a1");
    // Group `a` waits for what is in flight.
    assert_eq!(bodies(&sqs, "jobs.fifo", 10, 1), ["b1"]);
    sqs.delete_message("jobs.fifo", &taken.receipt("jobs.fifo"), 2).unwrap();
    assert_eq!(bodies(&sqs, "jobs.fifo", 10, 3), ["a2"]);
    // After five minutes it is a new message.
    sqs.send(&queue, grouped("a1 later", "a", "1"), 5 * MINUTE).unwrap();
    assert_eq!(bodies(&sqs, "jobs.fifo", 10, 6 * MINUTE), ["b1", "a2", "a1 later"]);
    for (outgoing, part) in [
        (plain("x"), "MessageGroupId"),
        (Outgoing { group: Some("a".to_owned()), ..plain("x") }, "ContentBasedDeduplication"),
        (Outgoing { delay: Some(1), ..grouped("x", "a", "9") }, "DelaySeconds"),
    ] {
        let error = sqs.send(&queue, outgoing, 0).unwrap_err();
        assert!(error.message.contains(part), "{}", error.message);
    }
}

#[test]
fn a_receipt_of_a_fifo_queue_ends_with_its_visibility() {
    let sqs = Sqs::open(None).unwrap();
    let queue = queue_with(&sqs, "jobs.fifo", &[("FifoQueue", "true"), ("ContentBasedDeduplication", "true")]);
    sqs.send(&queue, Outgoing { group: Some("a".to_owned()), ..plain("x") }, 0).unwrap();
    let receipt =
        sqs.receive("jobs.fifo", Wanted { limit: 1, visibility: Some(1) }, 0).unwrap()[0].receipt("jobs.fifo");
    let error = sqs.delete_message("jobs.fifo", &receipt, 1000).unwrap_err();
    assert!(error.message.ends_with("The receipt handle has expired."), "{}", error.message);
}

#[test]
fn what_is_received_too_often_goes_to_the_dead_letter_queue() {
    let sqs = Sqs::open(None).unwrap();
    let dead = queue_with(&sqs, "dead", &[]);
    let policy = json!({"deadLetterTargetArn": dead.arn(), "maxReceiveCount": 2}).to_string();
    let queue = queue_with(&sqs, "jobs", &[("RedrivePolicy", &policy), ("VisibilityTimeout", "0")]);
    let id = sqs.send(&queue, plain("poison"), 0).unwrap().id;
    assert_eq!(bodies(&sqs, "jobs", 1, 1), ["poison"]);
    assert_eq!(bodies(&sqs, "jobs", 1, 2), ["poison"]);
    assert_eq!(bodies(&sqs, "jobs", 1, 3), [""; 0]);
    let buried = sqs.receive("dead", Wanted { limit: 1, visibility: Some(0) }, 4).unwrap().remove(0);
    assert_eq!((buried.id, buried.received), (id, 1));
    assert_eq!(buried.dead_letter_source, Some(queue.arn()));
    assert_eq!(sqs.sources_of(&dead.arn()).len(), 1);
    // Without a dead-letter queue the message stays.
    sqs.send(&queue, plain("second"), 5).unwrap();
    sqs.delete("dead").unwrap();
    for now in 6..10 {
        assert_eq!(bodies(&sqs, "jobs", 1, now), ["second"]);
    }
}

#[test]
fn a_redrive_policy_names_a_queue_that_is_there_and_takes_the_letters() {
    let sqs = Sqs::open(None).unwrap();
    let allowed =
        json!({"redrivePermission": "byQueue", "sourceQueueArns": ["arn:aws:sqs:us-east-1:000000000000:other"]});
    queue_with(&sqs, "dead", &[("RedriveAllowPolicy", &allowed.to_string())]);
    queue_with(&sqs, "dead.fifo", &[("FifoQueue", "true")]);
    for (target, why) in
        [("missing", "does not exist"), ("dead.fifo", "same type of queue"), ("dead", "RedriveAllowPolicy")]
    {
        let arn = queue_arn(REGION, target);
        let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 1}).to_string();
        let attributes = BTreeMap::from([("RedrivePolicy".to_owned(), policy)]);
        let error = sqs.create("jobs", REGION, attributes, BTreeMap::new()).unwrap_err();
        assert!(error.message.contains(why), "{}", error.message);
    }
}

#[test]
fn a_queue_is_made_again_only_as_it_is() {
    let sqs = Sqs::open(None).unwrap();
    let queue = queue_with(&sqs, "jobs", &[("DelaySeconds", "5")]);
    assert_eq!(queue_with(&sqs, "jobs", &[("VisibilityTimeout", "30")]), queue);
    let attributes = BTreeMap::from([("DelaySeconds".to_owned(), "6".to_owned())]);
    assert_eq!(sqs.create("jobs", REGION, attributes, BTreeMap::new()).unwrap_err().code, "QueueNameExists");
    for name in ["", "a b", "x.fifo", "ü", &"x".repeat(81)] {
        let error = sqs.create(name, REGION, BTreeMap::new(), BTreeMap::new()).unwrap_err();
        assert_eq!(error.code, "InvalidParameterValueException", "{name}");
    }
}

#[test]
fn a_queue_takes_messages_up_to_its_size() {
    let sqs = Sqs::open(None).unwrap();
    let queue = queue_with(&sqs, "jobs", &[("MaximumMessageSize", "1024")]);
    sqs.send(&queue, plain(&"x".repeat(1024)), 0).unwrap();
    let error = sqs.send(&queue, plain(&"x".repeat(1025)), 0).unwrap_err();
    assert!(error.message.ends_with("Message must be shorter than 1024 bytes."), "{}", error.message);
}

#[test]
fn messages_survive_a_restart_as_they_were() {
    let directory = tempfile::tempdir().unwrap();
    let sqs = Sqs::open(Some(directory.path())).unwrap();
    let queue = queue_with(&sqs, "jobs", &[]);
    for body in ["kept", "received", "deleted"] {
        sqs.send(&queue, plain(body), 1).unwrap();
    }
    let received = sqs.receive("jobs", Wanted { limit: 3, visibility: Some(60) }, 2).unwrap();
    sqs.delete_message("jobs", &received[2].receipt("jobs"), 3).unwrap();
    sqs.change_visibility("jobs", &received[0].receipt("jobs"), 0, 3).unwrap();
    let again = Sqs::open(Some(directory.path())).unwrap();
    assert_eq!(bodies(&again, "jobs", 10, 4), ["kept"]);
    let second = again.receive("jobs", Wanted { limit: 10, visibility: None }, 2 * MINUTE).unwrap();
    assert_eq!(
        second.iter().map(|message| (message.body.as_str(), message.received)).collect::<Vec<_>>(),
        [("kept", 3), ("received", 2)]
    );
    again.delete("jobs").unwrap();
    assert!(Sqs::open(Some(directory.path())).unwrap().shelves.lock().unwrap().by_queue.is_empty());
}

#[test]
fn services_may_send_where_the_policy_lets_them() {
    let sqs = Sqs::open(None).unwrap();
    let policy = json!({"Statement": {
        "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*",
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::photos"}},
    }});
    let queue = queue_with(&sqs, "jobs", &[("Policy", &policy.to_string())]);
    let allowed = |service, source| sqs.allows_send(&queue.arn(), service, source, "000000000000");
    assert!(allowed("s3.amazonaws.com", "arn:aws:s3:::photos"));
    assert!(!allowed("s3.amazonaws.com", "arn:aws:s3:::other"));
    assert!(!allowed("sns.amazonaws.com", "arn:aws:s3:::photos"));
}
