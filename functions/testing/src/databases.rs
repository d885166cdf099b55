//! Database servers of this machine, each in a temporary directory on a free port, with TLS.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::skipped;

/// How long a server may take to start on a machine that does other things as well.
const START: Duration = Duration::from_mins(2);

/// The user that tests connect as; may do anything.
const USER: &str = "app";

/// The database that is there from the beginning.
const DATABASE: &str = "catalog";

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct DatabaseServer {
    child: Child,
    engine: &'static str,
    port: u16,
    authority: String,
    /// Its data, gone with it.
    _directory: TempDir,
}

impl DatabaseServer {
    /// The password of the first user, at first.
    pub const PASSWORD: &'static str = "first-CANARY-password";

    /// `MariaDB` or `MySQL`. `None` where this machine has neither; that is said.
    #[must_use]
    pub fn mysql() -> Option<Self> {
        let server = program(&["mariadbd", "mysqld"], &["/usr/sbin", "/usr/libexec", "/usr/local/mysql/bin"])?;
        let directory = tempfile::tempdir().unwrap();
        let (place, certificates) = (directory.path(), Certificates::write(directory.path()));
        let data = format!("--datadir={}", place.join("data").display());
        let as_root = is_root().then_some("--user=root");
        let script = program(&["mariadb-install-db"], &["/usr/bin", "/usr/local/bin"]);
        let (maker, arguments): (_, &[_]) = match script {
            Some(script) => (script, &["--auth-root-authentication-method=normal", "--skip-test-db"]),
            None => (server.clone(), &["--initialize-insecure"]),
        };
        let mut make = Command::new(maker);
        // Servers take away what others seem to have left in a directory for temporary files.
        make.env("TMPDIR", place).arg("--no-defaults").args(arguments);
        succeed(make.arg(&data).args(as_root));
        let password = Self::PASSWORD;
        let statements = format!(
            "CREATE USER '{USER}'@'%' IDENTIFIED BY '{password}';\n\
             GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\nCREATE DATABASE {DATABASE};\n"
        );
        std::fs::write(place.join("init.sql"), statements).unwrap();
        let port = free_port();
        let mut start = Command::new(server);
        start
            .env("TMPDIR", place)
            .args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin"])
            .args(["--innodb-buffer-pool-size=32M", "--performance-schema=OFF", "--require-secure-transport=ON"])
            .args(as_root)
            .arg(data)
            .arg(format!("--port={port}"))
            .arg(format!("--socket={}", place.join("socket").display()))
            .arg(format!("--init-file={}", place.join("init.sql").display()))
            .arg(format!("--ssl-cert={}", certificates.certificate.display()))
            .arg(format!("--ssl-key={}", certificates.key.display()));
        let greets = move || {
            let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
            stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
            stream.read(&mut [0]).is_ok_and(|read| read == 1)
        };
        Some(Self::start("mysql", port, start, certificates.authority, directory, greets))
    }

