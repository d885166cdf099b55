//! Connections and migrations with real servers of this machine, and a Secrets Manager that says what a test tells it to.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use aws_sdk_secretsmanager::Client;
use clients::{CloudSettings, sdk_config};
use database::{
    Command, Database, DatabaseError, Direction, Engine, Migration, MigrationError, MySql, Postgres, Report, Secret,
    Session, State, migrate, parse_migrations,
};
use function_testing::{DatabaseServer, Reply, Server};
use sqlx::{AssertSqlSafe, Connection as _};

const UP: &str = r#"{"command":"up"}"#;
const DOWN: &str = r#"{"command":"down"}"#;
const STATUS: &str = r#"{"command":"status"}"#;

/// The password after the rotation.
const SECOND_PASSWORD: &str = "second-CANARY-password";

fn secret(secrets: &Server) -> Secret {
    let credentials =
        wiring::Credentials { access_key: "AKID".into(), secret_key: "CANARY".into(), session_token: None };
    let settings = CloudSettings {
        region: "us-east-1".into(),
        credentials,
        endpoint: Some(secrets.url().to_owned()),
        storage_endpoint: None,
    };
    Secret::new(Client::new(&sdk_config(&settings)), "arn:aws:secretsmanager:us-east-1:000000000000:secret:database")
}

/// A server and the secret that leads to it.
struct World {
    server: DatabaseServer,
    secrets: Server,
}

impl World {
    async fn new(server: DatabaseServer) -> Self {
        let secrets = Server::start(Reply::Body(200, server.secret_answer(DatabaseServer::PASSWORD))).await;
        Self { server, secrets }
    }

    /// Who may connect; the server's certificate is verified.
    fn session(&self) -> Session {
        Session::new(secret(&self.secrets), Some(self.server.authority().to_owned()))
    }

    async fn run(&self, migrations: &[Migration], command: &str) -> Result<Report, MigrationError> {
        migrate(&self.session(), migrations, serde_json::from_str(command).unwrap()).await
    }

    async fn sql(&self, family: database::Family, sql: &str) {
        let (session, sql) = (self.session(), sqlx::raw_sql(AssertSqlSafe(sql.to_owned())));
        let done = match family {
            database::Family::MySql => sql.execute(&mut session.connect::<MySql>().await.unwrap()).await.map(drop),
            database::Family::Postgres => {
                sql.execute(&mut session.connect::<Postgres>().await.unwrap()).await.map(drop)
            }
        };
        done.unwrap();
    }
}

fn migrations(files: &[(&str, &str)]) -> Vec<Migration> {
    parse_migrations(files.iter().map(|(name, sql)| ((*name).to_owned(), sql.as_bytes().to_vec()))).unwrap()
}

fn states(report: &Report) -> Vec<(i64, State)> {
    report.migrations.iter().map(|status| (status.version, status.state)).collect()
}

fn steps(report: &Report) -> Vec<(i64, Direction)> {
    report.steps.iter().map(|step| (step.version, step.direction)).collect()
}

