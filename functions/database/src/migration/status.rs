//! What record and files together say.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ledger::{Mark, Record};
use super::{Migration, MigrationError};

/// How a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It has a file and was not applied.
    Pending,
    /// It was applied as its file has it.
    Applied,
    /// It was applied, and its file has changed since.
    Changed,
    /// It was applied, and there is no file of it.
    Missing,
    /// It ended in the middle.
    Unfinished,
}

/// One migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MigrationStatus {
    /// Its number.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// When it was recorded, as the database has it in UTC; `None` where it is pending.
    pub recorded_at: Option<String>,
}

/// Every migration that has a file or a record, by number.
pub(crate) fn compare(migrations: &[Migration], records: &[Record]) -> Vec<MigrationStatus> {
    let mut statuses: BTreeMap<i64, MigrationStatus> = BTreeMap::new();
    for Migration { version, name, .. } in migrations {
        let status =
            MigrationStatus { version: *version, name: name.clone(), state: State::Pending, recorded_at: None };
        statuses.insert(*version, status);
    }
    for record in records {
        let file = migrations.iter().find(|migration| migration.version == record.version);
        let state = match (record.mark, file) {
            (Mark::Applying | Mark::Undoing, _) => State::Unfinished,
            (Mark::Applied, None) => State::Missing,
            (Mark::Applied, Some(file)) if file.checksum() == record.checksum => State::Applied,
            (Mark::Applied, Some(_)) => State::Changed,
        };
        let (version, name) = (record.version, record.name.clone());
        let status = MigrationStatus { version, name, state, recorded_at: Some(record.at.clone()) };
        statuses.insert(version, status);
    }
    statuses.into_values().collect()
}

/// Refuses to go forward from a schema that is not what the files say.
pub(crate) fn check_all(statuses: &[MigrationStatus]) -> Result<(), MigrationError> {
    let faults: Vec<String> = statuses.iter().filter_map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(MigrationError::RecordContradicts { faults }) }
}

fn fault(status: &MigrationStatus) -> Option<String> {
    let label = format!("migration {} ({})", status.version, status.name);
    match status.state {
        State::Pending | State::Applied => None,
        State::Changed => {
            Some(format!("{label} was changed after it was applied: put its file back, and add a new migration"))
        }
        State::Missing => Some(format!("{label} was applied, and its file is missing")),
        State::Unfinished => Some(format!(
            "{label} ended in the middle: set right what it left, then `resolve` it as `applied` or as `pending`"
        )),
    }
}

/// The last `steps` applied migrations, last first. One whose file has changed can be undone all the same; that is how it is mended.
pub(crate) fn to_undo<'a>(
    migrations: &'a [Migration],
    statuses: &[MigrationStatus],
    steps: usize,
) -> Result<Vec<&'a Migration>, MigrationError> {
    let mut faults = Vec::new();
    let mut undone = Vec::new();
    let recorded = statuses.iter().rev().filter(|status| status.state != State::Pending);
    for status in recorded.take(steps) {
        let file = migrations.iter().find(|migration| migration.version == status.version);
        match file {
            _ if matches!(status.state, State::Missing | State::Unfinished) => faults.extend(fault(status)),
            Some(file) if file.down.is_some() => undone.push(file),
            _ => faults.push(format!(
                "migration {} ({}) has no way back: there is no .down.sql of it",
                status.version, status.name
            )),
        }
    }
    if faults.is_empty() { Ok(undone) } else { Err(MigrationError::RecordContradicts { faults }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: i64, up: &str, down: Option<&str>) -> Migration {
        Migration { version, name: format!("m{version}"), up: up.to_owned(), down: down.map(str::to_owned) }
    }

    fn record(file: &Migration, mark: Mark) -> Record {
        let (version, name, checksum) = (file.version, file.name.clone(), file.checksum());
        Record { version, name, checksum, mark, at: "2026-01-01 00:00:00".to_owned() }
    }

    #[test]
    fn record_and_files_are_compared() {
        let files = [file(1, "A", Some("-A")), file(2, "B", None), file(4, "D", None), file(5, "E", None)];
        let records = [
            record(&files[0], Mark::Applied),
            record(&file(2, "before", None), Mark::Applied),
            record(&file(3, "C", None), Mark::Applied),
            record(&files[2], Mark::Applying),
        ];
        let statuses = compare(&files, &records);
        let states: Vec<_> = statuses.iter().map(|status| (status.version, status.state)).collect();
        let expected = [
            (1, State::Applied),
            (2, State::Changed),
            (3, State::Missing),
            (4, State::Unfinished),
            (5, State::Pending),
        ];
        assert_eq!(states, expected);
        assert_eq!(
            check_all(&statuses).unwrap_err().to_string(),
            "nothing was run, because record and files contradict each other: \
             migration 2 (m2) was changed after it was applied: put its file back, and add a new migration; \
             migration 3 (m3) was applied, and its file is missing; \
             migration 4 (m4) ended in the middle: set right what it left, then `resolve` it as `applied` or as `pending`"
        );
        assert_eq!(
            to_undo(&files, &statuses, 3).unwrap_err().to_string(),
            "nothing was run, because record and files contradict each other: \
             migration 4 (m4) ended in the middle: set right what it left, then `resolve` it as `applied` or as `pending`; \
             migration 3 (m3) was applied, and its file is missing; \
             migration 2 (m2) has no way back: there is no .down.sql of it"
        );
    }

    #[test]
    fn the_last_are_undone_first() {
        let files = [file(1, "A", Some("-A")), file(2, "B", Some("-B")), file(3, "C", Some("-C"))];
        let records = [record(&files[0], Mark::Applied), record(&files[1], Mark::Applied)];
        let undone = to_undo(&files, &compare(&files, &records), 9).unwrap();
        assert_eq!(undone.iter().map(|each| each.version).collect::<Vec<_>>(), [2, 1]);
    }
}
