//! CBOR (RFC 8949) as smithy-rpc-v2-cbor uses it, to and from JSON values.
//!
//! A time is a number of seconds since 1970 when it is read, and [`super::moment`] when it is written. Bytes are read as
//! base64, as the JSON protocols have them. What JSON cannot hold (not-a-number, infinities) is read as `null`.

use base64::Engine as _;
use serde_json::{Map, Number, Value};

use super::call::moment_of;

/// Containers inside containers that are read; AWS's shapes need eight.
const DEPTH: usize = 64;

/// Reads one item that fills the bytes. `None` for what is not well-formed.
pub(super) fn decode(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader { rest: bytes };
    let value = reader.item(DEPTH)?;
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|taken| taken[0])
    }

    /// The number after an initial byte; `None` inside for an indefinite length.
    #[expect(clippy::option_option, reason = "what is not well-formed is not what has no length")]
    fn argument(&mut self, additional: u8) -> Option<Option<u64>> {
        let bytes = match additional {
            0..=23 => return Some(Some(additional.into())),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            31 => return Some(None),
            _ => return None,
        };
        Some(Some(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))))
    }

    /// Whether an item of indefinite length ends here.
    fn at_break(&mut self) -> bool {
        let ends = self.rest.first() == Some(&0xff);
        if ends {
            self.rest = &self.rest[1..];
        }
        ends
    }

    fn item(&mut self, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let initial = self.byte()?;
        let (major, additional) = (initial >> 5, initial & 31);
        if major == 7 {
            return self.simple(additional);
        }
        let argument = self.argument(additional)?;
        Some(match major {
            0 => Value::from(argument?),
            1 => i64::try_from(argument?).ok().map(|number| Value::from(-1 - number))?,
            2 => Value::from(base64::engine::general_purpose::STANDARD.encode(self.bytes(2, argument)?)),
            3 => Value::from(String::from_utf8(self.bytes(3, argument)?).ok()?),
            4 => {
                let mut items = Vec::new();
                while argument.map_or_else(|| !self.at_break(), |count| (items.len() as u64) < count) {
                    items.push(self.item(depth)?);
                }
                Value::Array(items)
            }
            5 => {
                let (mut fields, mut read) = (Map::new(), 0);
                while argument.map_or_else(|| !self.at_break(), |count| read < count) {
                    let Value::String(name) = self.item(depth)? else { return None };
                    fields.insert(name, self.item(depth)?);
                    read += 1;
                }
                Value::Object(fields)
            }
            // Of the tags, clients use the one for times, whose content is a number.
            _ => {
                argument?;
                self.item(depth)?
            }
        })
    }

    /// Bytes or text, of a length or in pieces until a break.
    fn bytes(&mut self, major: u8, length: Option<u64>) -> Option<Vec<u8>> {
        let Some(length) = length else {
            let mut whole = Vec::new();
            while !self.at_break() {
                let initial = self.byte()?;
                let piece = self.argument(initial & 31)?;
                if initial >> 5 != major {
                    return None;
                }
                whole.extend_from_slice(self.take(piece?)?);
            }
            return Some(whole);
        };
        self.take(length).map(<[u8]>::to_vec)
    }

    fn simple(&mut self, additional: u8) -> Option<Value> {
        let float = |number| Number::from_f64(number).map_or(Value::Null, Value::Number);
        Some(match additional {
            20 => Value::Bool(false),
            21 => Value::Bool(true),
            22 | 23 => Value::Null,
            25 => float(half(u16::from_be_bytes(self.take(2)?.try_into().ok()?))),
            26 => float(f32::from_be_bytes(self.take(4)?.try_into().ok()?).into()),
            27 => float(f64::from_be_bytes(self.take(8)?.try_into().ok()?)),
            _ => return None,
        })
    }
}

/// A number of half precision: one bit of sign, five of exponent, ten of fraction.
fn half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let magnitude = match (bits >> 10) & 0x1f {
        0 => fraction * 2f64.powi(-24),
        31 if fraction > 0.0 => f64::NAN,
        31 => f64::INFINITY,
        exponent => (1024.0 + fraction) * 2f64.powi(i32::from(exponent) - 25),
    };
    if bits & 0x8000 == 0 { magnitude } else { -magnitude }
}

/// Writes a value.
pub(super) fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, value);
    bytes
}

