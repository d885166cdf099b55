//! `PostgreSQL`: how its data is laid out and how it is started.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;

use super::instances::{Layout, write_private};
use super::programs::{Family, tool};
use super::server::{Start, command, end_leftover, failed, run};
use super::user::{End, User, closed_to, give, unprivileged};
use super::{Server, invalid};
use crate::wire::ServiceError;

/// Lays out the data where there is none yet, and starts the server.
pub(super) async fn start(layout: Layout, address: SocketAddr) -> Result<Server, ServiceError> {
    let server = Family::Postgres.find()?;
    let user = unprivileged(&["postgres"])?;
    let directory = layout.path.clone();
    if let Some(closed) = closed_to(&directory, user) {
        return Err(invalid(
            "InsufficientDBInstanceCapacity",
            format!(
                "PostgreSQL refuses to run as root, and the user that it would run as cannot enter `{}`: choose a data directory that others may enter, or start the local cloud as an ordinary user",
                closed.display()
            ),
        ));
    }
    let io = |error: std::io::Error| failed("laying out the data of the database", &error.to_string());
    for path in [&directory, &layout.certificate, &layout.key, &layout.authority] {
        give(path, user).map_err(io)?;
    }
    let data = directory.join("data");
    let pid_file = data.join("postmaster.pid");
    end_leftover(&pid_file, &directory, End::Interrupt).await;
    let fresh = !data.join("PG_VERSION").is_file();
    if fresh {
        lay_out(&server, user, &layout, &data).await?;
    }
    let password = format!("ALTER ROLE {} PASSWORD {}", name(&layout.username), text(&layout.password));
    let mut statements = vec![password];
    if fresh && !layout.database.is_empty() && layout.database != "postgres" {
        statements.push(format!("CREATE DATABASE {}", name(&layout.database)));
    }
    alone(&server, user, &directory, &data, &statements).await?;
    let forced = layout.parameters.iter().any(|(name, value)| name == "rds.force_ssl" && value == "1");
    let access = format!("{} all all 127.0.0.0/8 scram-sha-256\n", if forced { "hostssl" } else { "host" });
    std::fs::write(data.join("pg_hba.conf"), access).map_err(io)?;
    let mut start = command(&server, user, &directory);
    start.arg("-D").arg(&data);
    let mut set = |name: &str, value: &str| {
        start.arg("-c").arg(format!("{name}={value}"));
    };
    set("listen_addresses", &address.ip().to_string());
    set("port", &address.port().to_string());
    set("unix_socket_directories", "");
    set("ssl", "on");
    set("ssl_cert_file", &layout.certificate.to_string_lossy());
    set("ssl_key_file", &layout.key.to_string_lossy());
    set("password_encryption", "scram-sha-256");
    for (name, value) in layout.parameters.iter().filter(|(name, _)| !name.starts_with("rds.")) {
        set(name, value);
    }
    let log = directory.join("server.log");
    Server::start(Start { command: start, address, log, end: End::Interrupt, ready: Some(pid_file) }).await
}

/// Makes the data directory; the master user is its first role.
async fn lay_out(server: &Path, user: Option<User>, layout: &Layout, data: &Path) -> Result<(), ServiceError> {
    const WHAT: &str = "laying out the data of the database";
    let io = |error: std::io::Error| failed(WHAT, &error.to_string());
    let password = layout.path.join("password");
    write_private(&password, &format!("{}\n", layout.password)).map_err(io)?;
    give(&password, user).map_err(io)?;
    let mut make = command(&tool(server, &["initdb"])?, user, &layout.path);
    make.arg("-D")
        .arg(data)
        .arg(format!("--username={}", layout.username))
        .arg(format!("--pwfile={}", password.display()))
        .args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"]);
    let result = run(make, WHAT).await;
    let _ = std::fs::remove_file(password);
    result
}

/// Runs statements with no server around them, which needs no password.
async fn alone(
    server: &Path,
    user: Option<User>,
    directory: &Path,
    data: &Path,
    statements: &[String],
) -> Result<(), ServiceError> {
    const WHAT: &str = "making user and database";
    let io = |error: std::io::Error| failed(WHAT, &error.to_string());
    let mut command = command(server, user, directory);
    command.arg("--single").arg("-D").arg(data).args(["-c", "exit_on_error=on", "postgres"]).stdin(Stdio::piped());
    let mut child = command.spawn().map_err(io)?;
    if let Some(mut input) = child.stdin.take() {
        for statement in statements {
            input.write_all(format!("{statement}\n").as_bytes()).await.map_err(io)?;
        }
    }
    let output = child.wait_with_output().await.map_err(io)?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(WHAT, &String::from_utf8_lossy(&output.stderr)))
}

/// A name as SQL has it.
fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A text as SQL has it. A line is a statement here, so that breaks are written as escapes.
fn text(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\'', "''").replace('\n', "\\n").replace('\r', "\\r");
    format!("E'{escaped}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_names_stay_what_they_are() {
        assert_eq!(text("it's\\n\n"), "E'it''s\\\\n\\n'");
        assert_eq!(name("a\"b"), "\"a\"\"b\"");
    }
}
