//! Objects written and read again, by the same plain client on presigned URLs, here and at ministack.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::http;
use super::process;
use super::server::Server;
use super::table::Row;
use crate::failure::Failure;

/// Presigned URLs of one object, without the server.
pub(super) struct Urls {
    put: String,
    get: String,
}

impl Urls {
    /// Makes the bucket where it is missing, and the URLs. boto3 signs, so that neither side is measured with a signer of ours.
    pub(super) fn of(python: &Path, server: &Server, bucket: &str, key: &str) -> Result<Self, Failure> {
        let script = super::peer_script("presign.py");
        let text = process::output(Command::new(python).arg(script).args([&server.url, bucket, key]))?;
        let mut urls = text.lines().filter_map(|url| url.strip_prefix(&server.url)).map(str::to_owned);
        match (urls.next(), urls.next()) {
            (Some(put), Some(get)) => Ok(Self { put, get }),
            _ => Err(Failure::new(format!("presign.py printed `{text}`"))),
        }
    }

    /// Stores the object.
    pub(super) fn put(&self, server: &Server, body: &[u8]) -> Result<(), Failure> {
        let answer = http::request(&server.url, "PUT", &self.put, &[], body)?;
        if answer.status == 200 {
            return Ok(());
        }
        Err(Failure::new(format!("PUT {}: {} {}", self.put, answer.status, String::from_utf8_lossy(&answer.body))))
    }

    /// The object, if it is there.
    pub(super) fn get(&self, server: &Server) -> Result<Option<Vec<u8>>, Failure> {
        let answer = http::get(&server.url, &self.get)?;
        Ok((answer.status == 200).then_some(answer.body))
    }
}

/// PUT and GET of small and of large objects.
pub(super) fn rows(python: &Path, ours: &Server, peer: &Server) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for (name, size, pairs) in [("10 KB", 10_000, 300), ("10 MB", 10_000_000, 15)] {
        let body = vec![b'x'; size];
        let (mine, theirs) =
            (Urls::of(python, ours, "bench-objects", name)?, Urls::of(python, peer, "bench-objects", name)?);
        let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
        for _ in 0..pairs {
            our_times.push(pair(ours, &mine, &body)?);
            their_times.push(pair(peer, &theirs, &body)?);
        }
        let (mine, theirs) = (Spread::of(our_times), Spread::of(their_times));
        let (speed, tail) = (theirs.mean / mine.mean, mine.tail / theirs.tail);
        let shown = format!("{mine} = {speed:.1}x the throughput, {tail:.2}x the p99");
        rows.push(
            Row::measured(&format!("S3 PUT and GET of {name}"), shown, format!("ministack {theirs}"))
                .goal("5x, p99 0.2x", speed >= 5.0 && tail <= 0.2),
        );
    }
    Ok(rows)
}

fn pair(server: &Server, urls: &Urls, body: &[u8]) -> Result<Duration, Failure> {
    let began = Instant::now();
    urls.put(server, body)?;
    let read = urls.get(server)?.map_or(0, |read| read.len());
    let took = began.elapsed();
    if read == body.len() { Ok(took) } else { Err(Failure::new(format!("{} gave {read} bytes back", server.url))) }
}

/// Milliseconds of a pair.
struct Spread {
    mean: f64,
    /// 99 of 100 are not slower.
    tail: f64,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let milliseconds = |time: &Duration| time.as_secs_f64() * 1000.0;
        let count = u32::try_from(times.len()).unwrap_or(u32::MAX).max(1);
        let mean = times.iter().sum::<Duration>().as_secs_f64() * 1000.0 / f64::from(count);
        let tail = times.get((times.len() * 99).div_ceil(100).saturating_sub(1)).map_or(0.0, milliseconds);
        Self { mean, tail }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:.1} ms a pair, p99 {:.1} ms", self.mean, self.tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_what_one_in_a_hundred_exceeds() {
        let spread = Spread::of((1..=300).rev().map(Duration::from_millis).collect());
        assert_eq!(spread.to_string(), "150.5 ms a pair, p99 297.0 ms");
        assert_eq!(Spread::of(vec![Duration::from_millis(2)]).to_string(), "2.0 ms a pair, p99 2.0 ms");
    }
}
