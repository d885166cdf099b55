//! `Fn::Cidr`.

use std::net::IpAddr;

use serde_json::Value;

use super::functions::{argument, text_argument};
use super::{EvaluationError, Scope, is_known_after_apply, unknown};

const USE: &str = "every Fn::Cidr object requires an IP block (a.b.c.d/n), a count from 1 to 256 and, for other than 8 \
     bits, the number of bits of each subnet";

/// `[block, count, bits]`: `count` blocks in a row, each leaving `bits` bits for hosts (8 unless given).
pub(super) fn cidr(arguments: &Value, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    let wrong = || EvaluationError::template(USE);
    let list = arguments.as_array().map(Vec::as_slice).unwrap_or_default();
    let [block, count, ..] = list else { return Err(wrong()) };
    let block = argument(block, scope)?;
    if is_known_after_apply(&block) {
        return Ok(unknown());
    }
    let number = |value: &Value| -> Result<u32, EvaluationError> {
        text_argument(value, scope, USE)?.and_then(|text| text.parse().ok()).ok_or_else(wrong)
    };
    let count = number(count)?;
    let bits = list.get(2).map_or(Ok(8), number)?;
    let (address, prefix) = block.as_str().and_then(|block| block.split_once('/')).ok_or_else(wrong)?;
    let prefix: u32 = prefix.parse().map_err(|_| wrong())?;
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let (start, width) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    if prefix > width || bits == 0 || bits >= 128 || bits > width - prefix || count == 0 || count > 256 {
        return Err(wrong());
    }
    let room = width - prefix - bits;
    if room < 8 && count > 1 << room {
        return Err(wrong());
    }
    // Cut off host bits of the block; a prefix of 0 has no network bits at all.
    let network = if prefix == 0 { 0 } else { start >> (width - prefix) << (width - prefix) };
    let blocks = (0..count).map(|index| {
        let first = network + (u128::from(index) << bits);
        let address = match address {
            IpAddr::V4(_) => IpAddr::from(u32::try_from(first).unwrap_or(u32::MAX).to_be_bytes()),
            IpAddr::V6(_) => IpAddr::from(first.to_be_bytes()),
        };
        Value::from(format!("{address}/{}", width - bits))
    });
    Ok(Value::Array(blocks.collect()))
}
