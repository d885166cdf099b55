//! What a group keeps of the lines that come in.

use super::*;

#[test]
fn a_stream_keeps_the_newest_within_its_bounds() {
    let logs = Logs::open(None).unwrap();
    let lines = (0..).map(|time| (time, "x".to_owned())).take(EVENTS_PER_STREAM + 5).collect();
    logs.append("/aws/lambda/f", "s", lines);
    let tail = logs.tail("/aws/lambda/f", usize::MAX);
    assert_eq!((tail.len(), tail[0].timestamp), (EVENTS_PER_STREAM, 5));

    logs.append("/aws/lambda/g", "s", (0..5).map(|time| (time, "x".repeat(1024 * 1024))).collect());
    assert_eq!(logs.tail("/aws/lambda/g", 10).len(), 4);
}

#[test]
fn events_older_than_the_retention_are_forgotten() {
    let mut events = Events::default();
    let day = 86_400_000;
    events.append("g", "s", (0..4).map(|number| (number * day, "x".to_owned())).collect());
    events.expire("g", None, 9 * day);
    assert_eq!(events.streams["g"]["s"].events.len(), 4);
    events.expire("g", Some(1), 3 * day);
    let kept: Vec<i64> = events.streams["g"]["s"].events.iter().map(|event| event.timestamp / day).collect();
    assert_eq!((kept, events.streams["g"]["s"].bytes), (vec![2, 3], 2));
}

#[test]
fn the_tail_is_the_newest_of_all_streams_in_order() {
    let logs = Logs::open(None).unwrap();
    logs.append("g", "a", vec![(1, "one".to_owned()), (4, "four".to_owned())]);
    logs.append("g", "b", vec![(2, "two".to_owned()), (3, "three".to_owned())]);
    let tail: Vec<String> = logs.tail("g", 3).into_iter().map(|event| event.message).collect();
    assert_eq!(tail, ["two", "three", "four"]);
}