fn head(bytes: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    let long = argument.to_be_bytes();
    match argument {
        0..=23 => bytes.push(major | long[7]),
        24..=0xff => bytes.extend([major | 0x18, long[7]]),
        0x100..=0xffff => {
            bytes.push(major | 0x19);
            bytes.extend(&long[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            bytes.push(major | 0x1a);
            bytes.extend(&long[4..]);
        }
        _ => {
            bytes.push(major | 0x1b);
            bytes.extend(long);
        }
    }
}

fn write(bytes: &mut Vec<u8>, value: &Value) {
    if let Some(milliseconds) = moment_of(value) {
        head(bytes, 6, 1);
        bytes.push(0xfb);
        bytes.extend(seconds(milliseconds).to_be_bytes());
        return;
    }
    match value {
        Value::Null => bytes.push(0xf6),
        Value::Bool(flag) => bytes.push(if *flag { 0xf5 } else { 0xf4 }),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), ..) => head(bytes, 0, number),
            (_, Some(number), _) => head(bytes, 1, (-1 - number).unsigned_abs()),
            (.., number) => {
                bytes.push(0xfb);
                bytes.extend(number.unwrap_or_default().to_be_bytes());
            }
        },
        Value::String(text) => {
            head(bytes, 3, text.len() as u64);
            bytes.extend(text.as_bytes());
        }
        Value::Array(items) => {
            head(bytes, 4, items.len() as u64);
            for item in items {
                write(bytes, item);
            }
        }
        Value::Object(fields) => {
            head(bytes, 5, fields.len() as u64);
            for (name, value) in fields {
                head(bytes, 3, name.len() as u64);
                bytes.extend(name.as_bytes());
                write(bytes, value);
            }
        }
    }
}

/// Milliseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of today have 41 bits, a float holds 53")]
pub(super) fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Examples of appendix A of RFC 8949.
    #[test]
    fn the_published_examples_are_read() {
        for (encoded, value) in [
            ("00", json!(0)),
            ("1818", json!(24)),
            ("1903e8", json!(1000)),
            ("1a000f4240", json!(1_000_000)),
            ("1b000000e8d4a51000", json!(1_000_000_000_000_u64)),
            ("20", json!(-1)),
            ("3903e7", json!(-1000)),
            ("f93c00", json!(1.0)),
            ("f9c400", json!(-4.0)),
            ("f90001", json!(5.960_464_477_539_063e-8)),
            ("fa47c35000", json!(100_000.0)),
            ("fb3ff199999999999a", json!(1.1)),
            ("f97e00", json!(null)),
            ("f4", json!(false)),
            ("f7", json!(null)),
            ("c11a514b67b0", json!(1_363_896_240)),
            ("4401020304", json!("AQIDBA==")),
            ("6449455446", json!("IETF")),
            ("83010203", json!([1, 2, 3])),
            ("9f01ff", json!([1])),
            ("a26161016162820203", json!({"a": 1, "b": [2, 3]})),
            ("bf6161019f0203ffff", json!(null)),
            ("bf61610161629f0203ffff", json!({"a": 1, "b": [2, 3]})),
            ("7f657374726561646d696e67ff", json!("streaming")),
        ] {
            let read = decode(&hex::decode(encoded).unwrap());
            // Names must be text.
            let expected = (encoded != "bf6161019f0203ffff").then_some(value);
            assert_eq!(read, expected, "{encoded}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let value = json!({
            "small": 1, "negative": -300, "large": u64::MAX, "float": 0.5, "text": "ü", "list": [true, null, {"a": []}],
            "long": "x".repeat(300),
        });
        assert_eq!(decode(&encode(&value)), Some(value));
        assert_eq!(encode(&super::super::moment(1500)), hex::decode("c1fb3ff8000000000000").unwrap());
    }

    #[test]
    fn what_is_cut_short_or_deep_is_refused() {
        for encoded in ["", "18", "61", "8201", "9f01", "a16161", "1c", "ff", "0000", "a10102", "7f01ff"] {
            assert_eq!(decode(&hex::decode(encoded).unwrap()), None, "{encoded}");
        }
        assert_eq!(decode(&[0x81; 1000]), None);
        // A length that no memory holds is not believed.
        assert_eq!(decode(&hex::decode("9bffffffffffffffff").unwrap()), None);
    }
}
