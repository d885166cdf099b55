//! Behavior of parameters.

use super::parameters::Write;
use super::*;

fn write(name: &str, value: &str) -> Write {
    Write {
        name: name.to_owned(),
        kind: Some("String".to_owned()),
        value: value.to_owned(),
        description: None,
        key_id: None,
        allowed_pattern: None,
        data_type: None,
        tier: None,
        overwrite: true,
        user: "u".to_owned(),
        tags: BTreeMap::new(),
    }
}

#[test]
fn versions_are_selected_by_number_and_by_label() {
    let ssm = Ssm::open(None).unwrap();
    for value in ["one", "two", "three"] {
        ssm.write(write("/app/db", value)).unwrap();
    }
    ssm.label("/app/db", Some(1), &["live".to_owned()]).unwrap();
    for (reference, expected) in [
        ("/app/db", "three"),
        ("/app/db:2", "two"),
        ("/app/db:live", "one"),
        ("arn:aws:ssm:us-east-1:000000000000:parameter/app/db", "three"),
    ] {
        assert_eq!(ssm.value(reference).unwrap(), expected, "{reference}");
    }
    // A label is on one version only.
    let (wrong, number) = ssm.label("/app/db", None, &["live".to_owned(), "1st".to_owned()]).unwrap();
    assert_eq!((wrong, number), (vec!["1st".to_owned()], 3));
    assert_eq!(ssm.value("/app/db:live").unwrap(), "three");
    assert_eq!(ssm.value("/app/db:9").unwrap_err().code, "ParameterVersionNotFound");
    assert_eq!(ssm.value("/app").unwrap_err().code, "ParameterNotFound");
}

#[test]
fn what_systems_manager_does_not_take_is_refused() {
    let ssm = Ssm::open(None).unwrap();
    ssm.write(write("there", "x")).unwrap();
    for (write, code) in [
        (Write { overwrite: false, ..write("there", "y") }, "ParameterAlreadyExists"),
        (write("aws-thing", "y"), "AccessDeniedException"),
        (write("a/b", "y"), "ValidationException"),
        (write("/a//b", "y"), "ValidationException"),
        (write("/a b", "y"), "ValidationException"),
        (write(&"/a".repeat(16), "y"), "HierarchyLevelLimitExceededException"),
        (write("big", &"x".repeat(4097)), "ValidationException"),
        (Write { kind: None, ..write("untyped", "y") }, "ValidationException"),
        (Write { kind: Some("Text".to_owned()), ..write("t", "y") }, "ValidationException"),
        (Write { allowed_pattern: Some("[0-9]+".to_owned()), ..write("t", "1a") }, "ParameterPatternMismatchException"),
        (Write { allowed_pattern: Some("[".to_owned()), ..write("t", "1") }, "InvalidAllowedPatternException"),
    ] {
        let name = write.name.clone();
        assert_eq!(ssm.write(write).unwrap_err().code, code, "{name}");
    }
    assert!(ssm.write(Write { tier: Some("Advanced".to_owned()), ..write("big", &"x".repeat(4097)) }).is_ok());
}

#[test]
fn values_survive_a_restart_and_are_not_shown_by_debug() {
    let directory = tempfile::tempdir().unwrap();
    let ssm = Ssm::open(Some(directory.path())).unwrap();
    let version = ssm.write(Write { kind: Some("SecureString".to_owned()), ..write("s", "hunter2") }).unwrap();
    assert!(!format!("{version:?}").contains("hunter2"));
    assert_eq!(Ssm::open(Some(directory.path())).unwrap().value("s").unwrap(), "hunter2");
}