    /// `PostgreSQL`. `None` where this machine does not have it; that is said.
    #[must_use]
    pub fn postgres() -> Option<Self> {
        let places: Vec<String> = std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path().join("bin").display().to_string())
            .collect();
        let places: Vec<&str> = places.iter().map(String::as_str).chain(["/usr/local/pgsql/bin"]).collect();
        let server = program(&["postgres"], &places)?;
        let directory = tempfile::tempdir().unwrap();
        let (place, certificates) = (directory.path(), Certificates::write(directory.path()));
        std::fs::write(place.join("password"), DatabaseServer::PASSWORD).unwrap();
        // It refuses to run as root.
        let user = is_root().then(|| user("postgres"));
        if let Some((id, group)) = user {
            for path in [place, &place.join("password"), &certificates.certificate, &certificates.key] {
                chown(path, Some(id), Some(group)).unwrap();
            }
        }
        let command = |program: &Path, first: &[&str]| {
            let mut command = Command::new(program);
            command.current_dir(place).env("LC_ALL", "C").args(first).arg("-D").arg(place.join("data"));
            if let Some((id, group)) = user {
                command.uid(id).gid(group);
            }
            command
        };
        let mut make = command(&server.with_file_name("initdb"), &[]);
        make.arg(format!("--username={USER}")).arg(format!("--pwfile={}", place.join("password").display()));
        succeed(make.args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]));
        std::fs::write(place.join("data/pg_hba.conf"), "hostssl all all 127.0.0.0/8 scram-sha-256\n").unwrap();
        // Without a server around it, it reads statements and asks nobody for a password.
        let statements = place.join("init.sql");
        std::fs::write(&statements, format!("CREATE DATABASE {DATABASE}\n")).unwrap();
        let statements = std::fs::File::open(statements).unwrap();
        succeed(command(&server, &["--single"]).args(["-c", "exit_on_error=on", "postgres"]).stdin(statements));
        let port = free_port();
        let mut start = command(&server, &[]);
        for setting in [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            "unix_socket_directories=".to_owned(),
            "fsync=off".to_owned(),
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", certificates.certificate.display()),
            format!("ssl_key_file={}", certificates.key.display()),
        ] {
            start.arg("-c").arg(setting);
        }
        let ready = place.join("data/postmaster.pid");
        let is_ready = move || std::fs::read_to_string(&ready).is_ok_and(|text| text.trim_end().ends_with("ready"));
        Some(Self::start("postgres", port, start, certificates.authority, directory, is_ready))
    }

    fn start(
        engine: &'static str,
        port: u16,
        mut command: Command,
        authority: String,
        directory: TempDir,
        is_ready: impl Fn() -> bool,
    ) -> Self {
        let log = directory.path().join("server.log");
        let said = std::fs::File::create(&log).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).spawn().unwrap();
        let mut server = Self { child, engine, port, authority, _directory: directory };
        let began = Instant::now();
        while !is_ready() {
            let ended = server.child.try_wait().unwrap();
            let said = || std::fs::read_to_string(&log).unwrap();
            assert!(ended.is_none(), "the database server ended: {}", said());
            assert!(began.elapsed() < START, "the database server did not start: {}", said());
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Certificate of who vouches for the server, in PEM. It does so for `localhost` and 127.0.0.1.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The secret that RDS would write, with a password.
    #[must_use]
    pub fn secret(&self, password: &str) -> Value {
        json!({
            "engine": self.engine, "host": "127.0.0.1", "port": self.port, "username": USER, "password": password,
            "dbname": DATABASE
        })
    }

    /// What Secrets Manager answers to `GetSecretValue` for that secret.
    #[must_use]
    pub fn secret_answer(&self, password: &str) -> Vec<u8> {
        json!({ "Name": "database", "SecretString": self.secret(password).to_string() }).to_string().into_bytes()
    }

    /// Ends the server at once, as a failure would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for DatabaseServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// What a server shows to its clients.
struct Certificates {
    certificate: PathBuf,
    key: PathBuf,
    authority: String,
}

impl Certificates {
    fn write(place: &Path) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let file = |name: &str, text: String| {
            let path = place.join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            path
        };
        Self {
            certificate: file("server.crt", certificate.pem()),
            key: file("server.key", key.serialize_pem()),
            authority: authority.pem(),
        }
    }
}

/// Where a program is: on `PATH`, or in one of the usual places. That it is nowhere is said.
fn program(names: &[&str], places: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories: Vec<PathBuf> = std::env::split_paths(&path).chain(places.iter().map(PathBuf::from)).collect();
    let found = names.iter().flat_map(|name| directories.iter().map(move |place| place.join(name)));
    let found = found.into_iter().find(|path| path.is_file());
    if found.is_none() {
        skipped(&format!("no `{}` on this machine", names.join("` or `")));
    }
    found
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// User and group of a name.
fn user(name: &str) -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.split(':').next() == Some(name)).unwrap();
    let mut fields = line.split(':').skip(2).map(|field| field.parse().unwrap());
    (fields.next().unwrap(), fields.next().unwrap())
}
