//! Blocks of IPv4 addresses.

use std::fmt;
use std::net::Ipv4Addr;

/// A block such as `10.0.0.0/16`: its first address and how many bits are fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    first: u32,
    pub(super) prefix: u32,
}

impl Block {
    /// Reads a block; host bits are cleared, as EC2 does.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: Ipv4Addr = address.parse().ok()?;
        let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= 32)?;
        let block = Self { first: 0, prefix };
        Some(Self { first: u32::from(address) & block.mask(), prefix })
    }

    fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0)
    }

    /// True when every address of `other` is one of this block.
    pub(super) fn contains(self, other: Self) -> bool {
        self.prefix <= other.prefix && other.first & self.mask() == self.first
    }

    /// True when an address is in both blocks.
    pub(super) fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// Addresses that instances can have: all but the five that AWS keeps.
    pub(super) fn usable(self) -> u64 {
        (1_u64 << (32 - self.prefix)).saturating_sub(5)
    }
}

impl fmt::Display for Block {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", Ipv4Addr::from(self.first), self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        Block::parse(text).unwrap()
    }

    #[test]
    fn blocks_are_read_strictly_and_without_host_bits() {
        assert_eq!(block("10.1.2.3/16").to_string(), "10.1.0.0/16");
        assert_eq!(block("0.0.0.0/0").to_string(), "0.0.0.0/0");
        assert_eq!(block("10.1.2.3/32").usable(), 0);
        assert_eq!(block("10.0.0.0/24").usable(), 251);
        for text in ["10.0.0.0", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.256/8", "::/0", ""] {
            assert_eq!(Block::parse(text), None, "{text}");
        }
    }

    #[test]
    fn one_block_lies_in_another_or_not() {
        assert!(block("10.0.0.0/16").contains(block("10.0.255.0/24")));
        assert!(!block("10.0.0.0/16").contains(block("10.1.0.0/24")));
        assert!(block("10.0.0.0/24").overlaps(block("10.0.0.0/16")));
        assert!(!block("10.0.0.0/24").overlaps(block("10.0.1.0/24")));
        assert!(block("0.0.0.0/0").contains(block("10.0.0.0/8")));
    }
}
