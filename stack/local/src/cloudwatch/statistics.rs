//! Statistics: one number for the values of a period.

use super::metrics::Summary;

/// A statistic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
    /// The value that this share of all values does not exceed, in percent.
    Percentile(f64),
}

impl Statistic {
    /// Reads a name: `Maximum`, `p99`, `p99.9`. `None` for one that is not served (trimmed means and their kind).
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "SampleCount" | "n" => Self::SampleCount,
            "Average" | "avg" => Self::Average,
            "Sum" | "sum" => Self::Sum,
            "Minimum" | "min" | "p0" => Self::Minimum,
            "Maximum" | "max" | "p100" => Self::Maximum,
            _ => {
                let percent = name
                    .strip_prefix('p')
                    .filter(|percent| percent.starts_with(|digit: char| digit.is_ascii_digit()))?;
                Self::Percentile(percent.parse().ok().filter(|percent| (0.0..=100.0).contains(percent))?)
            }
        })
    }

    /// The number for what was recorded; `None` for a percentile of which only a summary is known.
    pub(super) fn of(self, summary: &Summary) -> Option<f64> {
        Some(match self {
            Self::SampleCount => summary.count,
            Self::Average => summary.sum / summary.count,
            Self::Sum => summary.sum,
            Self::Minimum => summary.minimum,
            Self::Maximum => summary.maximum,
            Self::Percentile(percent) => return percentile(summary, percent),
        })
    }

    /// Whether more data in a period can only make the number greater: what exceeds a threshold then stays so.
    pub(super) fn only_grows(self) -> bool {
        matches!(self, Self::SampleCount | Self::Maximum | Self::Sum)
    }

    /// The same for smaller.
    pub(super) fn only_shrinks(self) -> bool {
        self == Self::Minimum
    }
}

fn percentile(summary: &Summary, percent: f64) -> Option<f64> {
    let mut values = summary.values.clone();
    values.sort_by(|one, other| one.0.total_cmp(&other.0));
    let total: f64 = values.iter().map(|(_, count)| count).sum();
    let wanted = total * percent / 100.0;
    let mut seen = 0.0;
    values
        .iter()
        .find(|(_, count)| {
            seen += count;
            seen >= wanted
        })
        .or(values.last())
        .map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_of_known_values() {
        let mut summary = Summary::default();
        (1..=10).for_each(|value| summary.add_value(f64::from(value), 1.0));
        summary.add_value(100.0, 2.0);
        for (name, expected) in [
            ("SampleCount", 12.0),
            ("Sum", 255.0),
            ("Average", 21.25),
            ("Minimum", 1.0),
            ("Maximum", 100.0),
            ("p50", 6.0),
            ("p75", 9.0),
            ("p99.9", 100.0),
            ("p0", 1.0),
        ] {
            assert_eq!(Statistic::parse(name).unwrap().of(&summary), Some(expected), "{name}");
        }
        for name in ["", "p", "p101", "p-1", "tm90", "average", "pp"] {
            assert_eq!(Statistic::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_summary_alone_has_no_percentiles() {
        let summary = Summary { count: 2.0, sum: 3.0, minimum: 1.0, maximum: 2.0, values: Vec::new() };
        assert_eq!(Statistic::Percentile(50.0).of(&summary), None);
        assert_eq!(Statistic::Average.of(&summary), Some(1.5));
    }
}
