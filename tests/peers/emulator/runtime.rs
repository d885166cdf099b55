//! The emulator around one function.

use std::io::Cursor;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use test_support::http::{self, Method};
use test_support::{Background, eventually};
use zip::ZipArchive;

use super::process::Process;

/// Path of the only call that it serves.
const INVOKE: &str = "/2015-03-31/functions/function/invocations";

/// A running emulator. It ends with this value.
pub(super) struct Emulator {
    _process: Background,
    url: String,
    /// The unpacked zip.
    code: TempDir,
    _temporary: TempDir,
}

impl Emulator {
    /// Starts `program` around the `bootstrap` of the zip at `location`, with the environment of an instance. `timeout` is that
    /// of the function, in seconds.
    pub(super) async fn start(program: &Path, location: &str, instance: &Process, timeout: i32) -> Self {
        let code = tempfile::tempdir().unwrap();
        let zip = http::get(location).await;
        assert_eq!(zip.status, 200, "{location}");
        ZipArchive::new(Cursor::new(zip.body)).unwrap().extract(code.path()).unwrap();
        let temporary = tempfile::tempdir().unwrap();
        // Both ports are held until both are known, so that they differ.
        let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [address, runtime_api] = ports.map(|port| port.local_addr().unwrap().to_string());
        let mut command = Command::new(program);
        command
            .args(["--log-level", "error", "--runtime-interface-emulator-address", &address])
            .args(["--runtime-api-address", &runtime_api])
            .arg(code.path().join("bootstrap"))
            .current_dir(code.path())
            .env_clear()
            .envs(instance.environment().iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_FUNCTION_TIMEOUT", timeout.to_string())
            .env("LAMBDA_TASK_ROOT", code.path())
            .env("TMPDIR", temporary.path());
        let process = Background::start(&mut command);
        let url = format!("http://{address}");
        eventually("the emulator answers", async || http::answers(&url).await.then_some(())).await;
        Self { _process: process, url: format!("{url}{INVOKE}"), code, _temporary: temporary }
    }

    /// What the function answers to an event.
    pub(super) async fn ask(&self, event: &Value) -> String {
        let answer = http::request(Method::POST, &self.url, &[], event.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    }

    /// The process of the function.
    pub(super) fn function(&self) -> Process {
        let code = self.code.path().to_str().unwrap();
        // The emulator itself has the environment of the function, without what it adds.
        Process::find("the function's, under the emulator", |process| {
            process.variable("LAMBDA_TASK_ROOT") == code && !process.variable("AWS_LAMBDA_METADATA_API").is_empty()
        })
    }
}
