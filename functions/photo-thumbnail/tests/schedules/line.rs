//! The line between an environment and the database: what the function sends waits at the gate, and the line may be cut there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use function_testing::{Gate, Verdict};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The line. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) port: u16,
    task: JoinHandle<()>,
}

impl Line {
    /// `database`: its port. While `is_down`, nobody is let in.
    pub(crate) async fn start(database: u16, environment: usize, gate: Gate, is_down: Arc<AtomicBool>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if is_down.load(Ordering::SeqCst) {
                    drop(client);
                    continue;
                }
                let server = TcpStream::connect(("127.0.0.1", database)).await.unwrap();
                tokio::spawn(carry(client, server, environment, gate.clone(), Arc::clone(&is_down)));
            }
        });
        Self { port, task }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Carries what both say until one of them ends, or a verdict ends it.
async fn carry(
    mut client: TcpStream,
    mut server: TcpStream,
    environment: usize,
    gate: Gate,
    is_down: Arc<AtomicBool>,
) -> Option<()> {
    client.set_nodelay(true).ok()?;
    server.set_nodelay(true).ok()?;
    let (mut asked, mut told) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let length = read.ok().filter(|length| *length > 0)?;
                let verdict = gate.pass(environment, "the database").await;
                if verdict == Verdict::Refuse || is_down.load(Ordering::SeqCst) {
                    return None;
                }
                server.write_all(&asked[..length]).await.ok()?;
                if verdict == Verdict::LoseAnswer {
                    // It is done when the answer is there; half of a message has none, and then more comes from the client.
                    tokio::select! {
                        _ = server.read(&mut told) => {}
                        _ = client.read(&mut asked) => {}
                    }
                    return None;
                }
            }
            read = server.read(&mut told) => {
                let length = read.ok().filter(|length| *length > 0)?;
                client.write_all(&told[..length]).await.ok()?;
            }
        }
    }
}
