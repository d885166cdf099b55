//! Running a command and reading what the operating system charged it with.

use std::fmt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

use crate::failure::Failure;

/// What one process took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// From start to end.
    pub(crate) wall: Duration,
    /// User and system time.
    pub(crate) cpu: Duration,
    /// Greatest resident size in bytes.
    pub(crate) memory: u64,
}

impl fmt::Display for Usage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:.1} ms CPU, {:.1} ms wall, {} MiB",
            self.cpu.as_secs_f64() * 1000.0,
            self.wall.as_secs_f64() * 1000.0,
            super::table::decimal(self.memory, 1 << 20),
        )
    }
}

/// Runs a command to its end, output discarded; it must end with this exit code.
fn measure(command: &mut Command, code: i32) -> Result<Usage, Failure> {
    let shown = format!("{command:?}");
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let errors = child.stderr.take();
    let text = errors.map(std::io::read_to_string).transpose()?.unwrap_or_default();
    let ended = child.wait4()?;
    let wall = started.elapsed();
    if ended.status.code() != Some(code) {
        return Err(Failure::new(format!("{shown} ended with {}: {text}", ended.status)));
    }
    Ok(Usage { wall, cpu: ended.rusage.utime + ended.rusage.stime, memory: ended.rusage.maxrss })
}

/// What a command prints on stdout; it must succeed.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let shown = format!("{command:?}");
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::new(format!("{shown} ended with {}: {said}", output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A time as the table shows it.
pub(crate) fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

/// The median of each figure over `runs` runs.
pub(crate) fn median(runs: usize, command: impl FnMut() -> Command) -> Result<Usage, Failure> {
    median_ending(runs, 0, command)
}

/// The same of runs with another exit code than 0.
pub(crate) fn median_ending(runs: usize, code: i32, mut command: impl FnMut() -> Command) -> Result<Usage, Failure> {
    let usages = (0..runs.max(1)).map(|_| measure(&mut command(), code)).collect::<Result<Vec<_>, _>>()?;
    Ok(Usage {
        wall: middle(usages.iter().map(|usage| usage.wall).collect()).unwrap_or_default(),
        cpu: middle(usages.iter().map(|usage| usage.cpu).collect()).unwrap_or_default(),
        memory: middle(usages.iter().map(|usage| usage.memory).collect()).unwrap_or_default(),
    })
}

/// The median, absent where there are no values.
pub(crate) fn middle<T: Ord + Copy>(mut values: Vec<T>) -> Option<T> {
    values.sort();
    values.get(values.len() / 2).copied()
}

/// Greatest resident size of a running process so far, in bytes. Linux only; absent elsewhere.
pub(crate) fn peak_memory(id: u32) -> Option<u64> {
    memory(id, "VmHWM:")
}

/// Resident size of a running process now, in bytes. Linux only; absent elsewhere.
pub(crate) fn resident_memory(id: u32) -> Option<u64> {
    memory(id, "VmRSS:")
}

fn memory(id: u32, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}
