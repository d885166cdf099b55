//! The child process of one instance: starting it, limiting it, and ending it with everything that it started.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::{Child, Command};

/// What a process is started with.
pub(super) struct Start<'a> {
    pub(super) program: &'a Path,
    pub(super) arguments: Vec<PathBuf>,
    /// The unpacked package, which is the working directory.
    pub(super) code: &'a Path,
    pub(super) environment: &'a [(String, String)],
    pub(super) memory_megabytes: u32,
    /// Largest file that it may write.
    pub(super) storage_megabytes: u32,
}

/// Starts a program in a process group of its own with exactly this environment.
pub(super) fn start(start: &Start<'_>) -> std::io::Result<Child> {
    let mut command = Command::new(start.program);
    command
        .args(&start.arguments)
        .current_dir(start.code)
        .env_clear()
        .envs(start.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let child = spawn(&mut command)?;
    if let Some(id) = child.id() {
        limit(id, start);
    }
    Ok(child)
}

/// A file that was just written may still be open for writing in a child that another thread is starting; that lasts until
/// the child's own `exec`.
fn spawn(command: &mut Command) -> std::io::Result<Child> {
    for _ in 0..50 {
        match command.spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            other => return other,
        }
    }
    command.spawn()
}

/// Bounds what the process may take, generously: the point is to keep a runaway function from taking the machine along.
#[cfg(target_os = "linux")]
fn limit(id: u32, start: &Start<'_>) {
    use rustix::process::{Resource, Rlimit, prlimit};
    const HEADROOM: u64 = 1 << 30;
    const MEGABYTE: u64 = 1024 * 1024;
    let Some(process) = process_id(id) else { return };
    let set = |resource, value| {
        let limit = Rlimit { current: Some(value), maximum: Some(value) };
        if let Err(error) = prlimit(Some(process), resource, limit) {
            tracing::debug!(%error, "a limit could not be set on a function");
        }
    };
    set(Resource::Core, 0);
    set(Resource::Nofile, 1024);
    set(Resource::Fsize, u64::from(start.storage_megabytes) * MEGABYTE);
    // The memory size itself is watched while a call runs: address space that is only reserved does not count.
    set(Resource::Data, u64::from(start.memory_megabytes) * MEGABYTE + HEADROOM);
}

#[cfg(not(target_os = "linux"))]
fn limit(_id: u32, _start: &Start<'_>) {}

#[cfg(unix)]
fn process_id(id: u32) -> Option<rustix::process::Pid> {
    i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw)
}

/// Kills the process group that `id` leads.
#[cfg(unix)]
pub(super) fn kill_group(id: u32) {
    if let Some(process) = process_id(id) {
        // Nothing is left to kill when this fails.
        let _ = rustix::process::kill_process_group(process, rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
pub(super) fn kill_group(_id: u32) {}

/// Kills the process group that `id` leads, and what left it.
pub(super) fn kill_all(id: u32, marker: &str) {
    kill_group(id);
    kill_marked(marker);
}

/// Kills processes that left the group (a daemon makes a session of its own) but still have `marker` in their environment.
#[cfg(target_os = "linux")]
fn kill_marked(marker: &str) {
    /// A process may fork while its siblings are being killed; a few rounds catch up with any that does not fork for ever.
    const ROUNDS: usize = 20;
    /// For a moment within `exec` a process has no environment to be known by.
    const EMPTY_ROUNDS: usize = 5;
    let mut empty = 0;
    for _ in 0..ROUNDS {
        let Ok(entries) = std::fs::read_dir("/proc") else { return };
        let mut found = false;
        for entry in entries.flatten() {
            let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            if environment.split(|byte| *byte == 0).any(|variable| variable == marker.as_bytes())
                && let Some(process) = process_id(id)
            {
                found = true;
                let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
            }
        }
        empty = if found { 0 } else { empty + 1 };
        if empty == EMPTY_ROUNDS {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

#[cfg(not(target_os = "linux"))]
fn kill_marked(_marker: &str) {}

/// The most memory that the process has had in use so far, in megabytes rounded up; 0 where the system does not say.
pub(super) fn peak_memory_megabytes(id: Option<u32>) -> u64 {
    kilobytes(id, "VmHWM:").unwrap_or(0).div_ceil(1024)
}

/// Memory of the process that is no part of a file, in megabytes; `None` where the system does not say.
fn own_memory_megabytes(id: u32) -> Option<u64> {
    kilobytes(Some(id), "RssAnon:").map(|kilobytes| kilobytes / 1024)
}

/// Returns once the process has more memory of its own than its function has; never where the system does not say.
pub(super) async fn exceeds_memory(id: Option<u32>, megabytes: u32) {
    /// How often the memory is looked at: seldom enough to cost nothing, often enough to stop a leak before it hurts.
    const INTERVAL: std::time::Duration = std::time::Duration::from_millis(50);
    let Some(id) = id else { return std::future::pending().await };
    loop {
        tokio::time::sleep(INTERVAL).await;
        match own_memory_megabytes(id) {
            Some(used) if used > u64::from(megabytes) => return,
            Some(_) => {}
            None => return std::future::pending().await,
        }
    }
}

/// A line of what the system tells about a process.
fn kilobytes(id: Option<u32>, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", id?)).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// How a process ended, in AWS's words.
pub(super) fn describe_exit(status: std::process::ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            let name = match signal {
                6 => "aborted".to_owned(),
                9 => "killed".to_owned(),
                11 => "segmentation fault".to_owned(),
                15 => "terminated".to_owned(),
                other => other.to_string(),
            };
            return format!("Runtime exited with error: signal: {name}");
        }
    }
    match status.code() {
        Some(0) | None => "Runtime exited without providing a reason".to_owned(),
        Some(code) => format!("Runtime exited with error: exit status {code}"),
    }
}
