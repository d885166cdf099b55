//! Values of metrics, in bounded memory.

use std::collections::BTreeMap;

/// Metrics that are kept; the one written to longest ago goes first.
const METRICS: usize = 5000;

/// Buckets that one metric keeps; the oldest go first. A day of minutes and more.
const BUCKETS: usize = 3000;

/// Different values of one bucket that are kept for percentiles; of more, the last one is counted again.
const VALUES: usize = 150;

/// Length of a bucket in milliseconds, for metrics of standard and of high resolution.
const MINUTE: i64 = 60_000;
const SECOND: i64 = 1000;

/// Which metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MetricKey {
    pub(super) namespace: String,
    pub(super) name: String,
    /// Sorted by name.
    pub(super) dimensions: Vec<(String, String)>,
}

impl MetricKey {
    pub(super) fn new(namespace: &str, name: &str, mut dimensions: Vec<(String, String)>) -> Self {
        dimensions.sort();
        Self { namespace: namespace.to_owned(), name: name.to_owned(), dimensions }
    }
}

/// What is added at once: one value, several with their counts, or a summary of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Datum {
    /// Milliseconds since 1970.
    pub(super) time: i64,
    pub(super) unit: String,
    pub(super) high_resolution: bool,
    pub(super) summary: Summary,
}

impl Datum {
    pub(super) fn value(time: i64, value: f64, unit: &str) -> Self {
        let mut summary = Summary::default();
        summary.add_value(value, 1.0);
        Self { time, unit: unit.to_owned(), high_resolution: false, summary }
    }
}

/// Values summed up.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Summary {
    pub(super) count: f64,
    pub(super) sum: f64,
    pub(super) minimum: f64,
    pub(super) maximum: f64,
    /// Values with how often each came; empty where only a summary is known.
    pub(super) values: Vec<(f64, f64)>,
}

impl Summary {
    /// Adds a value that came `count` times.
    pub(super) fn add_value(&mut self, value: f64, count: f64) {
        self.merge(&Self { count, sum: value * count, minimum: value, maximum: value, values: vec![(value, count)] });
    }

    /// Adds what another one sums up.
    pub(super) fn merge(&mut self, other: &Self) {
        if other.count <= 0.0 {
            return;
        }
        if self.count > 0.0 {
            self.minimum = self.minimum.min(other.minimum);
            self.maximum = self.maximum.max(other.maximum);
        } else {
            (self.minimum, self.maximum) = (other.minimum, other.maximum);
        }
        self.count += other.count;
        self.sum += other.sum;
        for (value, count) in &other.values {
            let full = self.values.len() >= VALUES;
            match self.values.iter_mut().find(|(known, _)| known.total_cmp(value).is_eq()) {
                Some((_, known)) => *known += count,
                None if full => {
                    if let Some((_, last)) = self.values.last_mut() {
                        *last += count;
                    }
                }
                None => self.values.push((*value, *count)),
            }
        }
    }
}

/// One metric. Buckets are by the time at which they begin, then by unit.
#[derive(Debug, Default)]
struct Series {
    buckets: BTreeMap<(i64, String), Summary>,
    /// Length of a bucket in milliseconds.
    resolution: i64,
    /// Counts up with every write of any metric.
    written: u64,
}

/// All metrics.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    series: BTreeMap<MetricKey, Series>,
    writes: u64,
}

impl Metrics {
    pub(super) fn add(&mut self, key: &MetricKey, datum: &Datum) {
        if self.series.len() >= METRICS && !self.series.contains_key(key) {
            let oldest = self.series.iter().min_by_key(|(_, series)| series.written).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                self.series.remove(&oldest);
            }
        }
        self.writes += 1;
        let series = self.series.entry(key.clone()).or_default();
        series.written = self.writes;
        if datum.high_resolution || series.resolution == 0 {
            series.resolution = if datum.high_resolution { SECOND } else { MINUTE };
        }
        let begin = datum.time.div_euclid(series.resolution) * series.resolution;
        series.buckets.entry((begin, datum.unit.clone())).or_default().merge(&datum.summary);
        while series.buckets.len() > BUCKETS {
            series.buckets.pop_first();
        }
    }

    /// What was recorded of a metric from `start` on and before `end`, with the unit of the first of it. Times are
    /// milliseconds since 1970.
    pub(super) fn summary(&self, key: &MetricKey, start: i64, end: i64, unit: Option<&str>) -> Option<(Summary, &str)> {
        let buckets = self.series.get(key)?.buckets.range((start, String::new())..(end, String::new()));
        let mut found: Option<(Summary, &str)> = None;
        for ((_, of), bucket) in buckets.filter(|((_, of), _)| unit.is_none_or(|unit| unit == of)) {
            found.get_or_insert_with(|| (Summary::default(), of)).0.merge(bucket);
        }
        found
    }

    /// The times at which the buckets of a metric begin, within a range.
    pub(super) fn times(&self, key: &MetricKey, start: i64, end: i64) -> Vec<i64> {
        let buckets =
            self.series.get(key).map(|series| series.buckets.range((start, String::new())..(end, String::new())));
        buckets.into_iter().flatten().map(|((begin, _), _)| *begin).collect()
    }

    /// All metrics, in order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &MetricKey> {
        self.series.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> MetricKey {
        MetricKey::new("app", name, Vec::new())
    }

    #[test]
    fn values_of_a_minute_are_summed_up() {
        let mut metrics = Metrics::default();
        for (time, value) in [(0, 3.0), (59_999, 1.0), (60_000, 8.0)] {
            metrics.add(&key("m"), &Datum::value(time, value, "Count"));
        }
        let (summary, unit) = metrics.summary(&key("m"), 0, 60_000, None).unwrap();
        assert_eq!((summary.count, summary.sum, summary.minimum, summary.maximum, unit), (2.0, 4.0, 1.0, 3.0, "Count"));
        assert!((metrics.summary(&key("m"), 0, 120_000, None).unwrap().0.sum - 12.0).abs() < f64::EPSILON);
        assert_eq!(metrics.summary(&key("m"), 0, 120_000, Some("Seconds")), None);
        assert_eq!(metrics.summary(&key("n"), 0, 120_000, None), None);
        assert_eq!(metrics.times(&key("m"), 0, 120_000), [0, 60_000]);
    }

    #[test]
    fn dimensions_are_a_set() {
        let of = |names: [&str; 2]| {
            MetricKey::new("app", "m", names.iter().map(|name| ((*name).to_owned(), "v".to_owned())).collect())
        };
        assert_eq!(of(["a", "b"]), of(["b", "a"]));
    }

    #[test]
    fn memory_is_bounded() {
        let mut metrics = Metrics::default();
        for minute in 0..4000 {
            metrics.add(&key("m"), &Datum::value(minute * MINUTE, 1.0, "None"));
        }
        assert_eq!(metrics.times(&key("m"), 0, i64::MAX).len(), BUCKETS);
        for number in 0..METRICS {
            metrics.add(&key(&number.to_string()), &Datum::value(0, 1.0, "None"));
        }
        assert_eq!(metrics.keys().count(), METRICS);
        // The first one was written to longest ago.
        assert!(!metrics.keys().any(|known| *known == key("m")));
    }
}
