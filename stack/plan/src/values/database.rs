//! Values of databases.

use super::SettingValue;

/// A database engine of RDS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Mysql,
    Postgres,
}

impl SettingValue for Engine {
    const EXPECTED: &'static str = "`mysql` or `postgres`";
    fn parse(text: &str) -> Option<Self> {
        [Self::Mysql, Self::Postgres].into_iter().find(|engine| engine.word() == text)
    }
}

impl Engine {
    /// The word of RDS.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Mysql => "mysql",
            Self::Postgres => "postgres",
        }
    }

    pub(crate) fn port(self) -> u32 {
        match self {
            Self::Mysql => 3306,
            Self::Postgres => 5432,
        }
    }

    /// The newest version that RDS supports for long. RDS lists those of `MySQL` with their patch only.
    pub(crate) fn default_version(self) -> &'static str {
        match self {
            Self::Mysql => "8.4.11",
            Self::Postgres => "18",
        }
    }

    /// Number of parts of a version that name a family of parameters.
    fn family_parts(self) -> usize {
        match self {
            Self::Mysql => 2,
            Self::Postgres => 1,
        }
    }

    /// Family of parameters of a version, such as `mysql8.4`; nothing when it is no version of this engine.
    pub(crate) fn family(self, version: &str) -> Option<String> {
        let parts: Vec<&str> = version.split('.').collect();
        let is_number = |part: &&str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        let needed = self.family_parts();
        let is_version = parts.iter().all(is_number) && (needed..=needed + 1).contains(&parts.len());
        is_version.then(|| format!("{}{}", self.word(), parts[..needed].join(".")))
    }

    /// Parameter that refuses connections without TLS.
    pub(crate) fn tls_parameter(self) -> &'static str {
        match self {
            Self::Mysql => "require_secure_transport",
            Self::Postgres => "rds.force_ssl",
        }
    }

    /// Logs that it can send to CloudWatch, the first being its errors.
    pub(crate) fn logs(self) -> &'static [&'static str] {
        match self {
            Self::Mysql => &["error", "general", "slowquery"],
            Self::Postgres => &["postgresql", "upgrade"],
        }
    }

    /// Parameters that make it write a log.
    pub(crate) fn log_parameters(self, log: &str) -> &'static [(&'static str, &'static str)] {
        match (self, log) {
            (Self::Mysql, "general") => &[("general_log", "1"), ("log_output", "FILE")],
            (Self::Mysql, "slowquery") => &[("slow_query_log", "1"), ("log_output", "FILE")],
            _ => &[],
        }
    }
}

/// Name of a database inside an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DatabaseName(pub(crate) String);

impl SettingValue for DatabaseName {
    const EXPECTED: &'static str = "a name of a database";
    const HELP: &'static str = "a letter, then letters, digits and `_`, at most 63: `name: photo_catalog`";
    fn parse(text: &str) -> Option<Self> {
        is_word(text, 63, true).then(|| Self(text.to_owned()))
    }
}

/// Name of the first user of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DatabaseUser(pub(crate) String);

/// Names that an engine keeps for itself.
const RESERVED_USERS: [&str; 6] = ["admin", "rdsadmin", "root", "postgres", "public", "user"];

impl SettingValue for DatabaseUser {
    const EXPECTED: &'static str = "a name of a database user";
    const HELP: &'static str = "a letter, then letters and digits, at most 16, and none that engines keep for themselves (admin, root, postgres ...)";
    fn parse(text: &str) -> Option<Self> {
        (is_word(text, 16, false) && !RESERVED_USERS.contains(&text)).then(|| Self(text.to_owned()))
    }
}

/// Class of an instance: `db.t4g.micro`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InstanceClass(pub(crate) String);

impl SettingValue for InstanceClass {
    const EXPECTED: &'static str = "a class of a database instance";
    const HELP: &'static str = "for example `db.t4g.micro`, `db.t4g.medium`, `db.m8g.large`";
    fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('.').collect();
        let is_part = |part: &&str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        let is_class = (3..=4).contains(&parts.len()) && parts[0] == "db" && parts.iter().all(is_part);
        is_class.then(|| Self(text.to_owned()))
    }
}

fn is_word(text: &str, length: usize, with_underscore: bool) -> bool {
    let character = |byte: u8| byte.is_ascii_alphanumeric() || (with_underscore && byte == b'_');
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.len() <= length && text.bytes().all(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_families() {
        assert_eq!(Engine::Mysql.family("8.4").as_deref(), Some("mysql8.4"));
        assert_eq!(Engine::Mysql.family("8.4.11").as_deref(), Some("mysql8.4"));
        assert_eq!(Engine::Postgres.family("18").as_deref(), Some("postgres18"));
        assert_eq!(Engine::Postgres.family("17.6").as_deref(), Some("postgres17"));
        for wrong in ["", "8", "8.4.1.2", "8.x", "8.", "latest", "8.400"] {
            assert_eq!(Engine::Mysql.family(wrong), None, "{wrong}");
        }
        assert_eq!(Engine::Postgres.family("17.6.1"), None);
        for engine in [Engine::Mysql, Engine::Postgres] {
            assert!(engine.family(engine.default_version()).is_some());
        }
    }

    #[test]
    fn classes_and_users_have_their_form() {
        assert!(InstanceClass::parse("db.t4g.micro").is_some());
        assert!(InstanceClass::parse("db.r5.large.tpc1-mem2x").is_some());
        for wrong in ["", "t4g.micro", "db.t4g", "db..micro", "DB.t4g.micro"] {
            assert!(InstanceClass::parse(wrong).is_none(), "{wrong}");
        }
        assert!(DatabaseUser::parse("app").is_some());
        for wrong in ["", "1a", "admin", "a_b", "abcdefghijklmnopq"] {
            assert!(DatabaseUser::parse(wrong).is_none(), "{wrong}");
        }
    }
}