/// Migrations of either engine: forward, back, two at once, and what is refused.
async fn migrations_come_and_go<E: Engine>(world: &World) {
    let two = migrations(&[
        ("0001_one.up.sql", "CREATE TABLE one (id INT); INSERT INTO one VALUES (1);"),
        ("0001_one.down.sql", "DROP TABLE one"),
        ("0002_two.up.sql", "CREATE TABLE two (id INT)"),
        ("0002_two.down.sql", "DROP TABLE two"),
    ]);
    let report = world.run(&two, STATUS).await.unwrap();
    assert_eq!((steps(&report), states(&report)), (vec![], vec![(1, State::Pending), (2, State::Pending)]));

    // Of two runs at once the second finds nothing to do.
    let (first, second) = tokio::join!(world.run(&two, UP), world.run(&two, UP));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!([steps(&first), steps(&second)].concat(), [(1, Direction::Up), (2, Direction::Up)]);
    assert_eq!(states(&first), [(1, State::Applied), (2, State::Applied)]);

    // Back is the last one first, and the table is really gone: it can be made by hand, which then is in the way.
    let report = world.run(&two, DOWN).await.unwrap();
    assert_eq!((steps(&report), states(&report)[1]), (vec![(2, Direction::Down)], (2, State::Pending)));
    world.sql(E::FAMILY, "CREATE TABLE two (id INT)").await;
    let failed = world.run(&two, UP).await.unwrap_err();
    assert!(failed.to_string().starts_with("applying migration 2 (two) failed and left nothing behind: "), "{failed}");
    world.sql(E::FAMILY, "DROP TABLE two").await;
    assert_eq!(steps(&world.run(&two, UP).await.unwrap()), [(2, Direction::Up)]);
    let report = world.run(&two, r#"{"command":"down","steps":9}"#).await.unwrap();
    assert_eq!(steps(&report), [(2, Direction::Down), (1, Direction::Down)]);
    assert_eq!(steps(&world.run(&two, UP).await.unwrap()).len(), 2);

    // A changed file is told, and nothing is run.
    let mut changed = two.clone();
    changed[0].up.push_str(" -- changed");
    changed.extend(migrations(&[("0003_three.up.sql", "CREATE TABLE three (id INT)")]));
    let refused = world.run(&changed, UP).await.unwrap_err();
    assert_eq!(refused.code(), "migration-record-contradicts", "{refused}");
    let report = world.run(&changed, STATUS).await.unwrap();
    assert_eq!(states(&report), [(1, State::Changed), (2, State::Applied), (3, State::Pending)]);
}

/// Connections to either engine; `rotate` gives the user another password.
async fn connections_outlive_a_rotation<E: Engine>(mut world: World, rotate: &str) {
    // Nobody else vouches for the server.
    let another = include_str!("another.pem").to_owned();
    let refused = Session::new(secret(&world.secrets), Some(another)).connect::<E>().await.err().unwrap();
    assert_eq!(refused.code(), "connection-failed", "{refused}");
    // Without anybody to ask, the connection is encrypted all the same: these servers take no other.
    Session::new(secret(&world.secrets), None).connect::<E>().await.unwrap().close().await.unwrap();

    let database = Database::<E>::new(world.session());
    drop(database.connection().await.unwrap());
    let asked = world.secrets.requests().len();
    drop(database.connection().await.unwrap());
    assert_eq!(world.secrets.requests().len(), asked, "the secret is kept");

    world.sql(E::FAMILY, rotate).await;
    drop(database.connection().await.unwrap());
    database.disconnect().await;
    let refused = database.connection().await.err().unwrap();
    assert!(matches!(refused, DatabaseError::AuthenticationFailed { .. }), "{refused}");
    assert!(!format!("{refused} {refused:?}").contains("CANARY"), "{refused:?}");
    world.secrets.reply(Reply::Body(200, world.server.secret_answer(SECOND_PASSWORD)));
    drop(database.connection().await.unwrap());

    world.server.kill();
    let gone = database.connection().await.err().unwrap();
    assert_eq!(gone.code(), "connection-failed", "{gone}");
    world
        .secrets
        .reply(Reply::Body(400, br#"{"__type":"ResourceNotFoundException","message":"no such secret"}"#.to_vec()));
    let gone = world.session().login().await.unwrap_err();
    assert!(gone.to_string().contains("ResourceNotFoundException"), "{gone}");
}

const HALF: &str = "CREATE TABLE half (id INT); CREATE TABLE half (id INT);";

#[tokio::test]
async fn mysql_forward_and_back() {
    let Some(server) = DatabaseServer::mysql() else { return };
    let world = World::new(server).await;
    // What a migration leaves that ends in the middle stays known until somebody says what became of it.
    let half = migrations(&[("0009_half.up.sql", HALF)]);
    let failed = world.run(&half, UP).await.unwrap_err();
    let expected = "applying migration 9 (half) failed after 1 of its statements, which stay done: ";
    assert!(failed.to_string().starts_with(expected), "{failed}");
    let refused = world.run(&half, UP).await.unwrap_err();
    assert!(refused.to_string().contains("migration 9 (half) ended in the middle"), "{refused}");
    world.sql(database::Family::MySql, "DROP TABLE half").await;
    let resolve = r#"{"command":"resolve","version":9,"as":"pending"}"#;
    let report = world.run(&half, resolve).await.unwrap();
    assert_eq!(states(&report), [(9, State::Pending)]);
    assert_eq!(world.run(&half, resolve).await.unwrap_err().code(), "migration-not-unfinished");

    migrations_come_and_go::<MySql>(&world).await;
    let rotate = format!("ALTER USER 'app'@'%' IDENTIFIED BY '{SECOND_PASSWORD}'");
    connections_outlive_a_rotation::<MySql>(world, &rotate).await;
}

#[tokio::test]
async fn postgres_forward_and_back() {
    let Some(server) = DatabaseServer::postgres() else { return };
    let world = World::new(server).await;
    // A migration that fails leaves nothing of itself.
    let half = migrations(&[("0009_half.up.sql", HALF)]);
    let failed = world.run(&half, UP).await.unwrap_err();
    assert!(failed.to_string().starts_with("applying migration 9 (half) failed and left nothing behind: "), "{failed}");
    assert_eq!(states(&world.run(&half, STATUS).await.unwrap()), [(9, State::Pending)]);
    world.sql(database::Family::Postgres, "CREATE TABLE half (id INT)").await;

    migrations_come_and_go::<Postgres>(&world).await;
    let rotate = format!("ALTER ROLE app PASSWORD '{SECOND_PASSWORD}'");
    connections_outlive_a_rotation::<Postgres>(world, &rotate).await;
}

#[test]
fn commands_are_read() {
    let read = |text: &str| serde_json::from_str::<Command>(text);
    assert_eq!(read(UP).unwrap(), Command::Up {});
    assert_eq!(read(DOWN).unwrap(), read(r#"{"command":"down","steps":1}"#).unwrap());
    for wrong in
        ["{}", r#"{"command":"sideways"}"#, r#"{"command":"down","steps":0}"#, r#"{"command":"up","steps":1}"#, "[]"]
    {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
