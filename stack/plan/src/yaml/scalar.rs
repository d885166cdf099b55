//! Scalars and the YAML 1.2 core schema.

/// A scalar as written, quotes and escapes resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text.
    pub text: String,
    /// True when it was written without quotes and not as a block: only then may it be a number, a boolean or null.
    pub plain: bool,
}

/// What the core schema of YAML 1.2 makes of a scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Resolved<'a> {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number that fits.
    Integer(i64),
    /// Another finite number.
    Float(f64),
    /// Everything else, `.inf` and `.nan` included: JSON has no such numbers.
    String(&'a str),
}

impl Scalar {
    /// Resolves by the core schema of YAML 1.2: `no`, `on` and `2012-10-17` are strings, `010` is ten.
    #[must_use]
    pub fn resolve(&self) -> Resolved<'_> {
        let text = self.text.as_str();
        if !self.plain {
            return Resolved::String(text);
        }
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
            "true" | "True" | "TRUE" => return Resolved::Boolean(true),
            "false" | "False" | "FALSE" => return Resolved::Boolean(false),
            _ => {}
        }
        if let Some(integer) = parse_integer(text) {
            return Resolved::Integer(integer);
        }
        if is_float(text)
            && let Ok(float) = text.parse::<f64>()
            && float.is_finite()
        {
            return Resolved::Float(float);
        }
        Resolved::String(text)
    }
}

fn parse_integer(text: &str) -> Option<i64> {
    if let Some(digits) = text.strip_prefix("0o") {
        return plain_digits(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return plain_digits(digits, 16);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn plain_digits(digits: &str, radix: u32) -> Option<i64> {
    if digits.chars().all(|digit| digit.is_digit(radix)) { i64::from_str_radix(digits, radix).ok() } else { None }
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_is_number = match mantissa.split_once('.') {
        Some((whole, fraction)) => {
            all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty())
        }
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    mantissa_is_number && exponent.is_none_or(|digits| !digits.is_empty() && all_digits(digits))
}
