//! Reading events: one stream page by page, and a group through a filter.

use std::collections::BTreeMap;

use super::filter::Filter;
use super::{LogEvent, LogStream, Logs, no_group, no_stream, now};
use crate::persist::lock;
use crate::wire::ServiceError;

/// Most events in one page, as CloudWatch has it.
pub(super) const PAGE: usize = 10_000;

/// What a stream looks like from outside. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StreamSummary {
    pub(super) name: String,
    pub(super) created: i64,
    pub(super) first_event: Option<i64>,
    pub(super) last_event: Option<i64>,
    pub(super) last_ingested: Option<i64>,
    pub(super) bytes: usize,
}

/// A time range: from `start` on, before `end`. Milliseconds since 1970.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Range {
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
}

impl Range {
    fn holds(self, event: &LogEvent) -> bool {
        self.start.is_none_or(|start| event.timestamp >= start) && self.end.is_none_or(|end| event.timestamp < end)
    }
}

/// From where `GetLogEvents` goes on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Position {
    Head,
    Tail,
    /// The events with ids of at least this.
    From(u64),
    /// The events with ids below this.
    Before(u64),
}

/// One page of a stream, oldest first, with where the next pages begin.
pub(super) struct StreamPage {
    pub(super) events: Vec<LogEvent>,
    pub(super) forward: u64,
    pub(super) backward: u64,
}

/// Which events of a group are wanted.
pub(super) struct Search {
    pub(super) group: String,
    /// All streams when empty.
    pub(super) streams: Vec<String>,
    pub(super) stream_prefix: String,
    pub(super) range: Range,
    pub(super) filter: Filter,
    /// Timestamp and id of the last event of the page before.
    pub(super) after: Option<(i64, u64)>,
    pub(super) limit: usize,
}

impl Logs {
    /// The streams of a group whose names start with `prefix`, by name.
    pub(super) fn streams(&self, group: &str, prefix: &str) -> Result<Vec<StreamSummary>, ServiceError> {
        self.group(group).ok_or_else(no_group)?;
        let events = lock(&self.events);
        let streams = events.streams.get(group).into_iter().flatten();
        Ok(streams.filter(|(name, _)| name.starts_with(prefix)).map(|(name, stream)| summary(name, stream)).collect())
    }

    /// A page of one stream.
    pub(super) fn stream_page(
        &self,
        group: &str,
        stream: &str,
        position: Position,
        range: Range,
        limit: usize,
    ) -> Result<StreamPage, ServiceError> {
        let retention = self.group(group).ok_or_else(no_group)?.retention_days;
        let mut events = lock(&self.events);
        events.expire(group, retention, now());
        let stream = events.streams.get(group).and_then(|streams| streams.get(stream)).ok_or_else(no_stream)?;
        let inside = stream.events.iter().filter(|event| range.holds(event));
        let mut page: Vec<LogEvent> = match position {
            Position::Head => inside.take(limit).cloned().collect(),
            Position::From(id) => inside.filter(|event| event.id >= id).take(limit).cloned().collect(),
            Position::Tail => inside.rev().take(limit).cloned().collect(),
            Position::Before(id) => inside.rev().filter(|event| event.id < id).take(limit).cloned().collect(),
        };
        if matches!(position, Position::Tail | Position::Before(_)) {
            page.reverse();
        }
        let here = match position {
            Position::From(id) | Position::Before(id) => id,
            Position::Head => 0,
            Position::Tail => events.next_id,
        };
        Ok(StreamPage {
            forward: page.last().map_or(here, |event| event.id + 1),
            backward: page.first().map_or(here, |event| event.id),
            events: page,
        })
    }

    /// The events of a group that match, oldest first, each with its stream; and whether there are more.
    pub(super) fn search(&self, search: &Search) -> Result<(Vec<(String, LogEvent)>, bool), ServiceError> {
        let retention = self.group(&search.group).ok_or_else(no_group)?.retention_days;
        let mut events = lock(&self.events);
        events.expire(&search.group, retention, now());
        let none = BTreeMap::new();
        let streams = events.streams.get(&search.group).unwrap_or(&none);
        if search.streams.iter().any(|name| !streams.contains_key(name)) {
            return Err(no_stream());
        }
        let wanted = |name: &String| {
            (search.streams.is_empty() || search.streams.contains(name)) && name.starts_with(&search.stream_prefix)
        };
        let mut found: Vec<(&String, &LogEvent)> = streams
            .iter()
            .filter(|(name, _)| wanted(name))
            .flat_map(|(name, stream)| stream.events.iter().map(move |event| (name, event)))
            .filter(|(_, event)| search.range.holds(event) && search.filter.matches(&event.message))
            .filter(|(_, event)| search.after.is_none_or(|after| (event.timestamp, event.id) > after))
            .collect();
        found.sort_by_key(|(_, event)| (event.timestamp, event.id));
        let more = found.len() > search.limit;
        let page = found.into_iter().take(search.limit).map(|(name, event)| (name.clone(), event.clone()));
        Ok((page.collect(), more))
    }
}

fn summary(name: &str, stream: &LogStream) -> StreamSummary {
    StreamSummary {
        name: name.to_owned(),
        created: stream.created,
        first_event: stream.events.iter().map(|event| event.timestamp).min(),
        last_event: stream.events.iter().map(|event| event.timestamp).max(),
        last_ingested: stream.last_ingested,
        bytes: stream.bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs() -> Logs {
        let logs = Logs::open(None).unwrap();
        logs.append("g", "a", (0..5).map(|time| (time, format!("line {time}"))).collect());
        logs.append("g", "b", vec![(2, "other 2".to_owned())]);
        logs
    }

    fn texts(events: &[LogEvent]) -> Vec<&str> {
        events.iter().map(|event| event.message.as_str()).collect()
    }

    #[test]
    fn a_stream_is_read_forward_to_its_end() {
        let logs = logs();
        let first = logs.stream_page("g", "a", Position::Head, Range::default(), 3).unwrap();
        assert_eq!(texts(&first.events), ["line 0", "line 1", "line 2"]);
        let second = logs.stream_page("g", "a", Position::From(first.forward), Range::default(), 3).unwrap();
        assert_eq!(texts(&second.events), ["line 3", "line 4"]);
        let end = logs.stream_page("g", "a", Position::From(second.forward), Range::default(), 3).unwrap();
        assert_eq!((end.events.len(), end.forward), (0, second.forward));
    }

    #[test]
    fn a_stream_is_read_backward_from_its_end() {
        let logs = logs();
        let last = logs.stream_page("g", "a", Position::Tail, Range::default(), 2).unwrap();
        assert_eq!(texts(&last.events), ["line 3", "line 4"]);
        let before = logs.stream_page("g", "a", Position::Before(last.backward), Range::default(), 2).unwrap();
        assert_eq!(texts(&before.events), ["line 1", "line 2"]);
    }

    #[test]
    fn a_search_pages_over_all_streams_in_order_of_time() {
        let logs = logs();
        let mut search = Search {
            group: "g".to_owned(),
            streams: Vec::new(),
            stream_prefix: String::new(),
            range: Range { start: Some(1), end: Some(4) },
            filter: Filter::default(),
            after: None,
            limit: 2,
        };
        let mut all = Vec::new();
        loop {
            let (page, more) = logs.search(&search).unwrap();
            search.after = page.last().map(|(_, event)| (event.timestamp, event.id));
            all.extend(page.into_iter().map(|(stream, event)| format!("{stream}: {}", event.message)));
            if !more {
                break;
            }
        }
        assert_eq!(all, ["a: line 1", "a: line 2", "b: other 2", "a: line 3"]);
    }
}
