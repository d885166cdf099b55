//! Which of two changes of a name came later.

use s3_events::Sequencer;

/// When a change was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stamp {
    /// By a client that waits for the answer: it comes after everything that was answered before.
    Request {
        /// Milliseconds since 1970.
        at: u64,
    },
    /// By an event, which may come late, twice, and after its successors.
    Event {
        /// Milliseconds since 1970, as S3 tells them.
        at: u64,
        /// Its place among the events of the same key.
        sequencer: Sequencer,
    },
}

/// How far the changes of a name have come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Moment of the last request, in milliseconds since 1970.
    pub(crate) at: u64,
    /// Sort key of the last event's sequencer; empty before the first.
    pub(crate) sequencer: String,
}

impl Mark {
    /// True when a change comes after all that came before, or is the last of them once more.
    pub(crate) fn admits(&self, stamp: &Stamp) -> bool {
        match stamp {
            Stamp::Request { .. } => true,
            Stamp::Event { at, sequencer } => *at >= self.at && sequencer.sort_key() >= self.sequencer.as_str(),
        }
    }

    /// The mark after a change that it admits.
    pub(crate) fn moved_to(&self, stamp: &Stamp) -> Self {
        match stamp {
            Stamp::Request { at } => Self { at: self.at.max(*at), sequencer: self.sequencer.clone() },
            Stamp::Event { sequencer, .. } => Self { at: self.at, sequencer: sequencer.sort_key().to_owned() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: u64, sequencer: &str) -> Stamp {
        Stamp::Event { at, sequencer: Sequencer::parse(sequencer).unwrap() }
    }

    #[test]
    fn events_are_ordered_among_themselves_and_requests_come_when_they_come() {
        let mark = Mark::default().moved_to(&event(50, "00A1"));
        assert!(mark.admits(&event(50, "00a100")), "the same once more");
        assert!(mark.admits(&event(10, "00A2")) && !mark.admits(&event(90, "00A")));
        assert!(mark.admits(&Stamp::Request { at: 1 }));

        let mark = mark.moved_to(&Stamp::Request { at: 100 });
        assert!(!mark.admits(&event(99, "00B")), "an event from before the request");
        assert!(mark.admits(&event(100, "00B")) && !mark.admits(&event(200, "00A")));
        assert_eq!(mark.moved_to(&Stamp::Request { at: 7 }).at, 100, "clocks differ");
    }
}
