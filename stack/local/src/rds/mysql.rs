//! `MySQL` and `MariaDB`: how their data is laid out and how they are started.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::Server;
use super::instances::{Layout, write_private};
use super::programs::{Family, tool};
use super::server::{Start, command, end_leftover, failed, run};
use super::user::{End, is_root};
use crate::wire::ServiceError;

/// Whether the program is `MariaDB`'s, which lays out its data with a script of its own.
async fn is_mariadb(server: &Path) -> bool {
    let mut asked = command(server, None, Path::new("/"));
    let output = asked.arg("--version").stdout(std::process::Stdio::piped()).output().await;
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("MariaDB"))
}

/// Lays out the data where there is none yet, and starts the server.
pub(super) async fn start(layout: Layout, address: SocketAddr) -> Result<Server, ServiceError> {
    let server = Family::MySql.find()?;
    let directory = layout.path.clone();
    let data = directory.join("data");
    let pid_file = directory.join("server.pid");
    end_leftover(&pid_file, &directory, End::Terminate).await;
    // Root may run it if root says so; anybody else runs it as themselves.
    let as_root = is_root().then_some("--user=root");
    if !data.join("mysql").is_dir() {
        let mut make = if is_mariadb(&server).await {
            let mut make = command(&tool(&server, &["mariadb-install-db", "mysql_install_db"])?, None, &directory);
            make.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
            make
        } else {
            let mut make = command(&server, None, &directory);
            make.args(["--no-defaults", "--initialize-insecure"]);
            make
        };
        make.arg(format!("--datadir={}", data.display())).args(as_root);
        run(make, "laying out the data of the database").await?;
    }
    let statements = directory.join("init.sql");
    write_private(&statements, &init_statements(&layout))
        .map_err(|error| failed("writing the first statements", &error.to_string()))?;
    let mut start = command(&server, None, &directory);
    let path = |name: &str, path: &Path| format!("--{name}={}", path.display());
    start
        .arg("--no-defaults")
        .args(as_root)
        .arg(path("datadir", &data))
        .arg(path("init-file", &statements))
        .arg(path("pid-file", &pid_file))
        .arg(path("socket", &socket(&directory)))
        .arg(path("ssl-cert", &layout.certificate))
        .arg(path("ssl-key", &layout.key))
        .arg(path("ssl-ca", &layout.authority))
        .arg(format!("--bind-address={}", address.ip()))
        .arg(format!("--port={}", address.port()))
        .arg("--skip-name-resolve")
        // Small: it serves one developer.
        .args(["--innodb-buffer-pool-size=32M", "--performance-schema=OFF", "--skip-log-bin"])
        // A parameter that this server does not know is no reason not to start: the engine of the template may be newer.
        .args(
            layout
                .parameters
                .iter()
                .filter(|(name, _)| !name.starts_with("rds."))
                .map(|(name, value)| format!("--loose-{}={value}", name.replace('_', "-"))),
        );
    let log = directory.join("server.log");
    let started = Server::start(Start { command: start, address, log, end: End::Terminate, ready: None }).await;
    // It holds the password; the server has read it by now.
    let _ = std::fs::remove_file(statements);
    started
}

/// The path of a socket is limited to about a hundred bytes, so it may have to lie elsewhere.
fn socket(directory: &Path) -> PathBuf {
    let beside = directory.join("socket");
    if beside.as_os_str().len() < 100 {
        return beside;
    }
    std::env::temp_dir().join(format!("stack-{}.sock", crate::records::random_hex(12)))
}

/// What the server runs before it takes connections: master user and database, nobody else. One statement per line.
fn init_statements(layout: &Layout) -> String {
    let user = format!("{}@'%'", quoted(&layout.username));
    let password = quoted(&layout.password);
    let mut statements = format!("CREATE USER IF NOT EXISTS {user} IDENTIFIED BY {password};\n");
    // Writing to a String cannot fail.
    let _ = writeln!(statements, "ALTER USER {user} IDENTIFIED BY {password};");
    let _ = writeln!(statements, "GRANT ALL PRIVILEGES ON *.* TO {user} WITH GRANT OPTION;");
    let _ = writeln!(statements, "ALTER USER 'root'@'localhost' ACCOUNT LOCK;");
    if !layout.database.is_empty() {
        let _ = writeln!(statements, "CREATE DATABASE IF NOT EXISTS `{}`;", layout.database.replace('`', "``"));
    }
    statements
}

/// A text as SQL has it, on one line.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for character in text.chars() {
        match character {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        assert_eq!(quoted("it's\\n\n"), "'it''s\\\\n\\n'");
    }
}
