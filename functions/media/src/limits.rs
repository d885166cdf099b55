//! How much a picture may cost, and the clock that watches over it.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::time::Duration;

use crate::MediaError;

/// What one picture may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most pixels of the input. Default 100 million.
    pub pixels: u64,
    /// Longest side of input and output, in pixels. Default 16,383 (the most that WebP can hold).
    pub side: u32,
    /// Memory for the decoded picture, in bytes. Default 256 MiB.
    pub memory: u64,
    /// Processor time of this thread for the whole of it. Default 5 s.
    pub cpu: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { pixels: 100_000_000, side: 16_383, memory: 256 << 20, cpu: Duration::from_secs(5) }
    }
}

impl Limits {
    /// Refuses a size out of bounds, an empty one too.
    pub(crate) fn check_size(&self, width: u32, height: u32) -> Result<(), MediaError> {
        let longest = width.max(height);
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 || longest > self.side || pixels > self.pixels {
            return Err(MediaError::ImageTooLarge {
                width: width.into(),
                height: height.into(),
                side_limit: self.side,
                pixel_limit: self.pixels,
            });
        }
        Ok(())
    }

    pub(crate) fn check_memory(&self, needed: u64) -> Result<(), MediaError> {
        if needed > self.memory {
            return Err(MediaError::ImageNeedsTooMuchMemory { needed, limit: self.memory });
        }
        Ok(())
    }
}

/// Processor time that this thread has used since the start of its process.
///
/// Not the wall clock: a Lambda function of 128 MB gets a fourteenth of a processor, and must not refuse for it.
#[cfg(unix)]
fn cpu_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.try_into().unwrap_or(0), now.tv_nsec.try_into().unwrap_or(0))
}

#[cfg(not(unix))]
fn cpu_time() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

/// The end of the processor time of one picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    end: Duration,
    limit: Duration,
}

impl Deadline {
    pub(crate) fn start(limit: Duration) -> Self {
        Self { end: cpu_time().saturating_add(limit), limit }
    }

    pub(crate) fn check(&self) -> Result<(), MediaError> {
        if cpu_time() > self.end { Err(self.missed()) } else { Ok(()) }
    }

    pub(crate) fn missed(&self) -> MediaError {
        MediaError::ImageTakesTooLong { limit: self.limit }
    }
}

/// Bytes that stop being readable when the time is over, so that a decoder cannot work for long on a small file.
pub(crate) struct TimedReader<'a> {
    bytes: io::Cursor<&'a [u8]>,
    deadline: Deadline,
    /// End of the part that may be read before the clock is asked again.
    checked_until: u64,
}

/// Bytes between two looks at the clock. Compressed data expands a thousandfold at most, which bounds the work between.
const STEP: u64 = 16 * 1024;

impl<'a> TimedReader<'a> {
    pub(crate) fn new(bytes: &'a [u8], deadline: Deadline) -> Self {
        Self { bytes: io::Cursor::new(bytes), deadline, checked_until: 0 }
    }
}

impl BufRead for TimedReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let position = self.bytes.position();
        if position >= self.checked_until {
            self.deadline.check().map_err(io::Error::other)?;
            self.checked_until = position + STEP;
        }
        let allowed = usize::try_from(self.checked_until - position).unwrap_or(usize::MAX);
        let rest = self.bytes.fill_buf()?;
        Ok(&rest[..rest.len().min(allowed)])
    }

    fn consume(&mut self, amount: usize) {
        self.bytes.consume(amount);
    }
}

impl Read for TimedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl Seek for TimedReader<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        // A decoder that goes back to read again must pass the clock again.
        self.checked_until = 0;
        self.bytes.seek(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bounded_by_side_and_by_pixels() {
        let limits = Limits::default();
        assert!(limits.check_size(16_383, 6_000).is_ok());
        for (width, height) in [(0, 5), (5, 0), (16_384, 1), (1, 16_384), (10_001, 10_000), (u32::MAX, u32::MAX)] {
            assert!(limits.check_size(width, height).is_err(), "{width} x {height}");
        }
    }

    #[test]
    fn a_reader_ends_with_its_time() {
        let bytes = vec![7; 100_000];
        let mut all = Vec::new();
        TimedReader::new(&bytes, Deadline::start(Duration::from_mins(1))).read_to_end(&mut all).unwrap();
        assert_eq!(all, bytes);

        let over = Deadline { end: Duration::ZERO, limit: Duration::from_secs(5) };
        let error = TimedReader::new(&bytes, over).read_to_end(&mut all).unwrap_err();
        assert_eq!(error.to_string(), "decoding takes more than 5 s of processor time");
    }
}
