//! Reading `0001_name.up.sql` and `0001_name.down.sql`.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::MigrationError;

/// Longest name, which is what the record has room for.
const LONGEST_NAME: usize = 200;

/// One step of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Its number, which orders it among the others.
    pub version: i64,
    /// Its name, for people.
    pub name: String,
    /// SQL that applies it.
    pub up: String,
    /// SQL that undoes it, where that can be done.
    pub down: Option<String>,
}

impl Migration {
    /// SHA-256 of what applies it, in hexadecimal. Line ends do not count: a checkout may change them.
    #[must_use]
    pub fn checksum(&self) -> String {
        hex::encode(Sha256::digest(self.up.replace("\r\n", "\n")))
    }

    /// Number and name, for messages.
    pub(crate) fn label(&self) -> String {
        format!("{} ({})", self.version, self.name)
    }
}

/// The halves of a migration while its files are gathered.
#[derive(Default)]
struct Halves {
    name: String,
    up: Option<String>,
    down: Option<String>,
}

/// Reads files by name and content, in any order. Files that do not end in `.sql` are not looked at.
///
/// # Errors
///
/// [`MigrationError::FilesInvalid`] with every fault: names of another form, content that is not UTF-8 or empty, two names for one number,
/// a way back without a way forward.
pub fn parse_migrations(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Vec<Migration>, MigrationError> {
    let mut faults = Vec::new();
    let mut found: BTreeMap<i64, Halves> = BTreeMap::new();
    let mut files: Vec<_> =
        files.into_iter().filter(|(file, _)| Path::new(file).extension().is_some_and(|end| end == "sql")).collect();
    files.sort();
    for (file, content) in files {
        let Some((version, name, is_up)) = parse_name(&file) else {
            faults.push(format!("`{file}` is not named like 0001_name.up.sql or 0001_name.down.sql"));
            continue;
        };
        let sql = match String::from_utf8(content) {
            Ok(sql) if sql.trim().is_empty() => {
                faults.push(format!("`{file}` is empty"));
                continue;
            }
            Ok(sql) => sql,
            Err(_) => {
                faults.push(format!("`{file}` is not UTF-8"));
                continue;
            }
        };
        let halves = found.entry(version).or_insert_with(|| Halves { name: name.to_owned(), ..Halves::default() });
        let half = if is_up { &mut halves.up } else { &mut halves.down };
        if halves.name != name || half.is_some() {
            faults.push(format!("`{file}` has the number {version} of `{}`", halves.name));
            continue;
        }
        *half = Some(sql);
    }
    let mut migrations = Vec::new();
    for (version, Halves { name, up, down }) in found {
        match up {
            Some(up) => migrations.push(Migration { version, name, up, down }),
            None if faults.iter().any(|fault| fault.contains(&format!("_{name}.up.sql`"))) => {}
            None => faults
                .push(format!("migration {version} ({name}) has a way back (.down.sql) and none forward (.up.sql)")),
        }
    }
    if faults.is_empty() { Ok(migrations) } else { Err(MigrationError::FilesInvalid { faults }) }
}

/// Number, name, and whether it is the way forward.
fn parse_name(file: &str) -> Option<(i64, &str, bool)> {
    let (stem, is_up) = match file.strip_suffix(".up.sql") {
        Some(stem) => (stem, true),
        None => (file.strip_suffix(".down.sql")?, false),
    };
    let (number, name) = stem.split_once('_')?;
    let of_name = |other: char| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '_';
    let is_name = (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(of_name);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let version = number.parse().ok().filter(|version| *version > 0 && is_number && is_name)?;
    Some((version, name, is_up))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(files: &[(&str, &str)]) -> Result<Vec<Migration>, String> {
        let files = files.iter().map(|(name, sql)| ((*name).to_owned(), sql.as_bytes().to_vec()));
        parse_migrations(files).map_err(|error| error.to_string())
    }

    #[test]
    fn files_are_paired_and_ordered_by_number() {
        let migrations = parse(&[
            ("0010_c.up.sql", "C"),
            ("2_b.down.sql", "-B"),
            ("README.md", "not SQL"),
            ("0001_a.up.sql", "A"),
            ("2_b.up.sql", "B\r\n"),
        ])
        .unwrap();
        let shown: Vec<_> =
            migrations.iter().map(|each| (each.version, each.up.as_str(), each.down.as_deref())).collect();
        assert_eq!(shown, [(1, "A", None), (2, "B\r\n", Some("-B")), (10, "C", None)]);
        assert_eq!(migrations[1].checksum(), Migration { up: "B\n".into(), ..migrations[1].clone() }.checksum());
        assert_ne!(migrations[1].checksum(), migrations[0].checksum());
    }

    #[test]
    fn every_fault_is_told() {
        let faults = parse(&[
            ("users.sql", "A"),
            ("0_zero.up.sql", "A"),
            ("-1_minus.up.sql", "A"),
            ("0001_Capital.up.sql", "A"),
            ("99999999999999999999_long.up.sql", "A"),
            ("0001_a.up.sql", "A"),
            ("1_a.up.sql", "A"),
            ("0001_b.up.sql", "A"),
            ("0002_only_back.down.sql", "A"),
            ("0003_empty.up.sql", " \n"),
        ]);
        let not_named = |file: &str| format!("`{file}` is not named like 0001_name.up.sql or 0001_name.down.sql");
        let expected = [
            "the migrations cannot be read: ".to_owned() + &not_named("-1_minus.up.sql"),
            not_named("0001_Capital.up.sql"),
            "`0001_b.up.sql` has the number 1 of `a`".to_owned(),
            "`0003_empty.up.sql` is empty".to_owned(),
            not_named("0_zero.up.sql"),
            "`1_a.up.sql` has the number 1 of `a`".to_owned(),
            not_named("99999999999999999999_long.up.sql"),
            not_named("users.sql"),
            "migration 2 (only_back) has a way back (.down.sql) and none forward (.up.sql)".to_owned(),
        ];
        assert_eq!(faults.unwrap_err(), expected.join("; "));
    }
}
