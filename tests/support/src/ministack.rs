//! A foreign AWS emulator, as an endpoint that we did not write.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::clients::Clients;
use crate::{http, within};

/// A running ministack with its state in memory. It ends with this value.
#[derive(Debug)]
pub struct Ministack {
    child: Child,
    url: String,
    _scratch: tempfile::TempDir,
}

impl Ministack {
    /// Starts `program` on a free port and waits until it answers. It lets everybody do everything.
    pub async fn start(program: &Path) -> Self {
        Self::start_with(program, "false").await
    }

    /// The same, with roles and policies enforced.
    ///
    /// It holds TLS-only bucket policies against its own plain HTTP endpoint: a function cannot read its photo through one.
    pub async fn start_with_iam(program: &Path) -> Self {
        Self::start_with(program, "true").await
    }

    async fn start_with(program: &Path, auth: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        let scratch = tempfile::tempdir().unwrap();
        let child = Command::new(program)
            .env("AUTH", auth)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("AWS_ENDPOINT_URL", &url)
            // It unpacks functions below the temporary directory.
            .env("TMPDIR", scratch.path())
            .current_dir(scratch.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        let peer = Self { child, url, _scratch: scratch };
        within(Duration::from_mins(1), "ministack answers", async || {
            let health = format!("{}/_ministack/health", peer.url);
            let answer = http::try_request(::http::Method::GET, &health, &[], "").await.ok()?;
            (answer.status == 200).then_some(())
        })
        .await;
        peer
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// SDK clients in `us-east-1`.
    #[must_use]
    pub fn clients(&self) -> Clients {
        Clients::new(&self.url, "us-east-1")
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        for _ in 0..300 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
