//! Values that several verbs take.

use std::time::Duration;

use clap::Args;

/// Values of the project's parameters.
#[derive(Debug, Args)]
pub(crate) struct Parameters {
    /// Value of a parameter of the project; may be given more than once
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parse_parameter)]
    pub(crate) values: Vec<(String, String)>,
}

impl Parameters {
    /// By name; the last value of a name given twice wins.
    pub(crate) fn into_map(self) -> std::collections::BTreeMap<String, String> {
        self.values.into_iter().collect()
    }
}

fn parse_parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a parameter is written `name=value`".to_owned()),
    }
}

pub(super) fn parse_time(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is written `30s`, `10m`, `2h` or `1d`".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        for (text, seconds) in [("30s", 30), ("10m", 600), ("2h", 7_200), ("1d", 86_400), ("0s", 0)] {
            assert_eq!(parse_time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "10", "m", "-1m", "1.5h", "10 m", "10min", "99999999999999999999d", "9999999999999999999d"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parameters_split_at_the_first_equals_sign() {
        assert_eq!(parse_parameter("url=https://x/?a=b"), Ok(("url".to_owned(), "https://x/?a=b".to_owned())));
        assert_eq!(parse_parameter("domain="), Ok(("domain".to_owned(), String::new())));
        assert!(parse_parameter("domain").is_err());
        assert!(parse_parameter("=x").is_err());
    }
}
